use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};
use wirebeat_bench::{Delivered, Rank, ReceiveJob, SendJob, Subject};

pub(crate) const PEER: Subject =
    Subject { name: "tungstenite", rank: Rank::Peer, receive, send, codec: None };

pub(crate) fn role(role: wirebeat::Role) -> Role {
    match role {
        wirebeat::Role::Client => Role::Client,
        wirebeat::Role::Server => Role::Server,
    }
}

pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default().max_frame_size(None).max_message_size(None)
}

fn receive(job: ReceiveJob) -> Delivered {
    let mut socket = WebSocket::from_raw_socket(job.transport, role(job.role), Some(config()));
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        match socket.read() {
            Ok(Message::Binary(payload)) => delivered.count(&payload),
            Ok(Message::Text(text)) => delivered.count(text.as_bytes()),
            _ => break,
        }
    }
    delivered
}

fn send(job: SendJob) {
    let SendJob { transport, mut payloads, messages, batch, .. } = job;
    let mut socket = WebSocket::from_raw_socket(transport, role(job.role), Some(config()));
    for sent in 1..=messages {
        if socket.write(Message::Binary(payloads.next_bytes())).is_err() {
            return;
        }
        if (sent % batch == 0 || sent == messages) && socket.flush().is_err() {
            return;
        }
    }
}
