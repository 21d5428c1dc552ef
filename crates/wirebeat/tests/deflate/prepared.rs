//! Prepared messages: compressed once for all connections that it's the same for.

use super::*;

#[test]
fn it_is_compressed_once_per_set_of_parameters() {
    let deflate = Deflate::default();
    let text = json(60_000);
    let news = Prepared::new(&*text);
    let small = WindowBits::new(9).expect("in range");
    let parameters =
        [no_takeover(), DeflateParameters { server_max_window_bits: small, ..no_takeover() }];
    let mut wires = Vec::new();
    for parameters in parameters {
        let mut connections: Vec<_> = (0..5)
            .map(|_| deflated_with(Role::Server, &Config::default(), &deflate, parameters))
            .collect();
        for (index, connection) in connections.iter_mut().enumerate() {
            let info = allocation_counter::measure(|| {
                connection.send_prepared(START, &news.clone()).expect("room");
            });
            // Those after the first share its bytes.
            assert!(index == 0 || info.bytes_total < 2000, "{index}: {}", info.bytes_total);
            let sent = frames(&waiting(connection));
            assert_eq!(sent[0].first, TEXT | RSV1);
            assert_eq!(connection.buffered_amount(), 60_000);
            let mut client = deflated(Role::Client, &Config::default(), parameters);
            assert_eq!(messages(pass(connection, &mut client, 999)), [Message::from(&*text)]);
            wires.push(sent[0].payload.clone());
        }
    }
    assert!(wires[0] == wires[4] && wires[5] == wires[9] && wires[0] != wires[5]);
}

/// One that takes its context over needs each message in a form of its own.
#[test]
fn it_is_refused_where_the_context_is_taken_over() {
    let text = json(1000);
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), takeover());
        let error = connection.send_prepared(START, &Prepared::new(&*text)).expect_err("refused");
        assert_eq!(error.reason, SendErrorReason::ContextTakeover);
        assert_eq!(connection.buffered_amount(), 0);
        // What isn't compressed can be sent there, too.
        connection.send_prepared(START, &Prepared::new(&*text).compress(false)).expect("room");
        connection.send_prepared(START, &Prepared::new("short")).expect("room");
        let sent = plain(&waiting(&mut connection));
        assert_eq!(sent, [(TEXT, text.clone().into_bytes()), (TEXT, b"short".to_vec())]);
    }
}

#[test]
fn what_gets_no_shorter_goes_as_it_is_to_all() {
    let bytes = Numbers::new(3).bytes(1000);
    let news = Prepared::new(&*bytes);
    for role in ROLES {
        for _ in 0..2 {
            let mut connection = deflated(role, &Config::default(), no_takeover());
            connection.send_prepared(START, &news).expect("room");
            assert_eq!(plain(&waiting(&mut connection)), [(BINARY, bytes.clone())]);
        }
    }
}
