use core::time::Duration;

use super::kind::{Fault, FaultKind, Hosts};
use super::script::{Event, Script};
use crate::rng::Rng;

/// The kinds of faults that a random script may have.
///
/// ```
/// use wirebeat_sim::{FaultKind, FaultKinds};
///
/// assert!(!FaultKinds::usual().has(FaultKind::Corrupt));
/// let few = FaultKinds::of([FaultKind::Crash, FaultKind::Reset]);
/// assert!(few.has(FaultKind::Reset) && !few.has(FaultKind::Clock));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultKinds(pub(super) Vec<FaultKind>);

impl FaultKinds {
    /// All but corruption: TCP and TLS keep that away from WebSockets.
    #[must_use]
    pub fn usual() -> FaultKinds {
        FaultKinds::of(FaultKind::ALL.into_iter().filter(|kind| *kind != FaultKind::Corrupt))
    }

    /// These.
    #[must_use]
    pub fn of(kinds: impl IntoIterator<Item = FaultKind>) -> FaultKinds {
        let mut kinds: Vec<FaultKind> = kinds.into_iter().collect();
        kinds.sort_unstable();
        kinds.dedup();
        FaultKinds(kinds)
    }

    /// None.
    #[must_use]
    pub const fn none() -> FaultKinds {
        FaultKinds(Vec::new())
    }

    /// Whether it's one of them.
    #[must_use]
    pub fn has(&self, kind: FaultKind) -> bool {
        self.0.contains(&kind)
    }
}

/// Random scripts for a simulation's hosts.
///
/// Each seed switches on a random part of the kinds, so that rare combinations come up, and none
/// hides the others (swarm testing).
#[derive(Clone, Debug)]
pub struct Swarm<'s> {
    /// The kinds that there may be.
    pub kinds: &'s FaultKinds,
    /// The hosts that others connect to: these crash and are restarted.
    pub servers: &'s [String],
    /// The other hosts: these are suspended, and have clocks that jump.
    pub clients: &'s [String],
    /// All faults are over after this long.
    pub time: Duration,
    /// How many faults there are at most.
    pub faults_max: usize,
}

impl Swarm<'_> {
    /// Draws a script.
    pub fn draw(&self, rng: &mut Rng) -> Script {
        let mut kinds: Vec<FaultKind> =
            self.kinds.0.iter().copied().filter(|_| rng.chance(40)).collect();
        if kinds.is_empty() {
            kinds.extend(rng.pick(&self.kinds.0));
        }
        let count = match kinds.is_empty() {
            true => 0,
            false => log_between(rng, 1, self.faults_max as u64),
        };
        let events = (0..count).filter_map(|_| {
            let kind = *rng.pick(&kinds)?;
            let at = whole(rng.time_between(Duration::ZERO, self.time), 1_000_000);
            let left = self.time.saturating_sub(at);
            Some(Event { at, fault: self.fault(kind, left, rng)? })
        });
        Script::new(events)
    }

    fn fault(&self, kind: FaultKind, left: Duration, rng: &mut Rng) -> Option<Fault> {
        let millis = |rng: &mut Rng, low, high| Duration::from_millis(log_between(rng, low, high));
        let time = millis(rng, 10, 120_000).min(left);
        Some(match kind {
            FaultKind::Reset => Fault::Reset { host: self.any(rng)? },
            FaultKind::HalfClose => Fault::HalfClose { host: self.any(rng)? },
            FaultKind::Silence => {
                let (from, to) = self.way(rng)?;
                Fault::Silence { from, to, time }
            }
            FaultKind::Partition => {
                let mut hosts = vec![self.any(rng)?];
                hosts.extend(self.any(rng).filter(|host| rng.chance(30) && *host != hosts[0]));
                Fault::Partition { hosts, time }
            }
            FaultKind::Delay => {
                let (from, to) = self.way(rng)?;
                Fault::Delay { from, to, by: millis(rng, 10, 10_000), time }
            }
            FaultKind::Corrupt => {
                let (from, to) = self.way(rng)?;
                Fault::Corrupt { from, to, time }
            }
            FaultKind::Crash => Fault::Crash { host: rng.pick(self.servers)?.clone(), time },
            FaultKind::Restart => Fault::Restart { host: rng.pick(self.servers)?.clone(), time },
            FaultKind::RestartFleet => {
                let each = u32::try_from(self.servers.len() + 1).unwrap_or(u32::MAX);
                Fault::RestartFleet {
                    every: whole(time / each, 1_000_000),
                    time: whole(time / each, 1_000_000),
                }
            }
            FaultKind::Pause => Fault::Pause { host: self.any(rng)?, time },
            FaultKind::Suspend => Fault::Suspend { host: rng.pick(self.clients)?.clone(), time },
            FaultKind::Clock => Fault::Clock {
                host: rng.pick(self.clients)?.clone(),
                by: millis(rng, 1, 3_600_000),
                is_forward: rng.chance(50),
            },
            FaultKind::Offline => Fault::Offline { host: rng.pick(self.clients)?.clone(), time },
        })
    }

    fn any(&self, rng: &mut Rng) -> Option<String> {
        let side = if rng.chance(50) { self.servers } else { self.clients };
        rng.pick(side).or(self.servers.first()).or(self.clients.first()).cloned()
    }

    fn way(&self, rng: &mut Rng) -> Option<(Hosts, Hosts)> {
        let one = Hosts::One(self.any(rng)?);
        Some(if rng.chance(50) { (one, Hosts::All) } else { (Hosts::All, one) })
    }
}

/// A number of which each power of two is as likely as any other.
fn log_between(rng: &mut Rng, low: u64, high: u64) -> u64 {
    let bits = |number: u64| u64::from(64 - number.max(1).leading_zeros());
    let bound = 1u64.checked_shl(u32::try_from(rng.between(bits(low), bits(high))).unwrap_or(0));
    rng.between(low, bound.unwrap_or(u64::MAX).clamp(low, high.max(low)))
}

/// A time in whole steps of so many nanoseconds, so that scripts are short.
fn whole(time: Duration, step: u32) -> Duration {
    time.saturating_sub(Duration::from_nanos(u64::from(time.subsec_nanos() % step)))
}
