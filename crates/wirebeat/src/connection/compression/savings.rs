use core::fmt;

/// What compression has saved on a connection, in bytes of payload. Messages that went uncompressed
/// count too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Savings {
    /// The bytes that the application sent.
    pub sent: u64,
    /// What they took on the wire.
    pub sent_on_wire: u64,
    /// The bytes that the application received in compressed messages.
    pub received: u64,
    /// What they took on the wire.
    pub received_on_wire: u64,
}

impl Savings {
    /// Both together.
    pub(crate) fn and(&self, other: &Savings) -> Savings {
        Savings {
            sent: self.sent + other.sent,
            sent_on_wire: self.sent_on_wire + other.sent_on_wire,
            received: self.received + other.received,
            received_on_wire: self.received_on_wire + other.received_on_wire,
        }
    }
}

/// `sent 1024 bytes as 211, received 16384 bytes as 3065`
impl fmt::Display for Savings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Savings { sent, sent_on_wire, received, received_on_wire } = self;
        write!(
            f,
            "sent {sent} bytes as {sent_on_wire}, received {received} bytes as {received_on_wire}"
        )
    }
}
