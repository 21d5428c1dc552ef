use super::*;

/// ws-rs CVE-2020-35896: a peer that reads nothing, and an application that sends on.
#[test]
fn failure_t30_a_full_send_queue_holds_no_more_than_twice_its_limit() {
    for role in ROLES {
        for len in [0, 4, 100, 5_000] {
            let (mut connection, mut meter) = metered(role, &quiet());
            let payload = vec![0; len];
            for _ in 0..1_000_000 {
                let sent = meter.count(|| connection.send(START, &payload).map_err(|e| e.reason));
                if sent == Err(SendErrorReason::Full) {
                    break;
                }
            }
            let limit = i64::try_from(Config::default().send_queue_len_max).expect("1 MiB");
            assert!(meter.held <= 2 * limit + SLACK, "{} for {len}", meter.held);
            assert!(connection.send(START, &payload).is_err(), "it's full");
            let written = waiting(&mut connection).len();
            meter.count(|| connection.handle_written(START, written));
            // What is kept for the next burst, until the connection has been idle for an interval.
            assert!(meter.held <= 128 * 1024, "{} when all was written", meter.held);
        }
    }
}

/// OkHttp's pong queue: a flood of the longest pings there are.
#[test]
fn failure_t31_a_ping_flood_holds_sixteen_pongs_and_no_more() {
    for role in ROLES {
        let (mut connection, mut meter) = metered(role, &quiet());
        let baseline = meter.held;
        let ping = from_peer_of(role, PING, &[9; 125]);
        let mut chunk = ping.clone();
        for _ in 0..100_000 {
            chunk.copy_from_slice(&ping);
            assert_eq!(meter.receive(&mut connection, &mut chunk), 1);
            assert!(meter.held - baseline <= 2 * 17 * 131, "{}", meter.held);
        }
    }
}
