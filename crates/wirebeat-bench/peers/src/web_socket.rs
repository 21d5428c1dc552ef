use tokio::io::BufReader;
use web_socket::{DataType, Event, Stream, WebSocket};
use wirebeat::{Kind, Role};
use wirebeat_bench::{CHUNK_LEN_MAX, Delivered, Rank, ReceiveJob, SendJob, Subject};

use crate::io::{Io, block_on};

/// It neither reads ahead, nor puts fragments together, nor checks text: the application does.
/// Each message is a batch.
pub(crate) const PEER: Subject = Subject {
    name: "web-socket",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
    codec: None,
};

const PAYLOAD_LEN_MAX: usize = 128 << 20;

fn socket<IO: Unpin>(io: IO, role: Role) -> WebSocket<IO> {
    match role {
        Role::Client => WebSocket::client(io),
        Role::Server => WebSocket::server(io),
    }
}

async fn receive(job: ReceiveJob) -> Delivered {
    let io = BufReader::with_capacity(CHUNK_LEN_MAX, Io(job.transport));
    let mut socket = socket(io, job.role);
    socket.max_payload_len = PAYLOAD_LEN_MAX;
    let is_text = job.content.kind() == Kind::Text;
    let mut fragments = Vec::new();
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        let Ok(Event::Data { ty, data }) = socket.recv().await else { break };
        match ty {
            DataType::Complete(_) => deliver(&data, is_text, &mut delivered),
            DataType::Stream(Stream::Start(_) | Stream::Next(_)) => {
                fragments.extend_from_slice(&data)
            }
            DataType::Stream(Stream::End(_)) => {
                fragments.extend_from_slice(&data);
                deliver(&fragments, is_text, &mut delivered);
                fragments.clear();
            }
        }
    }
    delivered
}

fn deliver(payload: &[u8], is_text: bool, delivered: &mut Delivered) {
    if !is_text || std::str::from_utf8(payload).is_ok() {
        delivered.count(payload);
    }
}

async fn send(job: SendJob) -> std::io::Result<()> {
    let SendJob { transport, mut payloads, messages, .. } = job;
    let mut socket = socket(Io(transport), job.role);
    for _ in 0..messages {
        socket.send(&payloads.next_bytes()[..]).await?;
    }
    Ok(())
}
