use fastwebsockets::{FragmentCollector, Frame, Payload, Role, WebSocket, WebSocketError};
use wirebeat_bench::{Delivered, Payloads, Rank, ReceiveJob, SendJob, Subject};

use crate::io::{Io, block_on};

/// It has no way to write without flushing, so each message is a batch.
pub(crate) const PEER: Subject = Subject {
    name: "fastwebsockets",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
    codec: None,
};

const MESSAGE_LEN_MAX: usize = 128 << 20;

fn role(role: wirebeat::Role) -> Role {
    match role {
        wirebeat::Role::Client => Role::Client,
        wirebeat::Role::Server => Role::Server,
    }
}

async fn receive(job: ReceiveJob) -> Delivered {
    let mut socket = WebSocket::after_handshake(Io(job.transport), role(job.role));
    socket.set_max_message_size(MESSAGE_LEN_MAX);
    let mut socket = FragmentCollector::new(socket);
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        match socket.read_frame().await {
            Ok(frame) => delivered.count(&frame.payload),
            Err(_) => break,
        }
    }
    delivered
}

async fn send(job: SendJob) -> Result<(), WebSocketError> {
    let mut socket = WebSocket::after_handshake(Io(job.transport), role(job.role));
    match job.payloads {
        Payloads::Borrowed(payload) | Payloads::Shared(payload) => {
            for _ in 0..job.messages {
                socket.write_frame(Frame::binary(Payload::Borrowed(&payload))).await?;
            }
        }
        Payloads::Unique(payloads) => {
            for payload in payloads {
                let payload = Payload::Bytes(payload.into());
                socket.write_frame(Frame::binary(payload)).await?;
            }
        }
    }
    Ok(())
}
