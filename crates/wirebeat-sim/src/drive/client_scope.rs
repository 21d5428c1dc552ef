use core::fmt;

use wirebeat::session::{MessageId, Session};
use wirebeat::{CloseFrame, Message, SendMessageError, Timestamp};

use super::client_book::Book;
use crate::host::Net;
use crate::trace::What;

/// A client's session, network and clock, as its [`App`](super::App) reaches them.
pub struct ClientScope<'c, 'n> {
    session: &'c mut Session,
    net: &'c mut Net<'n>,
    book: &'c mut Book,
}

impl<'c, 'n> ClientScope<'c, 'n> {
    pub(super) fn new(
        session: &'c mut Session,
        net: &'c mut Net<'n>,
        book: &'c mut Book,
    ) -> ClientScope<'c, 'n> {
        ClientScope { session, net, book }
    }

    /// The time by the host's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.net.now()
    }

    /// The session, to look at.
    #[must_use]
    pub fn session(&self) -> &Session {
        self.session
    }

    /// The host's network, with its randomness, notes and [`fail`](Net::fail).
    pub fn net(&mut self) -> &mut Net<'n> {
        self.net
    }

    /// Sends a message, as [`Session::send`].
    ///
    /// # Errors
    ///
    /// As for [`Session::send`].
    pub fn send<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
    ) -> Result<MessageId, SendMessageError<'m>> {
        let message = message.into();
        let (kind, len) = (message.kind(), message.len());
        let copy = message.borrow().into_owned();
        let sent = self.session.send(self.net.now(), message);
        match &sent {
            Ok(id) => {
                self.book.account.accepted(*id, &copy);
                self.net.trace(What::Sent(kind, len));
            }
            Err(_) => self.net.trace(What::Refused(kind, len)),
        }
        sent
    }

    /// Closes the session, as [`Session::close`].
    pub fn close(&mut self, frame: Option<CloseFrame>) {
        self.book.is_closed = true;
        self.session.close(self.net.now(), frame);
    }

    /// Connects anew at once, as [`Session::reconnect`].
    pub fn reconnect(&mut self, frame: Option<CloseFrame>) {
        self.book.is_closed = false;
        self.book.attempts.replaced();
        self.session.reconnect(self.net.now(), frame);
    }

    /// Lets [`App::timeout`](super::App::timeout) be called at this time, by the host's clock;
    /// `None` for never.
    pub fn wake_at(&mut self, at: Option<Timestamp>) {
        self.book.wake_at = at;
    }
}

impl fmt::Debug for ClientScope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientScope").field("session", &self.session).finish_non_exhaustive()
    }
}
