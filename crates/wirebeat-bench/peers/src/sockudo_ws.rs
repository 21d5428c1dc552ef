use bytes::BytesMut;
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::deflate::DeflateConfig;
use sockudo_ws::protocol::{CompressedProtocol, Protocol};
use sockudo_ws::{CompressedWebSocketStream, Config, Error, Message, Role, WebSocketStream};
use wirebeat_bench::{CHUNK_LEN_MAX, Codec, Delivered, Rank, ReceiveJob, SendJob, Subject};

use crate::io::{Io, block_on};

pub(crate) const PEER: Subject = Subject {
    name: "sockudo-ws",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
    codec: Some(Codec {
        inflate: |job| block_on(inflate(job)).unwrap_or_default(),
        deflate: |job| _ = block_on(deflate(job)),
    }),
};

/// Its lower layer, which does no IO.
pub(crate) const PROTOCOL: Subject = Subject {
    name: "sockudo-protocol",
    rank: Rank::Peer,
    receive: receive_by_protocol,
    send: |job| _ = send_by_protocol(job),
    codec: Some(Codec {
        inflate: inflate_by_protocol,
        deflate: |job| _ = deflate_by_protocol(job),
    }),
};

const LEN_MAX: usize = 128 << 20;

fn config() -> Config {
    Config { max_frame_size: LEN_MAX, max_message_size: LEN_MAX, ..Config::default() }
}

fn socket(io: Io, role: wirebeat::Role) -> WebSocketStream<Io> {
    let config = config();
    match role {
        wirebeat::Role::Client => WebSocketStream::client(io, config),
        wirebeat::Role::Server => WebSocketStream::server(io, config),
    }
}

async fn receive(job: ReceiveJob) -> Delivered {
    let mut socket = socket(Io(job.transport), job.role);
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        match socket.next().await {
            Some(Ok(message)) => delivered.count(message.as_bytes()),
            _ => break,
        }
    }
    delivered
}

async fn send(job: SendJob) -> Result<(), Error> {
    let SendJob { transport, mut payloads, messages, batch, .. } = job;
    let mut socket = socket(Io(transport), job.role);
    for sent in 1..=messages {
        socket.feed(Message::Binary(payloads.next_bytes())).await?;
        if sent % batch == 0 || sent == messages {
            socket.flush().await?;
        }
    }
    Ok(())
}

/// Its level is 6 by default, and contexts are taken over.
async fn inflate(job: ReceiveJob) -> Delivered {
    let io = Io(job.transport);
    let mut socket = CompressedWebSocketStream::server(io, config(), DeflateConfig::default());
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        match socket.next().await {
            Some(Ok(message)) => delivered.count(message.as_bytes()),
            _ => break,
        }
    }
    delivered
}

async fn deflate(job: SendJob) -> Result<(), Error> {
    let SendJob { transport, mut payloads, messages, .. } = job;
    let io = Io(transport);
    let mut socket = CompressedWebSocketStream::server(io, config(), DeflateConfig::default());
    for _ in 0..messages {
        socket.send(Message::Binary(payloads.next_bytes())).await?;
    }
    Ok(())
}

fn protocol(role: wirebeat::Role) -> Protocol {
    let role = match role {
        wirebeat::Role::Client => Role::Client,
        wirebeat::Role::Server => Role::Server,
    };
    Protocol::new(role, LEN_MAX, LEN_MAX)
}

fn receive_by_protocol(job: ReceiveJob) -> Delivered {
    let ReceiveJob { mut transport, role, messages, .. } = job;
    let mut protocol = protocol(role);
    let mut buffer = BytesMut::with_capacity(CHUNK_LEN_MAX);
    let mut received = Vec::new();
    let mut delivered = Delivered::default();
    while delivered.messages < messages {
        buffer.reserve(CHUNK_LEN_MAX);
        if transport.read_behind(&mut buffer) == 0 {
            break;
        }
        if protocol.process_into(&mut buffer, &mut received).is_err() {
            break;
        }
        received.drain(..).for_each(|message| delivered.count(message.as_bytes()));
    }
    delivered
}

fn send_by_protocol(job: SendJob) -> Result<(), Error> {
    let SendJob { transport, role, mut payloads, messages, batch } = job;
    let mut protocol = protocol(role);
    let mut wire = BytesMut::with_capacity(CHUNK_LEN_MAX);
    for sent in 1..=messages {
        protocol.encode_message(&Message::Binary(payloads.next_bytes()), &mut wire)?;
        if sent % batch == 0 || sent == messages {
            transport.write_from(&wire);
            wire.clear();
        }
    }
    Ok(())
}

fn compressed() -> CompressedProtocol {
    CompressedProtocol::server(LEN_MAX, LEN_MAX, DeflateConfig::default())
}

fn inflate_by_protocol(job: ReceiveJob) -> Delivered {
    let ReceiveJob { mut transport, messages, .. } = job;
    let mut protocol = compressed();
    let mut buffer = BytesMut::with_capacity(CHUNK_LEN_MAX);
    let mut received = Vec::new();
    let mut delivered = Delivered::default();
    while delivered.messages < messages {
        buffer.reserve(CHUNK_LEN_MAX);
        if transport.read_behind(&mut buffer) == 0 {
            break;
        }
        if protocol.process_into(&mut buffer, &mut received).is_err() {
            break;
        }
        received.drain(..).for_each(|message| delivered.count(message.as_bytes()));
    }
    delivered
}

fn deflate_by_protocol(job: SendJob) -> Result<(), Error> {
    let SendJob { transport, mut payloads, messages, .. } = job;
    let mut protocol = compressed();
    let mut wire = BytesMut::with_capacity(CHUNK_LEN_MAX);
    for _ in 0..messages {
        protocol.encode_message(&Message::Binary(payloads.next_bytes()), &mut wire)?;
        transport.write_from(&wire);
        wire.clear();
    }
    Ok(())
}
