use super::*;

/// Tomcat CVE-2024-23672, CVE-2021-42340: state that's kept by connections that end badly. Every way
/// to end frees everything, and what is closed holds next to nothing before it's dropped.
#[test]
fn failure_t33_nothing_is_left_of_a_connection_that_ended() {
    type End = fn(&mut Connection, Role);
    let ends: [End; 6] = [
        |_, _| {},
        |connection, _| connection.handle_lost(START),
        |connection, _| connection.handle_eof(START),
        |connection, _| connection.close(START, None).expect("no code"),
        |connection, role| drop(receive(connection, START, &peer_close(role, 1000))),
        |connection, role| drop(receive(connection, START, &from_peer_of(role, 0x83, b""))),
    ];
    for role in ROLES {
        for end in ends {
            let run = || {
                let mut connection = open(role, &Config::default());
                let half = &message(role, TEXT, 100_000)[..60_000];
                receive(&mut connection, START, half);
                connection.send(START, vec![0; 50_000]).expect("room");
                connection.send(START, "small").expect("room");
                receive(&mut connection, START, &[]);
                end(&mut connection, role);
                connection.handle_timeout(START + secs(30));
                drop(poll(&mut connection));
                connection
            };
            // The first run fills whatever the test's own machinery keeps.
            drop(run());
            let info = measure(|| drop(run()));
            assert_eq!((info.count_current, info.bytes_current), (0, 0));
        }
        let (mut connection, mut meter) = metered(role, &Config::default());
        meter.receive(&mut connection, &mut message(role, TEXT, 100_000)[..60_000]);
        meter.count(|| connection.send(START, vec![0; 50_000]).expect("room"));
        meter.count(|| connection.handle_lost(START));
        meter.count(|| while connection.poll_event().is_some() {});
        assert!(meter.held <= 256, "{} after the end", meter.held);
    }
}
