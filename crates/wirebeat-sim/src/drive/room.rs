use core::fmt;
use std::collections::BTreeMap;

use wirebeat::{
    CloseError, CloseFrame, Message, ReadyState, SendError, SendErrorReason, SendMessageError,
    Timestamp,
};

use super::server::Guest;
use crate::host::Net;
use crate::net::Socket;
use crate::trace::What;

/// A server's connections, network and clock, as its [`Service`](super::Service) reaches them.
pub struct Room<'r, 'n> {
    guests: &'r mut BTreeMap<Socket, Box<Guest>>,
    net: &'r mut Net<'n>,
    wake_at: &'r mut Option<Timestamp>,
    /// Connections that have something to write.
    touched: Vec<Socket>,
}

impl<'r, 'n> Room<'r, 'n> {
    pub(super) fn new(
        guests: &'r mut BTreeMap<Socket, Box<Guest>>,
        net: &'r mut Net<'n>,
        wake_at: &'r mut Option<Timestamp>,
    ) -> Room<'r, 'n> {
        Room { guests, net, wake_at, touched: Vec::new() }
    }

    pub(super) fn into_touched(self) -> Vec<Socket> {
        self.touched
    }

    /// The time by the host's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.net.now()
    }

    /// The host's network, with its randomness, notes and [`fail`](Net::fail).
    pub fn net(&mut self) -> &mut Net<'n> {
        self.net
    }

    /// All connections that are open, in a fixed order.
    #[must_use]
    pub fn guests(&self) -> Vec<Socket> {
        self.guests
            .iter()
            .filter(|(_, guest)| guest.connection.ready_state() == ReadyState::Open)
            .map(|(socket, _)| *socket)
            .collect()
    }

    /// Sends a message, as [`Connection::send`](wirebeat::Connection::send).
    ///
    /// # Errors
    ///
    /// As for [`Connection::send`](wirebeat::Connection::send); with
    /// [`SendErrorReason::NotOpen`] also if it's not in the room any more.
    pub fn send<'m>(
        &mut self,
        guest: Socket,
        message: impl Into<Message<'m>>,
    ) -> Result<(), SendMessageError<'m>> {
        let (now, message) = (self.net.now(), message.into());
        let (kind, len) = (message.kind(), message.len());
        let sent = match self.guests.get_mut(&guest) {
            Some(guest) => guest.connection.send(now, message),
            None => {
                let reason = SendErrorReason::NotOpen(ReadyState::Closed);
                Err(SendError { reason, unsent: message })
            }
        };
        match &sent {
            Ok(()) => {
                self.net.trace(What::Sent(kind, len));
                self.touched.push(guest);
            }
            Err(_) => self.net.trace(What::Refused(kind, len)),
        }
        sent
    }

    /// Begins to close a connection, as [`Connection::close`](wirebeat::Connection::close). One that
    /// isn't in the room is closed already.
    ///
    /// # Errors
    ///
    /// As for [`Connection::close`](wirebeat::Connection::close).
    pub fn close(&mut self, guest: Socket, frame: Option<CloseFrame>) -> Result<(), CloseError> {
        let now = self.net.now();
        let Some(found) = self.guests.get_mut(&guest) else { return Ok(()) };
        self.touched.push(guest);
        found.connection.close(now, frame)
    }

    /// Lets [`Service::timeout`](super::Service::timeout) be called at this time, by the host's
    /// clock; `None` for never.
    pub fn wake_at(&mut self, at: Option<Timestamp>) {
        *self.wake_at = at;
    }
}

impl fmt::Debug for Room<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("guests", &self.guests.len()).finish_non_exhaustive()
    }
}
