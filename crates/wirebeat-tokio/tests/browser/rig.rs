use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use wirebeat_tokio::ReadyState;
use wirebeat_tokio::browser::{Builder, CloseEvent, Event, EventType, Scope, WebSocket};

pub(crate) use crate::network::{Listener, SECOND, listen, until_tasks_are};

/// An event, and the state that its handlers saw.
pub(crate) type Seen = (ReadyState, Event);

pub(crate) const URL: &str = "ws://localhost/";

/// A WebSocket over pipes, and all that its handlers see.
pub(crate) fn start(
    change: impl FnOnce(Builder<'_>) -> Builder<'_>,
    set_up: impl FnOnce(&mut Scope<'_>),
) -> (WebSocket, UnboundedReceiver<Seen>, Listener) {
    let (connector, listener) = listen(64 * 1024);
    let mut seen = None;
    let socket = change(WebSocket::builder(URL)).connector(connector).connect(|scope| {
        seen = Some(tell(scope));
        set_up(scope);
    });
    (socket.unwrap(), seen.unwrap(), listener)
}

/// Listens for everything.
pub(crate) fn tell(socket: &mut Scope<'_>) -> UnboundedReceiver<Seen> {
    let (sender, receiver) = unbounded_channel();
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
pub(crate) async fn until_close(seen: &mut UnboundedReceiver<Seen>) -> CloseEvent {
    loop {
        if let (_, Event::Close(close)) = seen.recv().await.unwrap() {
            return close;
        }
    }
}
