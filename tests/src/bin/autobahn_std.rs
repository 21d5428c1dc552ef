//! `wirebeat-std` as Autobahn meets it.
#![forbid(unsafe_code)]

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use wirebeat_std::{AcceptError, Acceptance, Client, Message, OriginPolicy, accept_with};
use wirebeat_tests::autobahn::{Failure, Implementation, Reply, deflating};

struct Std;

impl Implementation for Std {
    const NAME: &str = "wirebeat-std";

    fn serve(listener: TcpListener) -> io::Result<()> {
        loop {
            let (stream, _) = listener.accept()?;
            // A case that breaks the handshake is told by Autobahn.
            thread::spawn(|| echo(stream));
        }
    }

    fn visit(url: &str, mut answer: impl FnMut(Message<'static>) -> Reply) -> Result<(), Failure> {
        let mut socket = Client::new(url)?.config(deflating()).connect()?;
        while let Some(message) = socket.recv() {
            if answer(message).is_some_and(|reply| socket.send(reply).is_err()) {
                break;
            }
        }
        while socket.recv_event().is_some() {}
        Ok(())
    }
}

fn echo(stream: TcpStream) -> Result<(), AcceptError> {
    let named = Acceptance::new().header("Server", Std::NAME).unwrap_or_default();
    let pending = accept_with(stream, OriginPolicy::Any, &deflating())?;
    let mut socket = pending.accept_with(&named)?;
    while let Some(message) = socket.recv() {
        if socket.send(message).is_err() {
            break;
        }
    }
    while socket.recv_event().is_some() {}
    Ok(())
}

fn main() -> ExitCode {
    wirebeat_tests::autobahn::main::<Std>()
}
