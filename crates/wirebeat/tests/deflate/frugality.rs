//! What compression costs a connection in memory: nothing that it doesn't need.

use super::*;
use allocation_counter::measure;
use wirebeat::handshake::Acceptance;

/// What `made` owns on the heap, and itself.
fn held<T>(make: impl FnOnce() -> T) -> (T, i64) {
    let mut made = None;
    let info = measure(|| made = Some(make()));
    (made.expect("it was made"), info.bytes_current)
}

/// How much more is held after `change`.
fn growth(change: impl FnOnce()) -> i64 {
    measure(change).bytes_current
}

/// A server that a client has opened a connection to, which offers to compress.
fn accepted(config: &Config) -> Connection {
    let offer = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";
    let mut request = [&REQUEST[..REQUEST.len() - 2], offer].concat();
    let mut server = new_server(config);
    let mut input = Input::new(&mut request);
    assert!(matches!(server.receive(START, &mut input), Some(Event::Request(_))));
    server.accept(START, &Acceptance::new()).expect("it waits");
    let written = waiting(&mut server).len();
    server.handle_written(START, written);
    server
}

#[test]
fn a_connection_that_agreed_to_compress_costs_at_most_64_bytes_more_until_it_does() {
    let without = Config::default();
    let with = Config { deflate: Some(Deflate::default()), ..Config::default() };
    let (server, plain) = held(|| accepted(&without));
    assert_eq!(server.deflate(), None);
    let (server, negotiated) = held(|| accepted(&with));
    assert!(server.deflate().is_some());
    assert!(negotiated - plain <= 64, "{negotiated} and {plain}");

    for role in ROLES {
        let deflate = Deflate::default();
        let (_, plain) = held(|| open(role, &without));
        let (_, negotiated) = held(|| deflated_with(role, &without, &deflate, takeover()));
        assert!(negotiated - plain <= 64, "{negotiated} and {plain}");
    }
    assert!(size_of::<Connection>() <= 512, "{}", size_of::<Connection>());
}

fn bits(bits: u8) -> DeflateParameters {
    let bits = WindowBits::new(bits).expect("in range");
    DeflateParameters {
        server_max_window_bits: bits,
        client_max_window_bits: bits,
        ..DeflateParameters::default()
    }
}

/// What a connection holds once messages have gone both ways, with contexts that are taken over.
fn with_both_contexts(deflate: &Deflate, parameters: DeflateParameters) -> (Connection, i64) {
    let text = json(20_000);
    let mut peer = deflated_with(Role::Client, &Config::default(), deflate, parameters);
    // What is shared is there before.
    drop(deflated_with(Role::Server, &Config::default(), deflate, parameters));
    let mut server = deflated_with(Role::Server, &Config::default(), deflate, parameters);
    peer.send(START, &*text).expect("room");
    let mut wire = write_all(&mut peer, START);
    let grown = growth(|| {
        let mut input = Input::new(&mut wire);
        assert!(server.receive(START, &mut input).is_some());
        server.send(START, &*text).expect("room");
        let written = waiting(&mut server).len();
        server.handle_written(START, written);
    });
    (server, grown)
}

/// The library itself takes 384 KiB for both at 15 bits and memory level 8, as its hash table has a
/// fixed size; zlib takes some 300.
#[test]
fn both_contexts_cost_what_the_library_needs_for_them() {
    let mut before = i64::MAX;
    for window_bits in [15, 12, 9] {
        let deflate = Deflate::default();
        let (mut server, grown) = with_both_contexts(&deflate, bits(window_bits));
        let (_, bare) = held(|| {
            (zlib_rs::Deflate::new(6, false, window_bits), zlib_rs::Inflate::new(false, 15))
        });
        println!("{window_bits} bits: {grown} bytes, of which the library's are {bare}");
        // The blocks that all connections share, the queue's buffers, and what keeps it together.
        let shared = 16 * 1024 + 320 + 64;
        assert!(grown <= bare + shared + 6 * 1024, "{grown} and {bare}");
        assert!(grown < before, "a smaller window costs less");
        before = grown;
        let released = growth(|| server.release_compression());
        assert!(released <= -128 * 1024, "{released}");
    }
    let lower = Deflate::default().memory_level(1);
    let (_, low) = with_both_contexts(&lower, bits(15));
    let (_, high) = with_both_contexts(&Deflate::default(), bits(15));
    assert!(low + 50 * 1024 < high, "{low} and {high}");
}

/// Without takeover all is the pool's: a connection that was busy and is idle holds 1 KiB at the most,
/// however many there are.
#[test]
fn without_takeover_an_idle_connection_costs_at_most_a_kilobyte() {
    const CONNECTIONS: usize = 100;
    let deflate = Deflate::default();
    let text = json(16 * 1024);
    let mut peer = deflated_with(Role::Client, &Config::default(), &deflate, no_takeover());
    peer.send(START, &*text).expect("room");
    let wire = write_all(&mut peer, START);
    let run = || {
        let mut server = deflated_with(Role::Server, &Config::default(), &deflate, no_takeover());
        let mut chunk = wire.clone();
        let mut input = Input::new(&mut chunk);
        assert!(server.receive(START, &mut input).is_some());
        server.send(START, &*text).expect("room");
        let written = waiting(&mut server).len();
        server.handle_written(START, written);
        // It's idle for the heartbeat's interval, and its ping goes out.
        server.handle_timeout(START + secs(20));
        let written = waiting(&mut server).len();
        server.handle_written(START + secs(20), written);
        server
    };
    // The first fills the pool.
    drop(run());
    let mut servers = Vec::with_capacity(CONNECTIONS);
    let grown = growth(|| servers.extend((0..CONNECTIONS).map(|_| run())));
    let each = usize::try_from(grown).expect("some") / CONNECTIONS + size_of::<Connection>();
    println!("{each} bytes each");
    assert!(each <= 1024, "{each}");
}

/// Nothing is made for what isn't compressed, and a decompressor isn't a compressor.
#[test]
fn nothing_is_made_before_it_is_needed() {
    let mut server = deflated(Role::Server, &Config::default(), takeover());
    let mut short = from_peer_of(Role::Server, TEXT, b"plain");
    let grown = growth(|| {
        let mut input = Input::new(&mut short);
        assert!(server.receive(START, &mut input).is_some());
        server.send(START, "short").expect("room");
        server.send_uncompressed(START, "not compressed").expect("room");
        let written = waiting(&mut server).len();
        server.handle_written(START, written);
    });
    assert!(grown < 512, "{grown}");
    let mut hello = from_peer_of(Role::Server, TEXT | RSV1, HELLO);
    let grown = growth(|| {
        let mut input = Input::new(&mut hello);
        assert!(server.receive(START, &mut input).is_some());
    });
    // Its window and tables, and the block that all share.
    assert!(grown < 64 * 1024, "{grown}");
}
