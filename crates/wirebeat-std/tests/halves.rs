//! Two halves of one connection, in two threads.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

mod support;

use std::io::{self, IoSlice, Read};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use support::{
    connect_with, do_nothing_for, hear_pongs, patient, patient_heartbeat, quick_heartbeat,
    raw_client, serve,
};
use wirebeat_std::{
    Client, CloseCode, CloseFrame, Config, Message, OriginPolicy, Reason, Receiver,
    SendErrorReason, Sender, Socket, WebSocket, accept_with,
};

/// Sends as much as it can, and receives as much, at once. Returns how much came.
fn flood(socket: WebSocket<TcpStream>, messages: usize, message: &'static [u8]) -> usize {
    let (sender, mut receiver) = socket.split();
    let flooding = thread::spawn(move || {
        for _ in 0..messages {
            sender.send(message).unwrap();
        }
        sender
    });
    let mut received = 0;
    while received < messages * message.len() {
        let came = receiver.recv().unwrap();
        assert!(came == Message::from(message));
        received += came.len();
    }
    drop(flooding.join().unwrap());
    received
}

/// If either waited for its peer to read while its peer waits for it, none would ever end.
#[test]
fn two_peers_that_flood_each_other_over_small_buffers_both_finish() {
    const MESSAGE: &[u8] = &[0x5A; 10_000];
    let (ours, theirs) = support::narrow_pair();
    let server = thread::spawn(move || {
        let pending = accept_with(theirs, OriginPolicy::SameHost, &patient()).unwrap();
        flood(pending.accept().unwrap(), 500, MESSAGE)
    });
    let client = Client::new("ws://localhost/").unwrap().config(patient());
    assert_eq!(flood(client.connect_over(ours).unwrap(), 500, MESSAGE), 5_000_000);
    assert_eq!(server.join().unwrap(), 5_000_000);
}

#[test]
fn a_receiver_that_waits_is_no_hindrance_to_sending() {
    let (url, server) = serve(patient(), |mut socket| {
        let asked = socket.recv();
        socket.send("answer").unwrap();
        while socket.recv().is_some() {}
        asked
    });
    let (sender, mut receiver) = connect_with(&url, patient()).split();
    let receiving = thread::spawn(move || {
        let answer = receiver.recv();
        assert_eq!(receiver.recv(), None);
        (answer, receiver.closed().unwrap().was_clean)
    });
    sender.send("question").unwrap();
    let closed = sender.close(Some(CloseFrame::new(4000, "").unwrap())).unwrap();
    assert_eq!((closed.was_clean, closed.code.get()), (true, 4000));
    assert_eq!(receiving.join().unwrap(), (Some(Message::from("answer")), true));
    assert_eq!(server.join().unwrap(), Some(Message::from("question")));
    let late = sender.send("late").unwrap_err();
    assert!(matches!(late.reason, SendErrorReason::NotOpen(_)), "{late}");
}

#[test]
fn a_close_is_answered_while_only_the_sender_is_used() {
    let (url, server) = serve(patient(), |mut socket| socket.close(None).unwrap().was_clean);
    let (sender, mut receiver) = connect_with(&url, patient()).split();
    while sender.send("tick").is_ok() {}
    let closed = sender.close(None).unwrap();
    assert_eq!(closed.cause.reason, Reason::ClosedByPeer);
    assert!(server.join().unwrap());
    assert_eq!(receiver.recv(), None);
    assert_eq!(receiver.closed(), Some(&closed));
}

/// What wasn't received yet, and the ping behind it.
#[test]
fn a_half_that_only_sends_stays_alive_with_an_undelivered_message_in_front() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve(patient_heartbeat(), move |mut socket| {
        socket.send("not received yet").unwrap();
        hear_pongs(&mut socket, 3);
        drop(stop);
        while socket.recv().is_some() {}
        socket.closed().unwrap().clone()
    });
    let (sender, mut receiver) = connect_with(&url, patient()).split();
    while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
        // Often enough for the pongs, rarely enough for the server to be the one that asks.
        do_nothing_for(Duration::from_millis(70));
        sender.send("tick").unwrap();
    }
    assert_eq!(receiver.recv(), Some(Message::from("not received yet")));
    assert!(sender.close(None).unwrap().was_clean);
    assert_eq!(server.join().unwrap().cause.reason, Reason::ClosedByPeer);
}

/// The half that waits keeps the time for the other, which made a deadline and left.
#[test]
fn a_close_that_isnt_answered_ends_the_receivers_wait() {
    let close_timeout = Duration::from_millis(50);
    let config = Config { close_timeout, open_timeout: None, ..patient() };
    let (answered, waits) = mpsc::channel();
    let (mut raw, server) = raw_client(config, move |socket| {
        let (sender, mut receiver) = socket.split();
        let receiving = thread::spawn(move || {
            while receiver.recv().is_some() {}
            receiver.closed().unwrap().cause.reason
        });
        waits.recv().unwrap();
        sender.start_close(None).unwrap();
        receiving.join().unwrap()
    });
    // Whoever answers a ping receives.
    raw.write(&support::masked(0x89, b"ping"));
    let mut pong = [0; 6];
    raw.0.read_exact(&mut pong).unwrap();
    assert_eq!(&pong, b"\x8A\x04ping");
    answered.send(()).unwrap();
    assert_eq!(server.join().unwrap(), Reason::CloseTimeout);
    drop(raw);
}

/// What nobody will ever receive isn't kept, or the ping behind it would never be seen.
#[test]
fn a_sender_whose_receiver_is_gone_answers_pings_behind_any_number_of_messages() {
    let (again, asked) = mpsc::channel();
    let (mut raw, server) = raw_client(patient(), move |socket| {
        let (sender, receiver) = socket.split();
        drop(receiver);
        for () in asked {
            sender.send("tick").unwrap();
        }
    });
    raw.write(&support::masked(0x82, b"unread").repeat(1000));
    raw.write(&support::masked(0x89, b"ping"));
    let mut frame = [0; 6];
    while &frame != b"\x8A\x04ping" {
        again.send(()).unwrap();
        raw.0.read_exact(&mut frame).unwrap();
    }
    drop(again);
    server.join().unwrap();
}

/// Messages that nobody receives can't hold up whoever closes.
#[test]
fn closing_ends_although_nobody_receives() {
    let config = Config { close_timeout: Duration::from_millis(50), ..patient() };
    let (mut raw, server) = raw_client(config, |socket| {
        let (sender, mut receiver) = socket.split();
        let closed = sender.close(None).unwrap();
        let mut received = 0;
        while receiver.recv().is_some() {
            received += 1;
        }
        (closed.cause.reason, received)
    });
    let flood = support::masked(0x82, b"unread").repeat(1000);
    raw.write(&flood);
    let (reason, received) = server.join().unwrap();
    assert_eq!(reason, Reason::CloseTimeout);
    assert!(received > 0);
}

#[test]
fn a_dead_peer_is_found_by_a_receiver_that_waits() {
    let (raw, server) = raw_client(quick_heartbeat(), |socket| {
        let (sender, mut receiver) = socket.split();
        while receiver.recv().is_some() {}
        (sender.closed(), receiver.closed().cloned())
    });
    let (told, received) = server.join().unwrap();
    assert_eq!(told, received);
    assert_eq!(received.unwrap().cause.reason, Reason::HeartbeatTimeout);
    drop(raw);
}

/// A socket whose reads panic once it's told to.
struct Fragile(TcpStream, AtomicBool);

impl Socket for Fragile {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = Socket::read(&self.0, buffer);
        assert!(!self.1.load(Ordering::SeqCst), "as it was told");
        read
    }

    fn read_now(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_now(buffer)
    }

    fn write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Socket::write_vectored(&self.0, slices)
    }

    fn write_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_now(slices)
    }

    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.0.shutdown(how)
    }
}

/// What one thread does to itself isn't another's end.
#[test]
fn a_socket_that_panics_in_one_thread_leaves_no_other_waiting() {
    let (url, server) = serve(patient(), |mut socket| {
        while let Some(message) = socket.recv() {
            socket.send(message).unwrap();
        }
    });
    let client = Client::new(&url).unwrap().config(patient());
    let fragile = Fragile(client.dial().unwrap(), AtomicBool::new(false));
    let (sender, mut receiver) = client.connect_over(fragile).unwrap().split();
    sender.get_ref().1.store(true, Ordering::SeqCst);
    sender.send("and back").unwrap();
    let receiving = thread::spawn(move || receiver.recv());
    assert!(receiving.join().is_err());
    assert_eq!(sender.close(None).unwrap().cause.reason, Reason::Lost);
    server.join().unwrap();
}

#[test]
fn messages_of_several_senders_dont_mix() {
    let (url, server) = serve(patient(), |mut socket| {
        let mut received = 0;
        while let Some(message) = socket.recv() {
            let bytes = message.as_bytes();
            assert_eq!(bytes.len(), 5000 + usize::from(bytes[0]));
            assert!(bytes.iter().all(|byte| *byte == bytes[0]));
            received += 1;
        }
        received
    });
    let (sender, receiver) = connect_with(&url, patient()).split();
    let senders: Vec<_> = (0..4_u8)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || {
                for _ in 0..100 {
                    sender.send(vec![number; 5000 + usize::from(number)]).unwrap();
                }
            })
        })
        .collect();
    for sender in senders {
        sender.join().unwrap();
    }
    assert!(sender.close(None).unwrap().was_clean);
    drop(receiver);
    assert_eq!(server.join().unwrap(), 400);
}

#[test]
fn halves_that_are_dropped_say_1001() {
    for sender_first in [false, true] {
        let (mut raw, server) = raw_client(patient(), move |socket| {
            let (sender, receiver) = socket.split();
            match sender_first {
                true => drop((sender, receiver)),
                false => drop((receiver, sender)),
            }
        });
        server.join().unwrap();
        assert_eq!(raw.read_to_end().unwrap(), b"\x88\x02\x03\xE9");
    }
}

#[test]
fn halves_are_put_together_again() {
    let (url, server) = serve(patient(), |mut socket| {
        while let Some(message) = socket.recv() {
            socket.send(message).unwrap();
        }
    });
    let (sender, receiver) = connect_with(&url, patient()).split();
    let clone = sender.clone();
    let error = sender.reunite(receiver).unwrap_err();
    drop(clone);
    let mut socket = error.sender.reunite(error.receiver).unwrap();
    socket.send("whole").unwrap();
    assert_eq!(socket.recv(), Some(Message::from("whole")));
    let (sender, receiver) = socket.split();
    let (other_sender, other_receiver) = connect_with_another();
    assert!(sender.reunite(other_receiver).is_err());
    drop((receiver, other_sender));
    server.join().unwrap();
}

fn connect_with_another() -> (Sender<TcpStream>, Receiver<TcpStream>) {
    let (url, _) = serve(patient(), |mut socket| socket.recv());
    connect_with(&url, patient()).split()
}

/// Nothing is called, and the peer finds it alive.
#[test]
fn a_spawned_connection_lives_while_nothing_is_called() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (url, server) = serve(patient_heartbeat(), move |mut socket| {
        socket.send("first").unwrap();
        hear_pongs(&mut socket, 3);
        drop(stop);
        socket.recv()
    });
    let (sender, mut receiver) = connect_with(&url, patient()).spawn().unwrap();
    assert!(stopped.recv().is_err());
    assert_eq!(receiver.recv(), Some(Message::from("first")));
    sender.send("last").unwrap();
    assert_eq!(server.join().unwrap(), Some(Message::from("last")));
    assert_eq!(receiver.recv(), None);
    assert_eq!(sender.closed().as_ref(), receiver.closed());
}

/// The thread takes no more than it can keep: the rest stays with the peer until it's wanted.
#[test]
fn a_spawned_connection_hands_over_everything_in_order() {
    const MESSAGES: u32 = 2000;
    let (url, server) = serve(patient(), |mut socket| {
        for number in 0..MESSAGES {
            socket.send(number.to_be_bytes().repeat(300)).unwrap();
        }
        socket.close(None).unwrap().messages_lost
    });
    let (_sender, mut receiver) = connect_with(&url, patient()).spawn().unwrap();
    for number in 0..MESSAGES {
        let message = receiver.recv().unwrap();
        assert_eq!(message.as_bytes()[..4], number.to_be_bytes());
    }
    assert_eq!(receiver.recv(), None);
    assert!(receiver.closed().unwrap().was_clean);
    assert_eq!(server.join().unwrap(), 0);
}

/// Unlike one without a thread, which can't wait for the answer.
#[test]
fn a_spawned_connection_whose_handles_are_dropped_is_closed_in_order() {
    let (url, server) = serve(patient(), |mut socket| {
        while socket.recv().is_some() {}
        socket.closed().unwrap().clone()
    });
    drop(connect_with(&url, patient()).spawn().unwrap());
    let closed = server.join().unwrap();
    assert_eq!((closed.code, closed.was_clean), (CloseCode::GOING_AWAY, true));
}

#[test]
fn a_spawned_connection_tells_of_the_end() {
    let (url, server) = serve(patient(), drop);
    let (sender, mut receiver) = connect_with(&url, patient()).spawn().unwrap();
    server.join().unwrap();
    assert_eq!(receiver.recv(), None);
    assert_eq!(receiver.closed().unwrap().code, CloseCode::GOING_AWAY);
    assert!(sender.send("late").is_err());
}
