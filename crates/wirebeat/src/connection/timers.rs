use crate::Timestamp;

/// Every deadline of a connection but the heartbeat's, which follows from what was last heard.
///
/// They live and die with their connection, so none of an old one can fire into a new one.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// The opening handshake must be complete.
    pub(super) open: Option<Timestamp>,
    /// The peer must have answered our Close, or taken it, if we fail the connection.
    pub(super) close: Option<Timestamp>,
    /// The peer has had time enough to read our last bytes.
    pub(super) linger: Option<Timestamp>,
    /// The transport must have taken a byte.
    pub(super) write_stall: Option<Timestamp>,
}

/// Which deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    Open,
    Close,
    Linger,
    WriteStall,
}

impl Timers {
    /// The next deadline. While our application doesn't read, the close deadline stands still: the
    /// peer's answer may be there.
    pub(super) fn next(&self, is_reading: bool) -> Option<Timestamp> {
        self.table(is_reading).into_iter().filter_map(|(at, _)| at).min()
    }

    /// The first deadline that `now` has reached, taken out of the table.
    pub(super) fn expire(&mut self, now: Timestamp, is_reading: bool) -> Option<Expired> {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let (_, expired) = self.table(is_reading).into_iter().find(|&(at, _)| is_due(at))?;
        match expired {
            Expired::Open => self.open = None,
            Expired::Close => self.close = None,
            Expired::Linger => self.linger = None,
            Expired::WriteStall => self.write_stall = None,
        }
        Some(expired)
    }

    fn table(&self, is_reading: bool) -> [(Option<Timestamp>, Expired); 4] {
        [
            (self.open, Expired::Open),
            (self.close.filter(|_| is_reading), Expired::Close),
            (self.linger, Expired::Linger),
            (self.write_stall, Expired::WriteStall),
        ]
    }
}
