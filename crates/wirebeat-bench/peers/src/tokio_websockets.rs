use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{
    ClientBuilder, Config, Error, Limits, Message, ServerBuilder, WebSocketStream,
};
use wirebeat::Role;
use wirebeat_bench::{Delivered, Rank, ReceiveJob, SendJob, Subject};

use crate::io::{Io, block_on};

pub(crate) const PEER: Subject = Subject {
    name: "tokio-websockets",
    rank: Rank::Peer,
    receive: |job| block_on(receive(job)).unwrap_or_default(),
    send: |job| _ = block_on(send(job)),
    codec: None,
};

fn socket(io: Io, role: Role) -> WebSocketStream<Io> {
    let (config, limits) = (Config::default(), Limits::unlimited());
    match role {
        Role::Client => ClientBuilder::new().config(config).limits(limits).take_over(io),
        Role::Server => ServerBuilder::new().config(config).limits(limits).serve(io),
    }
}

async fn receive(job: ReceiveJob) -> Delivered {
    let mut socket = socket(Io(job.transport), job.role);
    let mut delivered = Delivered::default();
    while delivered.messages < job.messages {
        match socket.next().await {
            Some(Ok(message)) => delivered.count(message.as_payload()),
            _ => break,
        }
    }
    delivered
}

async fn send(job: SendJob) -> Result<(), Error> {
    let SendJob { transport, mut payloads, messages, batch, .. } = job;
    let mut socket = socket(Io(transport), job.role);
    for sent in 1..=messages {
        socket.feed(Message::binary(payloads.next_bytes())).await?;
        if sent % batch == 0 || sent == messages {
            socket.flush().await?;
        }
    }
    Ok(())
}
