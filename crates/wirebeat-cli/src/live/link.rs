use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The way to a server: a proxy for one connection, which can be cut.
#[derive(Debug)]
pub(crate) struct Link {
    is_cut: Arc<AtomicBool>,
}

impl Link {
    /// Puts a proxy in front of `server`. Returns what a client connects over instead.
    pub(crate) fn new(server: TcpStream) -> io::Result<(Link, TcpStream)> {
        let (client, near) = loopback_pair()?;
        for stream in [&near, &server] {
            stream.set_nodelay(true)?;
        }
        let link = Link { is_cut: Arc::default() };
        link.forward(near.try_clone()?, server.try_clone()?)?;
        link.forward(server, near)?;
        Ok((link, client))
    }

    /// From now on nothing passes, in either direction, and nothing else tells of it: both
    /// connections stay open for as long as the program runs.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    fn forward(&self, mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
        let is_cut = Arc::clone(&self.is_cut);
        let pump = move || {
            let mut chunk = vec![0; 16 * 1024];
            loop {
                let read = from.read(&mut chunk);
                let was_cut = is_cut.load(Ordering::SeqCst);
                match read {
                    Ok(0) | Err(_) if was_cut => loop {
                        // Not even the end passes.
                        thread::park();
                    },
                    Ok(0) | Err(_) => break,
                    Ok(_) if was_cut => {}
                    Ok(read) => {
                        if to.write_all(&chunk[..read]).is_err() {
                            break;
                        }
                    }
                }
            }
            // The other side may have ended too; then there's nothing to tell it.
            let _ = to.shutdown(Shutdown::Write);
        };
        thread::Builder::new().name("proxy".into()).spawn(pump)?;
        Ok(())
    }
}

/// Two ends of one connection over the loopback interface.
fn loopback_pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    loop {
        let (theirs, from) = listener.accept()?;
        // Anybody on this machine may have connected first.
        if from == ours.local_addr()? {
            return Ok((ours, theirs));
        }
    }
}
