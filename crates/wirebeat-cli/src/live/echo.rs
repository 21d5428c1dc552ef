use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use wirebeat_std::{OriginPolicy, accept};

/// Starts an echo server on a port of the loopback interface, which runs as long as the program.
pub(crate) fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::Builder::new().name("echo".into()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that gets no thread is dropped, which its client notices.
            let _ = thread::Builder::new().name("echo".into()).spawn(move || echo(stream));
        }
    })?;
    Ok(address)
}

/// Sends back what comes, until the connection ends.
fn echo(stream: TcpStream) {
    // Pages of other sites have no business with a port of this machine.
    let accepted = accept(stream, OriginPolicy::SameHost).and_then(|pending| pending.accept());
    let Ok(mut socket) = accepted else { return };
    while let Some(message) = socket.recv() {
        if socket.send(message).is_err() {
            return;
        }
    }
}
