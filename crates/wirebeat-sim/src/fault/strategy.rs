use core::ops::Range;
use core::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;

use super::kind::{Fault, FaultKind, Hosts};
use super::random::Swarm;
use super::script::{Event, Script};

impl Swarm<'_> {
    /// Scripts as [`draw`](Swarm::draw) draws them, for [proptest](https://docs.rs/proptest), which
    /// shrinks them together with all else that a case has: to fewer faults, that come sooner, and
    /// are over sooner.
    ///
    /// ```
    /// use core::time::Duration;
    /// use proptest::prelude::*;
    /// use wirebeat_sim::{Client, Echo, FaultKinds, Link, Server, Sim, Swarm, Talk};
    ///
    /// let minute = Duration::from_secs(60);
    /// let (servers, clients) = (["server".to_owned()], ["alice".to_owned()]);
    /// let swarm = Swarm {
    ///     kinds: &FaultKinds::usual(),
    ///     servers: &servers,
    ///     clients: &clients,
    ///     time: minute,
    ///     faults_max: 8,
    /// };
    /// proptest!(|(seed: u64, link: Link, script in swarm.strategy())| {
    ///     let mut sim = Sim::new(seed);
    ///     let server = sim.add_host("server", Link::ideal(), Server::new(Echo));
    ///     let talk = Talk::every(Duration::from_secs(1));
    ///     sim.add_host("alice", link, Client::new([server], talk));
    ///     sim.set_script(script)?;
    ///     prop_assert!(sim.run_for(2 * minute), "{:?}", sim.violation());
    /// });
    /// ```
    ///
    /// `PROPTEST_CASES` sets how many cases there are; 256 by default.
    pub fn strategy(&self) -> BoxedStrategy<Script> {
        let kinds: Vec<BoxedStrategy<Fault>> =
            self.kinds.0.iter().filter_map(|kind| self.fault_strategy(*kind)).collect();
        if kinds.is_empty() {
            return Just(Script::default()).boxed();
        }
        let (time, fleet_len, faults_max) = (self.time, self.servers.len(), self.faults_max);
        let ats = 0..u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        subsequence(kinds.clone(), 1..=kinds.len())
            .prop_flat_map(move |kinds| {
                let at = ats.clone().prop_map(Duration::from_millis);
                vec((at, Union::new(kinds)), 0..=faults_max)
            })
            .prop_map(move |faults| {
                Script::new(faults.into_iter().map(|(at, fault)| {
                    let fault = fit(fault, time.saturating_sub(at), fleet_len);
                    Event { at, fault }
                }))
            })
            .boxed()
    }

    /// Faults of one kind; `None` if there are no hosts for it.
    fn fault_strategy(&self, kind: FaultKind) -> Option<BoxedStrategy<Fault>> {
        let all = [self.servers, self.clients].concat();
        let time = || millis(10..120_000);
        Some(match kind {
            FaultKind::Reset => host(&all)?.prop_map(|host| Fault::Reset { host }).boxed(),
            FaultKind::HalfClose => host(&all)?.prop_map(|host| Fault::HalfClose { host }).boxed(),
            FaultKind::Silence => (way(&all)?, time())
                .prop_map(|((from, to), time)| Fault::Silence { from, to, time })
                .boxed(),
            FaultKind::Partition if all.is_empty() => return None,
            FaultKind::Partition => (subsequence(all.clone(), 1..=all.len().min(2)), time())
                .prop_map(|(hosts, time)| Fault::Partition { hosts, time })
                .boxed(),
            FaultKind::Delay => (way(&all)?, millis(10..10_000), time())
                .prop_map(|((from, to), by, time)| Fault::Delay { from, to, by, time })
                .boxed(),
            FaultKind::Corrupt => (way(&all)?, time())
                .prop_map(|((from, to), time)| Fault::Corrupt { from, to, time })
                .boxed(),
            FaultKind::Crash => (host(self.servers)?, time())
                .prop_map(|(host, time)| Fault::Crash { host, time })
                .boxed(),
            FaultKind::Restart => (host(self.servers)?, time())
                .prop_map(|(host, time)| Fault::Restart { host, time })
                .boxed(),
            FaultKind::RestartFleet if self.servers.is_empty() => return None,
            FaultKind::RestartFleet => {
                time().prop_map(|time| Fault::RestartFleet { every: time, time }).boxed()
            }
            FaultKind::Pause => {
                (host(&all)?, time()).prop_map(|(host, time)| Fault::Pause { host, time }).boxed()
            }
            FaultKind::Suspend => (host(self.clients)?, time())
                .prop_map(|(host, time)| Fault::Suspend { host, time })
                .boxed(),
            FaultKind::Clock => (host(self.clients)?, millis(1..3_600_000), any::<bool>())
                .prop_map(|(host, by, is_forward)| Fault::Clock { host, by, is_forward })
                .boxed(),
            FaultKind::Offline => (host(self.clients)?, time())
                .prop_map(|(host, time)| Fault::Offline { host, time })
                .boxed(),
        })
    }
}

/// The fault, over before so much time has passed.
fn fit(fault: Fault, left: Duration, fleet_len: usize) -> Fault {
    match fault {
        // One after the other, and the last is away for a while.
        Fault::RestartFleet { time, .. } => {
            let each = u32::try_from(fleet_len + 1).unwrap_or(u32::MAX);
            let time = time.min(left / each);
            Fault::RestartFleet { every: time, time }
        }
        fault => match fault.time() {
            Some(time) => fault.with_time(time.min(left)),
            None => fault,
        },
    }
}

fn host(hosts: &[String]) -> Option<impl Strategy<Value = String> + use<>> {
    if hosts.is_empty() { None } else { Some(select(hosts.to_vec())) }
}

/// Away from a host, or towards it.
fn way(hosts: &[String]) -> Option<impl Strategy<Value = (Hosts, Hosts)> + use<>> {
    let ways = (host(hosts)?.prop_map(Hosts::One), any::<bool>());
    Some(ways.prop_map(
        |(one, is_away)| {
            if is_away { (one, Hosts::All) } else { (Hosts::All, one) }
        },
    ))
}

fn millis(range: Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}
