use bytes::Buf;
use wirebeat::record::Call;
use wirebeat::{Connection, Event, Input, Outgoing, Prepared, ReadyState, Timestamp, Transport};

use super::error::RecordingError;
use super::read::{Reader, Record};

/// What one call did, when a recording is replayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When, by the driver's clock.
    pub at: Timestamp,
    /// What went in.
    pub call: Call,
    /// What the application was told.
    pub events: Vec<Event<'static>>,
    /// What the transport took.
    pub written: Vec<u8>,
    /// How the call was refused, if it was, in words.
    pub refusal: Option<String>,
    /// The state after it.
    pub ready_state: ReadyState,
    /// What the driver was to do with its transport after it.
    pub transport: Transport,
    /// When the next timer was due after it.
    pub timeout: Option<Timestamp>,
}

/// A replay, step by step. It ends with what is wrong with the recording, if something is.
#[derive(Debug)]
pub struct Replay<'r> {
    connection: Connection,
    reader: Reader<'r>,
    outgoing: Option<Outgoing>,
}

/// Makes the connection again that was recorded, to do all again that it did.
///
/// # Errors
///
/// [`RecordingError`]: it's no recording, or its begin is broken.
pub fn replay(recording: &[u8]) -> Result<Replay<'_>, RecordingError> {
    let (begin, reader) = Reader::new(recording)?;
    Ok(Replay { connection: begin.connection(), reader, outgoing: None })
}

impl Replay<'_> {
    /// The connection as it is after the last step.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    fn step(&mut self, record: Record) -> Step {
        let Record { at, call, .. } = record;
        let (mut events, mut written, mut refusal) = (Vec::new(), Vec::new(), None);
        let connection = &mut self.connection;
        match &call {
            Call::Receive(bytes) => {
                let mut chunk = bytes.clone();
                let mut input = Input::new(&mut chunk);
                while let Some(event) = connection.receive(at, &mut input) {
                    events.push(event.into_owned());
                }
            }
            Call::Written(len) => {
                written = take_written(connection, &mut self.outgoing, *len);
                connection.handle_written(at, *len);
            }
            Call::Take(max) => {
                if let Some(outgoing) = connection.take_transmit(*max) {
                    self.outgoing = Some(outgoing);
                }
            }
            Call::WriteBlocked => connection.handle_write_blocked(at),
            Call::Reading(reading) => connection.handle_reading(at, *reading),
            Call::Eof => connection.handle_eof(at),
            Call::Lost => connection.handle_lost(at),
            Call::Timeout => connection.handle_timeout(at),
            Call::Probe => connection.probe(at),
            Call::Accept(acceptance) => refusal = refused(connection.accept(at, acceptance)),
            Call::Respond(response) => refusal = refused(connection.respond(at, response)),
            Call::Send(message) => refusal = refused(connection.send(at, message.borrow())),
            Call::SendUncompressed(message) => {
                refusal = refused(connection.send_uncompressed(at, message.borrow()));
            }
            Call::SendPrepared(message, compress) => {
                let prepared = Prepared::new(message.borrow()).compress(*compress);
                refusal = refused(connection.send_prepared(at, &prepared));
            }
            Call::SendFragment(first, payload, fin) => {
                refusal = refused(connection.send_fragment(at, *first, &payload[..], *fin));
            }
            Call::Ping(payload) => refusal = refused(connection.ping(at, &payload[..])),
            Call::Close(frame) => refusal = refused(connection.close(at, frame.clone())),
        }
        while let Some(event) = connection.poll_event() {
            events.push(event);
        }
        Step {
            at,
            call,
            events,
            written,
            refusal,
            ready_state: connection.ready_state(),
            transport: connection.transport(),
            timeout: connection.poll_timeout(),
        }
    }
}

fn refused<E: core::fmt::Display>(result: Result<(), E>) -> Option<String> {
    result.err().map(|error| error.to_string())
}

/// What the transport took: of what was taken out, or else from the front of the queue.
fn take_written(
    connection: &mut Connection,
    outgoing: &mut Option<Outgoing>,
    len: usize,
) -> Vec<u8> {
    let mut written = Vec::new();
    if let Some(taken) = outgoing {
        let len = len.min(taken.remaining());
        written.extend_from_slice(&taken.copy_to_bytes(len));
        if !taken.has_remaining() {
            *outgoing = None;
        }
        return written;
    }
    if let Some(mut transmit) = connection.poll_transmit() {
        let len = len.min(transmit.remaining());
        written.extend_from_slice(&transmit.copy_to_bytes(len));
    }
    written
}

impl Iterator for Replay<'_> {
    type Item = Result<Step, RecordingError>;

    fn next(&mut self) -> Option<Result<Step, RecordingError>> {
        let record = self.reader.next()?;
        Some(record.map(|record| self.step(record)))
    }
}
