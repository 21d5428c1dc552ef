use futures_util::SinkExt;
use wirebeat_bench::{Delivered, Rank, ReceiveJob, SendJob, Subject};
use yawc::{Frame, Options, Role, WebSocket, WebSocketError};

use crate::io::{Io, block_on};

/// It checks text only if it's asked to.
pub(crate) const PEER: Subject = Subject {
    name: "yawc",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).and_then(Result::ok).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
};

const PAYLOAD_LEN_MAX: usize = 64 << 20;
const BUFFER_LEN_MAX: usize = 256 << 20;

fn socket(io: Io, role: wirebeat::Role) -> Result<WebSocket<Io>, WebSocketError> {
    let role = match role {
        wirebeat::Role::Client => Role::Client,
        wirebeat::Role::Server => Role::Server,
    };
    let options = Options::default().with_utf8().with_limits(PAYLOAD_LEN_MAX, BUFFER_LEN_MAX);
    WebSocket::from_stream(io, role, options)
}

async fn receive(job: ReceiveJob) -> Result<Delivered, WebSocketError> {
    let mut socket = socket(Io(job.transport), job.role)?;
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        delivered.count(socket.next_frame().await?.payload());
    }
    Ok(delivered)
}

async fn send(job: SendJob) -> Result<(), WebSocketError> {
    let SendJob { transport, mut payloads, messages, batch, .. } = job;
    let mut socket = socket(Io(transport), job.role)?;
    for sent in 1..=messages {
        socket.feed(Frame::binary(payloads.next_bytes())).await?;
        if sent % batch == 0 || sent == messages {
            socket.flush().await?;
        }
    }
    Ok(())
}
