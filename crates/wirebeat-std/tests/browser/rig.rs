use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};

use wirebeat_std::browser::{Event, EventType, Scope};
use wirebeat_std::{OriginPolicy, ReadyState, WebSocket, accept_with};

use crate::support::patient;

/// An event, and the state that its handlers saw.
pub(crate) type Seen = (ReadyState, Event);

pub(crate) fn listen() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (format!("ws://{}/", listener.local_addr().unwrap()), listener)
}

pub(crate) fn accept_one(listener: &TcpListener) -> WebSocket<TcpStream> {
    let stream = listener.accept().unwrap().0;
    accept_with(stream, OriginPolicy::SameHost, &patient()).unwrap().accept().unwrap()
}

/// Listens for everything.
pub(crate) fn tell(socket: &mut Scope<'_>) -> Receiver<Seen> {
    let (sender, receiver) = mpsc::channel();
    for event_type in EventType::ALL {
        let sender = sender.clone();
        socket.add_event_listener(event_type, move |socket, event| {
            // Whoever has seen enough doesn't listen.
            let _ = sender.send((socket.ready_state(), event.clone()));
        });
    }
    receiver
}

/// Waits for the next `close` event.
pub(crate) fn until_close(seen: &Receiver<Seen>) -> wirebeat_std::browser::CloseEvent {
    loop {
        if let (_, Event::Close(close)) = seen.recv().unwrap() {
            return close;
        }
    }
}
