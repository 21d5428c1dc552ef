use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

/// How long an attempt to reach one of a host's addresses is waited for before the next begins beside
/// it: what [RFC 8305 §8] recommends.
///
/// [RFC 8305 §8]: https://www.rfc-editor.org/rfc/rfc8305#section-8
pub const ADDRESS_DELAY: Duration = Duration::from_millis(250);

/// The order in which a driver tries a host's addresses.
///
/// The families of addresses take turns, from the resolver's first on, so that a family that doesn't
/// work here costs one [`ADDRESS_DELAY`] ([RFC 8305 §4]).
///
/// [RFC 8305 §4]: https://www.rfc-editor.org/rfc/rfc8305#section-4
#[must_use]
pub fn dial_order(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (ours, others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_ipv6);
    let (mut ours, mut others) = (ours.into_iter(), others.into_iter());
    let mut turns = VecDeque::new();
    loop {
        match (ours.next(), others.next()) {
            (None, None) => return turns,
            (one, other) => turns.extend(one.into_iter().chain(other)),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use core::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn v4(port: u16) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, port).into()
    }

    fn v6(port: u16) -> SocketAddr {
        (Ipv6Addr::LOCALHOST, port).into()
    }

    #[test]
    fn families_take_turns_from_the_resolvers_first_on() {
        let mixed = vec![v6(1), v6(2), v6(3), v4(4), v4(5)];
        assert_eq!(dial_order(mixed), [v6(1), v4(4), v6(2), v4(5), v6(3)]);
        let mixed = vec![v4(1), v6(2), v6(3)];
        assert_eq!(dial_order(mixed), [v4(1), v6(2), v6(3)]);
        assert_eq!(dial_order(vec![v4(1), v4(2)]), [v4(1), v4(2)]);
        assert_eq!(dial_order(Vec::new()), []);
    }
}
