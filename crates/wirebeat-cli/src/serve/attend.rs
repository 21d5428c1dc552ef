use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use wirebeat_std::{
    AcceptError, Acceptance, CloseCode, CloseFrame, IncomingRequest, Pending, Prepared,
    RequestRefusal, Sender, ServeError, WebSocket,
};

use super::Arguments;
use super::hub::Hub;
use super::log::{Client, Counts, Log};
use super::page;

/// What all clients of a server share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) log: Log,
    subprotocols: Vec<String>,
    /// All clients, if what one sends goes to all.
    hub: Option<Hub>,
    clients: AtomicU64,
}

impl House {
    pub(crate) fn new(arguments: &Arguments) -> House {
        House {
            log: Log::new(arguments.quiet),
            subprotocols: arguments.subprotocol.clone(),
            hub: arguments.broadcast.then(Hub::default),
            clients: AtomicU64::new(0),
        }
    }

    /// What it does with messages.
    pub(crate) fn does(&self) -> &'static str {
        if self.hub.is_some() { "broadcast" } else { "echo" }
    }

    /// Answers a request, and stays until the connection's end.
    pub(crate) fn attend(&self, pending: Pending<TcpStream>) {
        let attended = if pending.request().is_upgrade() {
            self.open(pending)
        } else {
            match page::answer(pending.request()) {
                Ok(response) => pending.respond(&response),
                Err(_) => Ok(()),
            }
        };
        if let Err(error) = attended {
            self.not_served(&ServeError::Opening(error));
        }
    }

    /// Says why somebody got no connection, unless that changed its mind, as browsers do.
    pub(crate) fn not_served(&self, error: &ServeError) {
        let advice = match error {
            ServeError::Opening(AcceptError::Gone(_)) => return,
            ServeError::Opening(AcceptError::Refused(RequestRefusal::OriginRefused)) => {
                "; --origin lets its pages in"
            }
            _ => "",
        };
        self.log.refused(&format!("{error}{advice}"));
    }

    fn open(&self, pending: Pending<TcpStream>) -> Result<(), AcceptError> {
        let client = Client {
            number: self.clients.fetch_add(1, Ordering::Relaxed) + 1,
            address: pending.get_ref().peer_addr().ok(),
        };
        let chosen = self.choose(pending.request());
        let acceptance = match &chosen {
            Some(name) => Acceptance::new().subprotocol(name),
            None => Acceptance::new(),
        };
        self.log.opened(client, pending.request(), chosen.as_deref());
        let socket = pending.accept_with(&acceptance)?;
        match &self.hub {
            None => self.echo(client, socket),
            Some(hub) => self.pass_on(client, socket, hub),
        }
        Ok(())
    }

    /// The client's first choice among the subprotocols that there are.
    fn choose(&self, request: &IncomingRequest) -> Option<String> {
        request
            .subprotocols()
            .find(|name| self.subprotocols.iter().any(|own| own == name))
            .map(Into::into)
    }

    /// Sends back what comes.
    fn echo(&self, client: Client, mut socket: WebSocket<TcpStream>) {
        let mut counts = Counts::default();
        while let Some(message) = socket.recv() {
            counts.received += 1;
            // Once closing has begun nothing can be sent, and the rest is received to the end.
            if socket.send(message).is_ok() {
                counts.sent += 1;
            }
        }
        if let Some(closed) = socket.closed() {
            self.log.closed(client, closed, counts, socket.savings());
        }
    }

    /// Gives what comes to all clients, this one included.
    fn pass_on(&self, client: Client, socket: WebSocket<TcpStream>, hub: &Hub) {
        let (sender, mut receiver) = socket.split();
        let messages = hub.join(client.number);
        let (own, mut counts) = (sender.clone(), Counts::default());
        thread::scope(|scope| {
            let pass = move || {
                let sent = messages.take_while(|message| own.send_prepared(message).is_ok());
                let sent = sent.count() as u64;
                // The queue ends when the hub has put the client out, or the connection has ended.
                close(&own, CloseCode::TRY_AGAIN_LATER, "too slow");
                sent
            };
            let Ok(writer) = thread::Builder::new().name("send".into()).spawn_scoped(scope, pass)
            else {
                return close(&sender, CloseCode::TRY_AGAIN_LATER, "no thread");
            };
            while let Some(message) = receiver.recv() {
                counts.received += 1;
                hub.send(&Prepared::new(message));
            }
            hub.leave(client.number);
            counts.sent = writer.join().unwrap_or_default();
        });
        hub.leave(client.number);
        if let Some(closed) = receiver.closed() {
            self.log.closed(client, closed, counts, sender.savings());
        }
    }
}

/// Begins the closing handshake; where it has begun already, this changes nothing.
fn close(sender: &Sender<TcpStream>, code: CloseCode, reason: &'static str) {
    if let Ok(frame) = CloseFrame::new(code, reason) {
        let _ = sender.start_close(Some(frame));
    }
}
