//! `wirebeat-tokio` as Autobahn meets it.
#![forbid(unsafe_code)]

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use tokio::runtime::{Builder, Runtime};
use wirebeat_tests::autobahn::{Failure, Implementation, Reply, deflating};
use wirebeat_tokio::{
    Acceptance, Client, Message, OriginPolicy, Pending, Server, Socket, WebSocket,
};

struct Tokio;

impl Implementation for Tokio {
    const NAME: &str = "wirebeat-tokio";

    fn serve(listener: TcpListener) -> io::Result<()> {
        runtime()?.block_on(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            Server::new(listener, OriginPolicy::Any).config(deflating()).serve(echo).await;
            Ok(())
        })
    }

    fn visit(url: &str, mut answer: impl FnMut(Message<'static>) -> Reply) -> Result<(), Failure> {
        runtime()?.block_on(async {
            let mut socket = Client::new(url)?.config(deflating()).connect().await?;
            while let Some(message) = socket.recv().await {
                let Some(reply) = answer(message) else { continue };
                if socket.send(reply).await.is_err() {
                    break;
                }
            }
            drain(&mut socket).await;
            Ok(())
        })
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

async fn echo<S: Socket>(pending: Pending<S>) {
    let named = Acceptance::new().header("Server", Tokio::NAME).unwrap_or_default();
    // A case that breaks the handshake is told by Autobahn.
    let Ok(mut socket) = pending.accept_with(&named).await else { return };
    while let Some(message) = socket.recv().await {
        if socket.send(message).await.is_err() {
            break;
        }
    }
    drain(&mut socket).await;
}

/// Waits for the connection's end.
async fn drain<S: Socket>(socket: &mut WebSocket<S>) {
    while socket.recv_event().await.is_some() {}
}

fn main() -> ExitCode {
    wirebeat_tests::autobahn::main::<Tokio>()
}
