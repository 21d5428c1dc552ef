//! Invariant 3 of the design: what is held, and what is done, is bounded by what came.

use proptest::prelude::*;
use wirebeat_harness::frame::{Frame, Length};
use wirebeat_harness::rules::Rules;
use wirebeat_harness::split::Cuts;
use wirebeat_harness::strategies::{broken_stream, config, cuts, role, written};

use super::*;

const REGRESSIONS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/allocation_properties.txt");

/// Gives a stream to a connection, cut as wanted. Returns how many events came.
fn give(connection: &mut Connection, meter: &mut Meter, stream: &[u8], cuts: &Cuts) -> usize {
    let lens: Vec<usize> = cuts.0.iter().map(|cut| cut.len.max(1)).collect();
    let mut lens = lens.into_iter().cycle();
    let (mut at, mut events) = (0, 0);
    while at < stream.len() {
        let len = lens.next().unwrap_or(usize::MAX).min(stream.len() - at);
        let mut chunk = stream[at..at + len].to_vec();
        events += meter.receive(connection, &mut chunk);
        at += len;
    }
    events
}

/// Streams, right and wrong, and a frame whose length is declared and doesn't come.
fn stream() -> impl Strategy<Value = (Role, Vec<u8>)> {
    role().prop_flat_map(|role| {
        let declared = any::<u64>().prop_map(|number| number >> (number % 64));
        (broken_stream(role), declared).prop_map(move |(mut stream, declared)| {
            let last = Frame::new(role, 2, *b"a beginning");
            stream.extend(written(&[Frame { length: Length::Claimed(declared), ..last }]));
            (role, stream)
        })
    })
}

proptest! {
    #![proptest_config(config(256, REGRESSIONS))]

    /// Never more than twice the bytes that came and 8 KiB, whatever lengths are declared: the meter
    /// looks after each call.
    #[test]
    fn invariant_3_what_is_held_is_bounded_by_what_came(
        (role, stream) in stream(),
        cuts in cuts(),
        pieces in any::<bool>(),
    ) {
        let rules = Rules { pieces, message_len_max: u64::MAX, ..Rules::new(role) };
        let mut meter = Meter::default();
        let mut connection = meter.count(|| rules.connection());
        give(&mut connection, &mut meter, &stream, &cuts);
    }

    /// Nor more than twice the longest message and 8 KiB.
    #[test]
    fn invariant_3_what_is_held_is_bounded_by_the_limit(
        (role, stream) in stream(),
        cuts in cuts(),
        message_len_max in 0..2000_u64,
    ) {
        let rules = Rules { message_len_max, ..Rules::new(role) };
        let mut meter = Meter::default();
        let mut connection = meter.count(|| rules.connection());
        give(&mut connection, &mut meter, &stream, &cuts);
        let bound = 2 * i64::try_from(message_len_max).expect("small") + SLACK;
        prop_assert!(meter.held <= bound, "{} held", meter.held);
    }

    /// Work is linear in the bytes: no more events than bytes, and what is allocated and copied on
    /// the way is a few times what came, however it's cut. A buffer grows to twice what came and one
    /// chunk more, so that all the buffers of a message are less than six times its length.
    #[test]
    fn invariant_3_work_is_linear_in_the_bytes(
        (role, stream) in stream(),
        cuts in prop_oneof![cuts(), Just(Cuts::every(1))],
    ) {
        let rules = Rules { message_len_max: u64::MAX, ..Rules::new(role) };
        let mut meter = Meter::default();
        let mut connection = meter.count(|| rules.connection());
        let events = give(&mut connection, &mut meter, &stream, &cuts);
        prop_assert!(events <= stream.len(), "{events} events of {} bytes", stream.len());
        let bound = 6 * meter.received + SLACK;
        prop_assert!(meter.allocated <= bound, "{} of {}", meter.allocated, meter.received);
    }
}
