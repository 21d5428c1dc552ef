use bytes::Buf;
use wirebeat::session::{Attempt, Session};
use wirebeat::websocket::WebSocket;
use wirebeat::{Connection, Timestamp, Transmit};

use crate::check::{Spoken, Tap, check_buffered};
use crate::host::Net;
use crate::net::Socket;
use crate::trace::What;

/// What has bytes to write.
pub(super) trait Writer {
    fn poll_transmit(&mut self) -> Option<Transmit<'_>>;
    fn handle_written(&mut self, now: Timestamp, bytes: usize);
    fn handle_write_blocked(&mut self, now: Timestamp);
    fn buffered_amount(&self) -> u64;
}

impl Writer for Connection {
    fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.poll_transmit()
    }

    fn handle_written(&mut self, now: Timestamp, bytes: usize) {
        self.handle_written(now, bytes);
    }

    fn handle_write_blocked(&mut self, now: Timestamp) {
        self.handle_write_blocked(now);
    }

    fn buffered_amount(&self) -> u64 {
        self.buffered_amount()
    }
}

impl Writer for (&mut Session, Attempt) {
    fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.0.poll_transmit(self.1)
    }

    fn handle_written(&mut self, now: Timestamp, bytes: usize) {
        self.0.handle_written(now, self.1, bytes);
    }

    fn handle_write_blocked(&mut self, now: Timestamp) {
        self.0.handle_write_blocked(now, self.1);
    }

    fn buffered_amount(&self) -> u64 {
        self.0.buffered_amount()
    }
}

impl Writer for (&mut WebSocket, Attempt) {
    fn poll_transmit(&mut self) -> Option<Transmit<'_>> {
        self.0.poll_transmit(self.1)
    }

    fn handle_written(&mut self, now: Timestamp, bytes: usize) {
        self.0.handle_written(now, self.1, bytes);
    }

    fn handle_write_blocked(&mut self, now: Timestamp) {
        self.0.handle_write_blocked(now, self.1);
    }

    fn buffered_amount(&self) -> u64 {
        self.0.buffered_amount()
    }
}

/// Writes what waits, as far as the transport takes it. `heard` is told of all that is out whole.
pub(super) fn flush(
    writer: &mut impl Writer,
    net: &mut Net<'_>,
    socket: Socket,
    tap: &mut Tap,
    mut heard: impl FnMut(&mut Net<'_>, Spoken),
) {
    let now = net.now();
    loop {
        let before = writer.buffered_amount();
        let Some(transmit) = writer.poll_transmit() else { return };
        let chunk = transmit.chunk();
        let taken = net.write(socket, chunk);
        let mut said = Vec::new();
        let wrote = tap.wrote(&chunk[..taken], |spoken| said.push(spoken));
        if taken == 0 {
            return writer.handle_write_blocked(now);
        }
        writer.handle_written(now, taken);
        let fell = check_buffered(before, writer.buffered_amount(), taken as u64);
        for violation in [wrote, fell].into_iter().filter_map(Result::err) {
            net.violate(violation);
        }
        for spoken in said {
            if spoken == Spoken::Ping {
                net.trace(What::Ping);
            }
            net.world.say(socket, spoken);
            heard(net, spoken);
        }
    }
}
