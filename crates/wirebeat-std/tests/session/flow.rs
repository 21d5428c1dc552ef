use std::thread;
use std::time::Duration;

use wirebeat_std::{Config, Message, ReadyState, Reason, SessionConfig, SessionEvent};

use crate::rig::{accept_on, accept_one, builder, listen, until_open};
use crate::support::patient;

/// The server's write stall is what shows that the client has stopped to read.
#[test]
fn what_the_application_does_not_take_makes_the_server_wait() {
    let (url, listener) = listen();
    let (_session, mut events) = builder(&url).reconnect(None).connect().unwrap();
    let stall = Some(Duration::from_millis(50));
    let config = Config { write_stall_timeout: stall, ..patient() };
    let mut server = accept_on(&listener, &config);
    // More than all buffers between the two have room for.
    let sends =
        (0..10_000_u32).take_while(|sent| server.send(sent.to_be_bytes().repeat(4096)).is_ok());
    let sent = sends.count();
    assert!(sent < 10_000, "the client reads on and on");
    while server.recv_event().is_some() {}
    assert_eq!(server.closed().unwrap().cause.reason, Reason::WriteStall);
    // All that came before is handed over, in order.
    let mut received = 0_u32;
    while let Some(message) = events.recv() {
        assert_eq!(message.as_bytes()[..4], u32::to_be_bytes(received));
        received += 1;
    }
    assert!(0 < received && received as usize <= sent, "{received} of {sent}");
}

#[test]
fn an_application_that_takes_late_gets_everything() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    let sender = thread::spawn(move || {
        for number in 0..2000_u32 {
            server.send(number.to_be_bytes().repeat(1024)).unwrap();
        }
        server.recv()
    });
    for number in 0..2000_u32 {
        assert_eq!(events.recv().unwrap().as_bytes()[..4], number.to_be_bytes());
    }
    session.send("all of it").unwrap();
    assert_eq!(sender.join().unwrap(), Some(Message::from("all of it")));
}

#[test]
fn long_messages_pass_in_both_directions_at_once() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    until_open(&mut events);
    let echo = thread::spawn(move || {
        while let Some(message) = server.recv() {
            server.send(message).unwrap();
        }
    });
    let long: Vec<Message<'static>> =
        (1..4_u8).map(|byte| Message::from(vec![byte; 3 * 1024 * 1024])).collect();
    for message in &long {
        session.send(message.borrow()).unwrap();
    }
    for message in &long {
        assert_eq!(events.recv().as_ref(), Some(message));
    }
    session.close(None);
    echo.join().unwrap();
}

#[test]
fn a_sender_waits_for_room_until_it_is_over() {
    let (url, listener) = listen();
    let config = SessionConfig {
        connection: Config { send_queue_len_max: 1024, ..patient() },
        outbox_messages_max: 1,
        ..SessionConfig::default()
    };
    let (session, _events) = builder(&url).config(config).connect().unwrap();
    let mine = session.clone();
    let sender = thread::spawn(move || {
        for number in 0..1000_u32 {
            mine.send_blocking(number.to_be_bytes().repeat(1024)).unwrap();
        }
        // Nobody reads these, so that there is room only for so many.
        while mine.send_blocking(vec![0; 1024 * 1024]).is_ok() {}
    });
    let mut server = accept_one(&listener);
    for number in 0..1000_u32 {
        assert_eq!(server.recv().unwrap().as_bytes()[..4], number.to_be_bytes());
    }
    session.close(None);
    sender.join().unwrap();
}

#[test]
fn all_threads_may_send_and_each_ones_order_is_kept() {
    let (url, listener) = listen();
    let (session, _events) = builder(&url).connect().unwrap();
    let mut server = accept_one(&listener);
    let threads: Vec<_> = (0..4_u8)
        .map(|thread| {
            let session = session.clone();
            std::thread::spawn(move || {
                for number in 0..250_u8 {
                    session.send(vec![thread, number]).unwrap();
                }
            })
        })
        .collect();
    let mut next = [0; 4];
    for _ in 0..1000 {
        let message = server.recv().unwrap();
        let &[thread, number] = message.as_bytes() else { panic!("{message:?}") };
        assert_eq!(number, next[usize::from(thread)]);
        next[usize::from(thread)] += 1;
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn pings_and_parts_of_messages_go_out_on_the_open_connection() {
    let (url, listener) = listen();
    let (session, mut events) = builder(&url).connect().unwrap();
    assert!(session.ping("too early").is_err());
    let mut server = accept_one(&listener);
    until_open(&mut events);
    assert_eq!(session.ready_state(), ReadyState::Open);
    session.ping("now").unwrap();
    assert_eq!(session.send_fragment(Some(wirebeat_std::Kind::Text), "in two ", false), Ok(None));
    let id = session.send_fragment(None, "parts", true).unwrap();
    assert_eq!(server.recv(), Some(Message::from("in two parts")));
    assert!(id.is_some());
    let is_pong = |event| matches!(event, SessionEvent::Pong { .. });
    assert!(is_pong(events.recv_event().unwrap()));
}
