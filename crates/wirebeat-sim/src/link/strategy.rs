//! Lines for proptest, which become ideal as they shrink.

use core::time::Duration;

use proptest::prelude::*;

use super::{Latency, Link};

/// Any latency up to two seconds, fixed or not. It shrinks to none.
impl Arbitrary for Latency {
    type Parameters = ();
    type Strategy = BoxedStrategy<Latency>;

    fn arbitrary_with((): ()) -> BoxedStrategy<Latency> {
        let width = prop_oneof![Just(0), 0..=1_500u64].prop_map(Duration::from_millis);
        let low = (0..=300u64).prop_map(Duration::from_millis);
        (width, low).prop_map(|(width, low)| Latency::between(low, low + width)).boxed()
    }
}

/// Any line: some are fast, some are slow, some cut everything into single bytes. It shrinks to
/// [`Link::ideal`].
///
/// ```
/// use proptest::prelude::*;
/// use wirebeat_sim::Link;
///
/// proptest!(|(link: Link)| prop_assert!(link.buffer_len > 0));
/// ```
impl Arbitrary for Link {
    type Parameters = ();
    type Strategy = BoxedStrategy<Link>;

    fn arbitrary_with((): ()) -> BoxedStrategy<Link> {
        let bandwidth = prop_oneof![2 => Just(None), 1 => (8_000..2_000_000u64).prop_map(Some)];
        let coalescing = prop_oneof![2 => Just(0), 1 => 0..=40u64].prop_map(Duration::from_millis);
        (any::<Latency>(), bandwidth, lens(), lens(), coalescing, any::<bool>())
            .prop_map(|(latency, bandwidth, read_len, write_len, coalescing, is_small)| {
                // A small window over a long way is a line on which no handshake comes to an end
                // in time.
                let is_small = is_small && latency.max() <= Duration::from_millis(30);
                let buffer_len = if is_small { 256 } else { 64 * 1024 };
                Link { latency, bandwidth, read_len, write_len, coalescing, buffer_len }
            })
            .boxed()
    }
}

/// How many bytes go at once, at least and at most.
fn lens() -> impl Strategy<Value = (usize, usize)> {
    prop_oneof![
        Just((usize::MAX, usize::MAX)),
        Just((1, 64 * 1024)),
        Just((1, 200)),
        Just((1, 7)),
        Just((1, 1)),
    ]
}
