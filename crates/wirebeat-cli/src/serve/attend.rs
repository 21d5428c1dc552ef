use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::join;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use wirebeat_tokio::{
    AcceptError, Acceptance, CloseCode, CloseFrame, IncomingRequest, MaybeTls, Pending, Prepared,
    RequestRefusal, ServeError, WebSocket,
};

use super::Arguments;
use super::hub::Hub;
use super::log::{Client, Counts, Log};
use super::page;

/// What clients come by.
type Stream = MaybeTls<TcpStream>;

/// What all clients of a server share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) log: Log,
    subprotocols: Vec<String>,
    /// All clients, if what one sends goes to all.
    hub: Option<Hub>,
    clients: AtomicU64,
    /// Whether it was said that clients have to wait, and none has gone since.
    is_short: AtomicBool,
}

impl House {
    pub(crate) fn new(arguments: &Arguments) -> io::Result<House> {
        Ok(House {
            log: Log::new(arguments.quiet)?,
            subprotocols: arguments.subprotocol.clone(),
            hub: arguments.broadcast.then(Hub::default),
            clients: AtomicU64::new(0),
            is_short: AtomicBool::new(false),
        })
    }

    /// What it does with messages.
    pub(crate) fn does(&self) -> &'static str {
        if self.hub.is_some() { "broadcast" } else { "echo" }
    }

    /// Answers a request, and stays until the connection's end.
    pub(crate) async fn attend(&self, pending: Pending<Stream>) {
        let attended = if pending.request().is_upgrade() {
            self.open(pending).await
        } else {
            match page::answer(pending.request()) {
                // A connection's task is as large as the largest of its steps.
                Ok(response) => Box::pin(pending.respond(&response)).await,
                Err(_) => Ok(()),
            }
        };
        if let Err(error) = attended {
            self.not_served(&ServeError::Opening(error));
        }
        self.is_short.store(false, Ordering::Relaxed);
    }

    /// Says why somebody got no connection, unless that changed its mind, as browsers do.
    pub(crate) fn not_served(&self, error: &ServeError) {
        self.log.refused(&match error {
            ServeError::Opening(AcceptError::Gone(_)) => return,
            ServeError::Opening(AcceptError::Refused(RequestRefusal::OriginRefused)) => {
                format!("{error}; --origin lets its pages in")
            }
            // The system is asked again many times a second.
            ServeError::Accept(_) if self.is_short.swap(true, Ordering::Relaxed) => return,
            ServeError::Accept(error) => format!(
                "clients have to wait ({error}); if files are too many, raise their limit or lower \
                --max-connections"
            ),
            ServeError::Opening(_) | ServeError::Panicked => error.to_string(),
        });
    }

    async fn open(&self, pending: Pending<Stream>) -> Result<(), AcceptError> {
        let client = Client {
            number: self.clients.fetch_add(1, Ordering::Relaxed) + 1,
            address: pending.look(|stream| stream.get_ref().peer_addr().ok()),
        };
        let acceptance = self.choose(client, pending.request());
        let socket = pending.accept_with(&acceptance).await?;
        match &self.hub {
            None => self.echo(client, socket).await,
            Some(hub) => Box::pin(self.pass_on(client, socket, hub)).await,
        }
        Ok(())
    }

    /// Chooses the client's first choice among the subprotocols that there are.
    fn choose(&self, client: Client, request: &IncomingRequest) -> Acceptance {
        let mut names = request.subprotocols();
        let chosen = names.find(|name| self.subprotocols.iter().any(|own| own == name));
        self.log.opened(client, request, chosen);
        chosen.map_or_else(Acceptance::new, |name| Acceptance::new().subprotocol(name))
    }

    /// Sends back what comes.
    async fn echo(&self, client: Client, mut socket: WebSocket<Stream>) {
        let mut counts = Counts::default();
        while let Some(message) = socket.recv().await {
            counts.received += 1;
            // Once closing has begun nothing can be sent, and the rest is received to the end.
            if socket.send(message).await.is_ok() {
                counts.sent += 1;
            }
        }
        if let Some(closed) = socket.closed() {
            self.log.closed(client, &closed, counts, socket.savings());
        }
    }

    /// Gives what comes to all clients, this one included.
    async fn pass_on(&self, client: Client, socket: WebSocket<Stream>, hub: &Hub) {
        let (sender, mut receiver) = socket.split();
        let mut queue = hub.join(client.number);
        let send = async {
            let mut sent = 0;
            while let Some(message) = queue.next().await
                && sender.send_prepared(&message).await.is_ok()
            {
                sent += 1;
            }
            // The queue ends when the hub has put the client out, or the connection has ended, and
            // then this changes nothing.
            if let Ok(frame) = CloseFrame::new(CloseCode::TRY_AGAIN_LATER, "too slow") {
                let _ = sender.start_close(Some(frame)).await;
            }
            sent
        };
        let receive = async {
            let mut received = 0;
            while let Some(message) = receiver.recv().await {
                received += 1;
                hub.send(&Prepared::new(message));
                // Many may have come in one piece: those who read them get to it meanwhile.
                yield_now().await;
            }
            hub.leave(client.number);
            received
        };
        let (sent, received) = join!(send, receive);
        if let Some(closed) = receiver.closed() {
            self.log.closed(client, &closed, Counts { received, sent }, sender.savings());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use wirebeat_tokio::Stopped;

    use super::*;
    use crate::serve::printer::Printer;

    #[test]
    fn that_clients_have_to_wait_is_said_once() {
        let (printed, output) = channel();
        let printer = Printer::start_with(move |line| drop(printed.send(line.to_owned())));
        let house = House {
            log: Log::with(printer.expect("there's a thread")),
            subprotocols: Vec::new(),
            hub: None,
            clients: AtomicU64::new(0),
            is_short: AtomicBool::new(false),
        };
        for _ in 0..3 {
            house.not_served(&ServeError::Accept(io::Error::other("no files")));
        }
        house.log.stopped(Stopped { dropped: 0 });
        let lines: Vec<String> = output.iter().collect();
        let [waits, stopped] = &lines[..] else { unreachable!("{lines:?}") };
        assert!(waits.contains("clients have to wait (no files)"), "{waits}");
        assert!(waits.ends_with("raise their limit or lower --max-connections"), "{waits}");
        assert!(stopped.ends_with("stopped"), "{stopped}");
    }
}
