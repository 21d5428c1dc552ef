use wirebeat::{Config, Connection, Endpoint, Timestamp};

use crate::calls::Hand;
use crate::shared::Shared;
use crate::trace::Span;
use crate::{Socket, WebSocket};

/// A WebSocket over a stream whose opening handshake was done elsewhere, by an HTTP library or over
/// HTTP/2. It's open from the start.
///
/// ```
/// use tokio::io::{AsyncReadExt, duplex};
/// use wirebeat_tokio::{Config, Endpoint, upgraded};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (ours, mut theirs) = duplex(64);
/// let mut socket = upgraded(ours, Endpoint::Server, &Config::default());
/// socket.send("hello").await?;
/// let mut frame = [0; 7];
/// theirs.read_exact(&mut frame).await?;
/// assert_eq!(&frame, b"\x81\x05hello");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn upgraded<S: Socket>(stream: S, endpoint: Endpoint, config: &Config) -> WebSocket<S> {
    let connection = Connection::established(endpoint, config, Timestamp::ZERO);
    let span = Span::upgraded(connection.role());
    let hand = Hand::new(Shared::new(stream, connection));
    hand.change(|state| state.span = span);
    WebSocket::new(hand, None)
}
