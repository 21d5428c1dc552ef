use std::io::IoSlice;

use bytes::Buf;
use wirebeat::{Config, Connection, Endpoint, Event, Input, Payload, Role, Seed, Timestamp};

use crate::{Codec, Delivered, Memory, Payloads, Rank, ReceiveJob, SendJob, Subject};

/// Wirebeat, driven as an adapter drives it.
pub const OURS: Subject =
    Subject { name: "wirebeat", rank: Rank::Ours, receive, send, codec: CODEC };

#[cfg(feature = "deflate")]
const CODEC: Option<Codec> = Some(crate::ours_compressed::CODEC);
#[cfg(not(feature = "deflate"))]
const CODEC: Option<Codec> = None;

/// How many slices a vectored write takes.
const SLICES: usize = 16;

pub(crate) fn connection(role: Role) -> Connection {
    let endpoint = match role {
        Role::Client => Endpoint::Client(Seed::new([7; 32])),
        Role::Server => Endpoint::Server,
    };
    // A batch of large messages has to fit.
    let config = Config { send_queue_len_max: 4 << 20, ..Config::default() };
    Connection::established(endpoint, &config, Timestamp::ZERO)
}

fn receive(job: ReceiveJob) -> Delivered {
    receive_by(connection, job)
}

/// In one place, as an application has it.
#[cfg_attr(feature = "deflate", inline(never))]
pub(crate) fn receive_by(connection: fn(Role) -> Connection, job: ReceiveJob) -> Delivered {
    let ReceiveJob { mut transport, role, messages, mut scratch, .. } = job;
    let mut connection = connection(role);
    let mut delivered = Delivered::default();
    while delivered.messages < messages {
        let (read, mut input) = match connection.read_target() {
            Some(mut target) => (transport.read_behind(&mut target), Input::default()),
            None => {
                let read = transport.read_to(&mut scratch);
                (read, Input::new(&mut scratch[..read]))
            }
        };
        if read == 0 {
            break;
        }
        while let Some(event) = connection.receive(Timestamp::ZERO, &mut input) {
            match event {
                Event::Message(message) => delivered.count(message.as_bytes()),
                // Whatever else it is, what was delivered will not be what was expected.
                _ => return delivered,
            }
        }
    }
    delivered
}

fn send(job: SendJob) {
    send_by(connection, job);
}

/// See [`receive_by`].
#[cfg_attr(feature = "deflate", inline(never))]
pub(crate) fn send_by(connection: fn(Role) -> Connection, job: SendJob) {
    let SendJob { transport, role, payloads, messages, batch } = job;
    let sender = Sender { connection: connection(role), transport, messages, batch };
    match payloads {
        Payloads::Borrowed(payload) => sender.send(|| Payload::Borrowed(&payload)),
        Payloads::Shared(payload) => sender.send(|| Payload::Owned(payload.clone())),
        Payloads::Unique(payloads) => {
            let mut payloads = payloads.into_iter();
            sender.send(|| Payload::Owned(payloads.next().unwrap_or_default()));
        }
    }
}

struct Sender {
    connection: Connection,
    transport: Memory,
    messages: usize,
    batch: usize,
}

impl Sender {
    /// Compiled for each form of payload, as in an application, which has them in one.
    #[inline]
    fn send<'p>(self, mut payload: impl FnMut() -> Payload<'p>) {
        let Sender { mut connection, transport, messages, batch } = self;
        let mut waiting = 0;
        for _ in 0..messages {
            let is_queued = connection.send(Timestamp::ZERO, payload()).is_ok();
            debug_assert!(is_queued, "a batch fits the queue");
            waiting += 1;
            if waiting == batch {
                transmit(&mut connection, &transport);
                waiting = 0;
            }
        }
        transmit(&mut connection, &transport);
    }
}

/// Writes all that waits.
#[inline(always)]
fn transmit(connection: &mut Connection, transport: &Memory) {
    while let Some(transmit) = connection.poll_transmit() {
        let len = transmit.remaining();
        let written = match transmit.as_slices() {
            Some([slice, []]) => transport.write_from(slice),
            Some(slices) => transport.write_from_all(&slices.map(IoSlice::new)),
            None => write_vectored(connection, transport),
        };
        connection.handle_written(Timestamp::ZERO, written);
        if written == len {
            break;
        }
    }
}

/// Filling a table of slices isn't worth it for one or two, so it's kept apart.
#[inline(never)]
fn write_vectored(connection: &mut Connection, transport: &Memory) -> usize {
    let Some(transmit) = connection.poll_transmit() else { return 0 };
    let mut slices = [IoSlice::new(&[]); SLICES];
    let count = transmit.chunks_vectored(&mut slices);
    transport.write_from_all(&slices[..count])
}
