use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tungstenite::Message;
use wirebeat_bench::{Delivered, Rank, ReceiveJob, SendJob, Subject};

use crate::io::{Io, block_on};
use crate::tungstenite::{config, role};

pub(crate) const PEER: Subject = Subject {
    name: "tokio-tungstenite",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
    codec: None,
};

async fn receive(job: ReceiveJob) -> Delivered {
    let io = Io(job.transport);
    let mut socket = WebSocketStream::from_raw_socket(io, role(job.role), Some(config())).await;
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        match socket.next().await {
            Some(Ok(Message::Binary(payload))) => delivered.count(&payload),
            Some(Ok(Message::Text(text))) => delivered.count(text.as_bytes()),
            _ => break,
        }
    }
    delivered
}

async fn send(job: SendJob) -> Result<(), tungstenite::Error> {
    let SendJob { transport, mut payloads, messages, batch, .. } = job;
    let io = Io(transport);
    let mut socket = WebSocketStream::from_raw_socket(io, role(job.role), Some(config())).await;
    for sent in 1..=messages {
        socket.feed(Message::Binary(payloads.next_bytes())).await?;
        if sent % batch == 0 || sent == messages {
            socket.flush().await?;
        }
    }
    Ok(())
}
