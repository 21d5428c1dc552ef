//! What is sent (RFC 7692 §7.2.1).

use super::*;

#[test]
fn short_messages_go_as_they_are() {
    let text = "a".repeat(64);
    for role in ROLES {
        let mut connection = deflated(role, &Config::default(), takeover());
        connection.send(START, &text[..63]).expect("room");
        connection.send(START, &*text).expect("room");
        let sent = frames(&waiting(&mut connection));
        assert_eq!((sent[0].first, sent[0].payload.len()), (TEXT, 63));
        assert_eq!(sent[1].first, TEXT | RSV1);
        assert!(sent[1].payload.len() < 10);

        let deflate = Deflate::default().message_len_min(1);
        let mut connection = deflated_with(role, &Config::default(), &deflate, takeover());
        connection.send(START, "").expect("room");
        connection.send(START, "HelloHelloHello").expect("room");
        let sent = plain(&waiting(&mut connection));
        assert_eq!(sent[0], (TEXT, vec![]));
        assert_eq!(sent[1].0, TEXT | RSV1);
    }
}

/// What gets no shorter goes as it is, and what comes after it is still understood.
#[test]
fn what_gets_no_shorter_goes_as_it_is() {
    for parameters in [takeover(), no_takeover()] {
        let [mut client, mut server] = pair(&Deflate::default(), parameters);
        let mut numbers = Numbers::new(1);
        for len in [64, 100, 1000, 20_000, 100_000] {
            let (text, bytes) = (json(len), numbers.bytes(len));
            client.send(START, &*text).expect("room");
            client.send(START, &*bytes).expect("room");
            client.send(START, &*text).expect("room");
            let sent = frames(&waiting(&mut client));
            assert_eq!(sent[0].first, TEXT | RSV1);
            assert_eq!((sent[1].first, sent[1].payload == bytes), (BINARY, true), "{len}");
            assert_eq!(sent[2].first, TEXT | RSV1);
            let events = pass(&mut client, &mut server, usize::MAX);
            assert_eq!(messages(events), [(*text).into(), (*bytes).into(), (*text).into()]);
        }
    }
}

/// Unless that's wanted, for the context.
#[test]
fn what_gets_longer_may_go_compressed() {
    let deflate = Deflate::default().even_if_longer(true);
    let [mut client, mut server] = pair(&deflate, takeover());
    let (text, bytes) = (json(1000), Numbers::new(1).bytes(100));
    client.send(START, &*text).expect("room");
    client.send(START, &*bytes).expect("room");
    client.send(START, &*text).expect("room");
    let sent = frames(&waiting(&mut client));
    assert_eq!(sent[1].first, BINARY | RSV1);
    assert!(sent[1].payload.len() >= 100 && sent[2].payload.len() < 40);
    let events = pass(&mut client, &mut server, 99);
    assert_eq!(messages(events), [(*text).into(), (*bytes).into(), (*text).into()]);
}

#[test]
fn a_message_may_be_sent_uncompressed_and_later_ones_refer_past_it() {
    let [mut client, mut server] = pair(&Deflate::default(), takeover());
    let text = json(1000);
    client.send(START, &*text).expect("room");
    client.send_uncompressed(START, &*text).expect("room");
    client.send(START, &*text).expect("room");
    let sent = frames(&waiting(&mut client));
    assert_eq!((sent[1].first, &*sent[1].payload), (TEXT, text.as_bytes()));
    assert_eq!((sent[0].first, sent[2].first), (TEXT | RSV1, TEXT | RSV1));
    assert!(sent[2].payload.len() < 40, "it's known: {}", sent[2].payload.len());
    let text = Message::from(&*text);
    assert_eq!(messages(pass(&mut client, &mut server, 99)), [text.clone(), text.clone(), text]);
}

#[test]
fn without_takeover_each_message_is_compressed_by_itself() {
    let [mut client, mut server] = pair(&Deflate::default(), no_takeover());
    let text = json(1000);
    for _ in 0..3 {
        client.send(START, &*text).expect("room");
        server.send(START, &*text).expect("room");
    }
    for connection in [&mut client, &mut server] {
        let sent = frames(&waiting(connection));
        assert!(sent.iter().all(|frame| frame.payload == sent[0].payload));
    }
}

#[test]
fn fragments_are_compressed_one_by_one() {
    for parameters in [takeover(), no_takeover()] {
        let [mut client, mut server] = pair(&Deflate::default(), parameters);
        for sizes in [&[1000, 1000, 1000][..], &[0, 1000, 0], &[0, 0], &[1, 0], &[5, 0, 20_000, 1]]
        {
            let mut whole = String::new();
            for (index, size) in sizes.iter().enumerate() {
                let part = json(*size);
                whole.push_str(&part);
                let first = (index == 0).then_some(Kind::Text);
                let fin = index == sizes.len() - 1;
                server.send_fragment(START, first, &*part, fin).expect("room");
                server.ping(START, b"between").expect("room");
            }
            let sent = frames(&waiting(&mut server));
            let data: Vec<u8> = sent.iter().map(|it| it.first).filter(|it| *it != PING).collect();
            assert_eq!(data[0], TEXT_BEGINS | RSV1);
            assert!(data[1..data.len() - 1].iter().all(|first| *first == CONTINUES));
            assert_eq!(data[data.len() - 1], CONTINUES_LAST);
            let mut events = pass(&mut server, &mut client, 50);
            write_all(&mut client, START);
            events.retain(|event| !matches!(event, Event::Ping(_)));
            assert_eq!(messages(events), [Message::from(&*whole)], "{sizes:?}");
        }
        // A message of one fragment is a message like others.
        let text = json(500);
        server.send_fragment(START, Some(Kind::Text), &*text, true).expect("room");
        assert_eq!(messages(pass(&mut server, &mut client, 50)), [Message::from(&*text)]);
    }
}

/// Every level, every memory level, every window, both ways, with context and without.
#[test]
fn every_setting_is_understood() {
    let text = json(20_000);
    for level in [1, 2, 5, 6, 9] {
        for memory_level in [1, 5, 9] {
            for bits in 9..=15 {
                for no_takeover in [false, true] {
                    let bits = WindowBits::new(bits).expect("in range");
                    let parameters = DeflateParameters {
                        server_no_context_takeover: no_takeover,
                        client_no_context_takeover: no_takeover,
                        server_max_window_bits: bits,
                        client_max_window_bits: bits,
                    };
                    let deflate = Deflate::default().level(level).memory_level(memory_level);
                    let [mut client, mut server] = pair(&deflate, parameters);
                    for _ in 0..2 {
                        client.send(START, &*text).expect("room");
                        let events = pass(&mut client, &mut server, 5000);
                        assert_eq!(messages(events), [Message::from(&*text)]);
                    }
                }
            }
        }
    }
}

/// A heartbeat that is a message isn't the application's, and isn't compressed.
#[test]
fn a_heartbeat_goes_as_it_is() {
    let heartbeat = wirebeat::Heartbeat::messages(secs(1), secs(1), "x".repeat(100), None);
    let config = Config { heartbeat: Some(heartbeat), ..Config::default() };
    let mut connection = deflated(Role::Server, &config, takeover());
    connection.handle_timeout(START + secs(1));
    connection.send(START + secs(1), json(1000)).expect("room");
    let sent = frames(&waiting(&mut connection));
    assert_eq!((sent[0].first, sent[1].first), (TEXT, TEXT | RSV1));
    assert_eq!(connection.buffered_amount(), 1000);
    write(&mut connection, START + secs(1), 102);
    assert_eq!(connection.buffered_amount(), 1000);
    write_all(&mut connection, START + secs(1));
    assert_eq!(connection.buffered_amount(), 0);
}

/// What is given back is the memory; what comes after is understood.
#[test]
fn the_compressor_may_be_given_back_between_messages() {
    let [mut client, mut server] = pair(&Deflate::default(), takeover());
    let text = json(1000);
    for _ in 0..3 {
        client.send(START, &*text).expect("room");
        client.release_compression();
        server.release_compression();
        assert_eq!(messages(pass(&mut client, &mut server, 99)), [Message::from(&*text)]);
    }
    // Not inside a message.
    client.send_fragment(START, Some(Kind::Text), &*text, false).expect("room");
    client.release_compression();
    client.send_fragment(START, None, &*text, true).expect("room");
    let whole = text.repeat(2);
    assert_eq!(messages(pass(&mut client, &mut server, 99)), [Message::from(&*whole)]);
}
