//! coder 5fe95bb, websockets c38507f: both ends write, neither reads, and both wait for ever.

use super::*;

const PIPE_LEN: usize = 8 * 1024;
const MESSAGES: u32 = 400;

/// One end, and the bytes on their way to it.
struct End {
    connection: Connection,
    pipe: Vec<u8>,
    sent: u32,
    received: u32,
}

impl End {
    fn new(role: Role) -> End {
        let config = Config { send_queue_len_max: 16 * 1024, ..Config::default() };
        End { connection: open(role, &config), pipe: Vec::new(), sent: 0, received: 0 }
    }

    /// Sends as much as it can, and answers every message with a ping.
    fn flood(&mut self) {
        while self.sent < MESSAGES {
            let mut message = vec![0x5A; 3_000];
            message[..4].copy_from_slice(&self.sent.to_be_bytes());
            if self.connection.send(START, message).is_err() {
                return;
            }
            self.sent += 1;
            let _ = self.connection.ping(START, &self.sent.to_be_bytes());
        }
    }

    fn read(&mut self) {
        for event in receive(&mut self.connection, START, &std::mem::take(&mut self.pipe)) {
            if let Event::Message(message) = event {
                assert_eq!(message.as_bytes()[..4], self.received.to_be_bytes(), "in order");
                self.received += 1;
            }
        }
    }

    /// Writes what the pipe to the other end has room for.
    fn write(&mut self, pipe: &mut Vec<u8>) {
        let room = PIPE_LEN - pipe.len();
        pipe.extend(write(&mut self.connection, START, room));
        if !waiting(&mut self.connection).is_empty() {
            self.connection.handle_write_blocked(START);
        }
    }
}

#[test]
fn failure_t37_both_ends_flood_and_every_message_arrives() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    let mut rounds = 0;
    while client.received < MESSAGES || server.received < MESSAGES {
        let before = (client.received, server.received);
        client.flood();
        server.flood();
        client.write(&mut server.pipe);
        server.write(&mut client.pipe);
        client.read();
        server.read();
        rounds += 1;
        assert!(rounds < 2_000, "no progress: {before:?}");
    }
    // The pipes hold 8 KiB, so no more than two messages pass in a round.
    assert!(rounds <= MESSAGES, "{rounds}");
}

#[test]
fn failure_t37_both_ends_close_in_the_middle_of_the_flood_and_both_end() {
    let (mut client, mut server) = (End::new(Role::Client), End::new(Role::Server));
    for round in 0..200 {
        if round == 5 {
            for end in [&mut client, &mut server] {
                let frame = CloseFrame::new(CloseCode::GOING_AWAY, "").expect("valid");
                end.connection.close(START, Some(frame)).expect("a code of ours");
            }
        }
        client.flood();
        server.flood();
        client.write(&mut server.pipe);
        server.write(&mut client.pipe);
        client.read();
        server.read();
        if server.connection.transport() == Transport::Drop {
            client.connection.handle_eof(START);
        }
    }
    for mut end in [client, server] {
        assert_is_over(&mut end.connection);
    }
}
