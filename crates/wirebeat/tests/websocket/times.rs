use core::time::Duration;

use wirebeat::session::SessionConfig;
use wirebeat::{Config, Reason, Timestamp};

use crate::rig::{Rig, close};

fn at(secs: u64) -> Timestamp {
    Timestamp::ZERO + Duration::from_secs(secs)
}

#[test]
fn the_browsers_times() {
    let config = Config::browser();
    assert!(config.heartbeat.is_none());
    assert_eq!(config.open_timeout, Some(Duration::from_secs(80)));
    assert_eq!(config.close_timeout, Duration::from_secs(60));
    assert_eq!(config.send_queue_len_max, 64 * 1024 * 1024);
    let config = SessionConfig::browser();
    assert!(config.reconnect.is_none() && config.outbox_messages_max == 0);
}

#[test]
fn a_server_that_does_not_answer_is_given_up_after_80_seconds() {
    for is_dialed in [false, true] {
        let mut rig = Rig::plain();
        if is_dialed {
            rig.transmit();
        }
        rig.time_out();
        assert_eq!(rig.now, at(80));
        assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
        assert_eq!(rig.socket.closed().unwrap().closed.cause.reason, Reason::OpenTimeout);
        assert_eq!(rig.socket.poll_timeout(), None);
    }
}

#[test]
fn an_open_connection_waits_for_ever() {
    let rig = Rig::open();
    assert_eq!(rig.socket.poll_timeout(), None);
}

#[test]
fn a_close_that_is_not_answered_fails_after_60_seconds() {
    let mut rig = Rig::open();
    rig.socket.close(rig.now, None).unwrap();
    rig.transmit();
    rig.time_out();
    assert_eq!(rig.now, at(60));
    assert_eq!(rig.events(), ["error 3", "close 3 1006 \"\" not clean"]);
}

/// RFC 6455 §7.1.1: the client waits for the server to close the transport, but not for ever.
#[test]
fn a_server_that_keeps_the_transport_was_clean_all_the_same() {
    let mut rig = Rig::open();
    rig.socket.close(rig.now, Some((1000, ""))).unwrap();
    rig.transmit();
    rig.receive(&close(1000, "kept"));
    assert_eq!(rig.events(), [""; 0]);
    rig.time_out();
    assert_eq!(rig.events(), ["close 3 1000 \"kept\" clean"]);
}
