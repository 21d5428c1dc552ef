use futures_util::SinkExt;
use wirebeat_bench::{Codec, Delivered, Rank, ReceiveJob, SendJob, Subject};
use yawc::{CompressionLevel, Frame, Options, Role, WebSocket, WebSocketError};

use crate::io::{Io, block_on};

/// It checks text only if it's asked to.
pub(crate) const PEER: Subject = Subject {
    name: "yawc",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).and_then(Result::ok).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
    codec: Some(Codec {
        inflate: |job| block_on(inflate(job)).and_then(Result::ok).unwrap_or_default(),
        deflate: |job| _ = block_on(deflate(job)),
    }),
};

const PAYLOAD_LEN_MAX: usize = 64 << 20;
const BUFFER_LEN_MAX: usize = 256 << 20;

fn options() -> Options {
    Options::default().with_utf8().with_limits(PAYLOAD_LEN_MAX, BUFFER_LEN_MAX)
}

fn socket(io: Io, role: wirebeat::Role) -> Result<WebSocket<Io>, WebSocketError> {
    let role = match role {
        wirebeat::Role::Client => Role::Client,
        wirebeat::Role::Server => Role::Server,
    };
    WebSocket::from_stream(io, role, options())
}

/// A server's, with zlib-rs as the others have it.
fn compressed(io: Io) -> Result<WebSocket<Io>, WebSocketError> {
    let options = options().with_compression_level(CompressionLevel::new(6));
    let extensions = Some("permessage-deflate");
    WebSocket::from_stream_with_extensions(io, Role::Server, extensions, options)
}

async fn receive(job: ReceiveJob) -> Result<Delivered, WebSocketError> {
    let socket = socket(Io(job.transport.clone()), job.role)?;
    receive_by(socket, job).await
}

async fn inflate(job: ReceiveJob) -> Result<Delivered, WebSocketError> {
    let socket = compressed(Io(job.transport.clone()))?;
    receive_by(socket, job).await
}

async fn receive_by(
    mut socket: WebSocket<Io>,
    job: ReceiveJob,
) -> Result<Delivered, WebSocketError> {
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        delivered.count(socket.next_frame().await?.payload());
    }
    Ok(delivered)
}

async fn send(job: SendJob) -> Result<(), WebSocketError> {
    let socket = socket(Io(job.transport.clone()), job.role)?;
    send_by(socket, job).await
}

async fn deflate(job: SendJob) -> Result<(), WebSocketError> {
    let socket = compressed(Io(job.transport.clone()))?;
    send_by(socket, job).await
}

async fn send_by(mut socket: WebSocket<Io>, job: SendJob) -> Result<(), WebSocketError> {
    let SendJob { mut payloads, messages, batch, .. } = job;
    for sent in 1..=messages {
        socket.feed(Frame::binary(payloads.next_bytes())).await?;
        if sent % batch == 0 || sent == messages {
            socket.flush().await?;
        }
    }
    Ok(())
}
