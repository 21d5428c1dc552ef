//! How many clients are served at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::support::Raw;

#[test]
fn no_more_are_served_at_once_and_all_in_the_end() {
    let (server, url) = server();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&now), Arc::clone(&most));
    let serving = server
        .connections_max(2)
        .start(move |pending| {
            let (now, most) = &counted;
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            echo(pending);
            now.fetch_sub(1, Ordering::SeqCst);
        })
        .unwrap();
    thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                let mut socket = connect(&url);
                assert_echoes(&mut socket);
                assert!(socket.close(None).unwrap().was_clean);
            });
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!(serving.shutdown().dropped, 0);
}

/// Whoever waits is served as soon as somebody else has gone.
#[test]
fn a_client_waits_until_there_is_room() {
    let (server, url) = server();
    let serving = server.connections_max(1).start(echo).unwrap();
    let mut first = connect(&url);
    assert_echoes(&mut first);
    let waiting = thread::spawn({
        let url = url.clone();
        move || {
            let mut socket = connect(&url);
            assert_echoes(&mut socket);
            socket.close(None).unwrap().was_clean
        }
    });
    assert_echoes(&mut first);
    assert!(first.close(None).unwrap().was_clean);
    assert!(waiting.join().unwrap());
    assert_eq!(serving.shutdown().dropped, 0);
}

#[test]
fn a_full_server_stops_and_drops_who_waits() {
    let (server, url) = server();
    let serving = server.connections_max(1).start(echo).unwrap();
    let mut first = connect(&url);
    assert_echoes(&mut first);
    let mut waiting = Raw::dial(&url);
    serving.stopper().stop();
    assert_eq!(first.recv(), None);
    assert_eq!(serving.wait().dropped, 0);
    // A reset or an end, as the system likes.
    assert!(waiting.read_to_end().unwrap_or_default().is_empty());
}

/// Those that ask for nothing take places, but not for ever.
#[test]
fn a_client_that_never_asks_gives_its_place_up_after_the_open_timeout() {
    let (server, url) = server();
    let config = wirebeat_std::Config {
        open_timeout: Some(Duration::from_millis(50)),
        ..support::patient()
    };
    let serving = server.connections_max(1).config(config).start(echo).unwrap();
    let silent = Raw::dial(&url);
    assert_echoes(&mut connect(&url));
    drop(silent);
    assert_eq!(serving.shutdown().dropped, 0);
}
