//! OkHttp's pong queue, websockets #312: pongs without bound.

use super::*;

const COUNT: u32 = 1_000_000;

#[test]
fn failure_t31_a_million_pings_leave_at_most_sixteen_pongs_and_the_newest_wins() {
    for role in ROLES {
        let mut connection = open(role, &Config::default());
        for number in 0..COUNT {
            let ping = from_peer_of(role, PING, &number.to_be_bytes());
            assert_eq!(receive(&mut connection, START, &ping).len(), 1);
        }
        let pongs = plain(&write_all(&mut connection, START));
        let expected: Vec<(u8, Vec<u8>)> = (0..15)
            .chain([COUNT - 1])
            .map(|number| (PONG, number.to_be_bytes().to_vec()))
            .collect();
        assert_eq!(pongs, expected);
    }
}

/// RFC 6455 §5.5.2; Autobahn 2.10 wants ten pings answered.
#[test]
fn failure_t31_sixteen_pings_are_all_answered() {
    for role in ROLES {
        let mut connection = open(role, &Config::default());
        for number in 0..16 {
            receive(&mut connection, START, &from_peer_of(role, PING, &[number]));
        }
        let pongs = plain(&write_all(&mut connection, START));
        assert!(pongs.into_iter().eq((0..16).map(|number| (PONG, vec![number]))));
    }
}

/// The longest pings there are, while a frame is stuck half-way, with the heartbeat's ping and
/// one pong in progress: what's begun is finished.
#[test]
fn failure_t31_the_flood_cuts_no_frame_in_progress() {
    for role in ROLES {
        for stuck in [0, 1, 60, 131, 150] {
            let mut connection = open(role, &Config::default());
            connection.handle_timeout(START + secs(20));
            receive(&mut connection, START, &from_peer_of(role, PING, &[0; 125]));
            connection.send(START, &[1; 125]).expect("room");
            let mut wire = write(&mut connection, START, stuck);
            for number in 1..=200 {
                receive(&mut connection, START, &from_peer_of(role, PING, &[number; 125]));
            }
            assert!(waiting(&mut connection).len() <= 18 * 131 + 10);
            wire.extend(write_all(&mut connection, START));
            let sent = plain(&wire);
            let pongs: Vec<u8> =
                sent.iter().filter(|frame| frame.0 == PONG).map(|frame| frame.1[0]).collect();
            assert_eq!(pongs.last(), Some(&200), "the newest wins");
            assert_eq!(pongs[0], 0, "what was first is answered");
            assert!(pongs.is_sorted() && (16..=17).contains(&pongs.len()), "{pongs:?}");
            assert_eq!(sent.iter().filter(|frame| frame.0 == PING).count(), 1);
            let data = sent.iter().filter(|frame| frame.0 == BINARY);
            assert!(data.map(|frame| &frame.1[..]).eq([&[1; 125][..]]));
        }
    }
}

#[test]
fn failure_t31_pongs_beside_what_was_taken_out_are_bounded_too() {
    for role in ROLES {
        let mut connection = open(role, &Config::default());
        connection.send(START, "x").expect("room");
        let outgoing = connection.take_transmit(3).expect("something waits");
        for _ in 0..1_000 {
            receive(&mut connection, START, &from_peer_of(role, PING, &[0; 125]));
        }
        drop(outgoing);
        connection.handle_written(START, 3);
        assert!(waiting(&mut connection).len() <= 16 * 131 + 10);
    }
}
