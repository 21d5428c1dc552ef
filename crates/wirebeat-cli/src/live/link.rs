use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use wirebeat_std::Client;

/// The way to a server: a proxy that can be cut and mended.
#[derive(Debug)]
pub(crate) struct Link {
    way: Arc<Mutex<Way>>,
}

/// What happens to connections that are made now.
#[derive(Debug)]
enum Way {
    /// They go through, until this says that they were cut.
    Whole(Arc<AtomicBool>),
    /// The proxy hangs up.
    Down,
}

impl Link {
    /// Puts a proxy in front of a server, to which there is a first connection. Returns where a
    /// client connects to instead.
    pub(crate) fn new(client: Client, first: TcpStream) -> io::Result<(Link, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let link = Link { way: Arc::new(Mutex::new(Way::Whole(Arc::default()))) };
        let way = Arc::clone(&link.way);
        thread::Builder::new().name("proxy".into()).spawn(move || {
            let mut first = Some(first);
            for near in listener.incoming().flatten() {
                let is_cut = match &*way.lock().unwrap_or_else(PoisonError::into_inner) {
                    Way::Whole(is_cut) => Arc::clone(is_cut),
                    Way::Down => continue,
                };
                let far = first.take().map_or_else(|| client.dial().ok(), Some);
                // What can't be connected is dropped, and its client sees that.
                let _ = far.map(|far| connect(near, far, &is_cut));
            }
        })?;
        Ok((link, address))
    }

    /// From now on nothing passes, in either direction, and nothing else tells of it: connections
    /// stay open for as long as the program runs. Those who try anew are hung up on.
    pub(crate) fn cut(&self) {
        if let Way::Whole(is_cut) = self.change(Way::Down) {
            is_cut.store(true, Ordering::SeqCst);
        }
    }

    /// From now on connections can be made again.
    pub(crate) fn mend(&self) {
        self.change(Way::Whole(Arc::default()));
    }

    fn change(&self, to: Way) -> Way {
        std::mem::replace(&mut *self.way.lock().unwrap_or_else(PoisonError::into_inner), to)
    }
}

fn connect(near: TcpStream, far: TcpStream, is_cut: &Arc<AtomicBool>) -> io::Result<()> {
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    forward(near.try_clone()?, far.try_clone()?, Arc::clone(is_cut))?;
    forward(far, near, Arc::clone(is_cut))
}

fn forward(mut from: TcpStream, mut to: TcpStream, is_cut: Arc<AtomicBool>) -> io::Result<()> {
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
