//! The recorded scenarios, as the file of traces writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// The format that this reads.
const FORMAT: u64 = 1;

/// A file of traces.
#[derive(Debug, Deserialize)]
pub(super) struct Traces {
    /// The version of the format.
    pub(super) format: u64,
    /// What was done and what was seen, by name.
    pub(super) scenarios: BTreeMap<String, Scenario>,
}

impl Traces {
    /// Reads a file.
    pub(super) fn read(path: &Path) -> Result<Traces, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path:?}: {error}"))?;
        let traces: Traces =
            serde_json::from_str(&text).map_err(|error| format!("{path:?}: {error}"))?;
        if traces.format != FORMAT {
            return Err(format!("{path:?}: format {} isn't {FORMAT}", traces.format));
        }
        Ok(traces)
    }
}

/// One run of a client against a scripted server.
#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    /// What the client's page does, by what triggers it: `construct`, `open`, `message:1`, …
    pub(super) client: BTreeMap<String, Vec<Action>>,
    /// What the server does, one after another.
    pub(super) server: Vec<Op>,
    /// The subprotocols asked for.
    #[serde(default)]
    pub(super) protocols: Vec<String>,
    /// The URL, if it isn't the scripted server's.
    pub(super) url: Option<String>,
    /// How long the run was observed.
    pub(super) observe_ms: u64,
    /// What a client that keeps to the standards shows.
    pub(super) golden: Golden,
    /// What each client did.
    pub(super) traces: BTreeMap<String, ClientTrace>,
}

/// What the client's page does.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "a", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Action {
    /// `close(code, reason)`; the outer `Option` is whether an argument is there at all.
    Close {
        /// The code, which may be `undefined`.
        #[serde(default, deserialize_with = "present")]
        code: Option<Option<i64>>,
        /// The reason.
        #[serde(default, deserialize_with = "present")]
        reason: Option<Option<String>>,
    },
    /// `send(data)`: text, text in UTF-16 that may be broken, or bytes as some kind of object.
    Send {
        text: Option<String>,
        js_utf16: Option<Vec<u16>>,
        hex: Option<String>,
        #[serde(rename = "as")]
        kind: Option<BinaryKind>,
    },
    /// `send` of a long message.
    SendFill { kind: FillKind, n: usize },
    /// Sets `binaryType`.
    #[serde(rename = "set_binaryType")]
    SetBinaryType { v: String },
    /// Notes how everything stands.
    Snap { label: String },
    /// `addEventListener`; the listener does what `do` says, then throws if it should.
    Listen {
        #[serde(rename = "type")]
        event: String,
        id: String,
        #[serde(default)]
        once: bool,
        #[serde(default)]
        throws: bool,
        #[serde(default, rename = "do")]
        actions: Vec<Action>,
    },
    /// `removeEventListener`.
    Unlisten {
        #[serde(rename = "type")]
        event: String,
        id: String,
    },
    /// Sets an `on…` handler, or null.
    On {
        #[serde(rename = "type")]
        event: String,
        id: Option<String>,
        #[serde(default, rename = "do")]
        actions: Vec<Action>,
    },
    /// Does something after a time.
    Later {
        ms: u64,
        #[serde(rename = "do")]
        actions: Vec<Action>,
    },
    /// Does something in a microtask: right behind the handler.
    Micro {
        #[serde(rename = "do")]
        actions: Vec<Action>,
    },
}

/// What kind of object bytes are sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BinaryKind {
    ArrayBuffer,
    View,
    Blob,
}

/// What a long message is made of: `f`, as text or as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FillKind {
    Text,
    Binary,
}

/// What the server does.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Op {
    /// Reads the request.
    ReadRequest,
    /// Sends, in one write.
    Send { template: Option<String>, hex: Option<String> },
    /// Sends byte by byte.
    SendSlow { template: Option<String>, hex: Option<String>, gap_ms: u64 },
    /// Waits.
    Sleep { ms: u64 },
    /// Reads until such a frame has come, or the end.
    ReadUntil { what: Awaited, timeout_ms: u64 },
    /// Reads up to a Close and sends it back.
    EchoClose,
    /// Reads for a time, or to the end.
    Drain { ms: u64 },
    /// Stops to read.
    NoRead,
    /// Reads again.
    Resume,
    /// Ends its side.
    Fin,
    /// Ends its side, and reads to the end.
    Close,
    /// Resets the connection.
    Rst,
}

/// What the server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Awaited {
    Close,
    Pong,
    Message,
}

/// What is right.
#[derive(Debug, Deserialize)]
pub(super) struct Golden {
    /// What the page sees, step by step.
    pub(super) steps: Vec<Map<String, Value>>,
    /// Which client's run it is.
    pub(super) from: String,
    /// Whether `ba` in the steps is a matter of the standard alone, not of sockets' buffers.
    #[serde(rename = "exact_bufferedAmount")]
    pub(super) exact_buffered_amount: bool,
    /// What Close frame the client sends.
    pub(super) client_close_code_on_wire: CloseOnWire,
}

/// A Close frame on the wire, if one was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct CloseOnWire {
    pub(super) code: Option<u16>,
    pub(super) sent: bool,
}

/// What one client did.
#[derive(Debug, Deserialize)]
pub(super) struct ClientTrace {
    /// What went over each connection.
    pub(super) wire: Vec<Vec<Value>>,
    /// The Close frame that it sent.
    pub(super) sent_close: Option<Value>,
}

/// Tells an argument that is null from one that isn't there.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}
