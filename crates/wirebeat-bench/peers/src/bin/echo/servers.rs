use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rustix::time::{ClockId, clock_gettime};
use wirebeat_std::OriginPolicy;

/// A server with a thread for each connection, until the program ends.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// What each connection's thread has used of the processor.
    pub(crate) nanoseconds: Receiver<f64>,
}

impl Server {
    pub(crate) fn start(serve: fn(TcpStream)) -> io::Result<Server> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (used, nanoseconds) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let used = used.clone();
                thread::spawn(move || {
                    serve(stream);
                    let time = clock_gettime(ClockId::ThreadCPUTime);
                    used.send(time.tv_sec as f64 * 1e9 + time.tv_nsec as f64)
                });
            }
        });
        Ok(Server { address, nanoseconds })
    }
}

/// As wirebeat-std's README does it.
pub(crate) fn wirebeat_std(stream: TcpStream) {
    let Ok(pending) = wirebeat_std::accept(stream, OriginPolicy::SameHost) else { return };
    let Ok(mut socket) = pending.accept() else { return };
    while let Some(message) = socket.recv() {
        if socket.send(message).is_err() {
            return;
        }
    }
}

/// As tungstenite's README does it, without the delay that TCP would add.
pub(crate) fn tungstenite(stream: TcpStream) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let Ok(mut socket) = tungstenite::accept(stream) else { return };
    while let Ok(message) = socket.read() {
        if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
            return;
        }
    }
}
