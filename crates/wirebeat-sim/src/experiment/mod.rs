//! Many runs of one setup, each with a seed and faults of its own; what fails is shrunk.
//!
//! | file | subject |
//! |---|---|
//! | `course` | the course of one run: faults, recovery, end |
//! | `failure` | what a run that failed tells |
//! | `shrink` | to the smallest script that still fails |

mod course;
mod failure;
mod shrink;

use core::fmt;
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::catch_unwind;

pub use failure::Failure;

use crate::fault::{FaultKinds, Script, Swarm};
use crate::rng::Rng;
use crate::sim::Sim;
use shrink::shrink;

/// The stream of a seed's numbers that its faults are drawn from.
const FAULTS: u64 = u64::MAX - 1;

/// A setup of hosts that is run with many seeds, each with faults of its own.
///
/// A run has three parts. While faults come and go, everything is held to what must never be. When
/// the last one is over, every host must be well again within its
/// [`recovery`](crate::Host::recovery). Then all of them come to an end
/// ([`Signal::Finish`](crate::Signal::Finish)), and give their
/// [`verdict`](crate::Host::verdict).
///
/// ```
/// use core::time::Duration;
/// use wirebeat_sim::{Client, Echo, Experiment, Link, Server, Sim, Talk};
///
/// let experiment = Experiment::new(|sim: &mut Sim| {
///     let server = sim.add_host("server", Link::default(), Server::new(Echo));
///     for name in ["alice", "bob"] {
///         let client = Client::new([server], Talk::every(Duration::from_secs(2)));
///         sim.add_host(name, Link::default(), client);
///     }
/// })
/// .time(Duration::from_secs(300));
/// experiment.check(0..5);
/// ```
pub struct Experiment {
    setup: Box<dyn Fn(&mut Sim)>,
    time: Duration,
    kinds: FaultKinds,
    faults_max: usize,
}

impl Experiment {
    /// A setup that is run for ten minutes, with all usual faults.
    ///
    /// It must do the same whenever it's called with the same seed.
    #[must_use]
    pub fn new(setup: impl Fn(&mut Sim) + 'static) -> Experiment {
        Experiment {
            setup: Box::new(setup),
            time: Duration::from_secs(600),
            kinds: FaultKinds::usual(),
            faults_max: 32,
        }
    }

    /// Sets for how long faults may come.
    #[must_use]
    pub fn time(self, time: Duration) -> Experiment {
        Experiment { time, ..self }
    }

    /// Sets which faults there may be.
    #[must_use]
    pub fn faults(self, kinds: FaultKinds) -> Experiment {
        Experiment { kinds, ..self }
    }

    /// Sets how many faults a run has at most; 32.
    #[must_use]
    pub fn faults_max(self, faults_max: usize) -> Experiment {
        Experiment { faults_max, ..self }
    }

    /// The faults that belong to a seed.
    #[must_use]
    pub fn script(&self, seed: u64) -> Script {
        let sim = self.set_up(seed);
        let names = |listens: bool| -> Vec<String> {
            let hosts = sim.world.hosts.iter().filter(|machine| machine.listens == listens);
            hosts.map(|machine| machine.name.clone()).collect()
        };
        let swarm = Swarm {
            kinds: &self.kinds,
            servers: &names(true),
            clients: &names(false),
            time: self.time,
            faults_max: self.faults_max,
        };
        swarm.draw(&mut Rng::new(seed, FAULTS))
    }

    /// Runs a seed, with the faults that belong to it.
    ///
    /// # Errors
    ///
    /// What went wrong, with the smallest script for which it still does.
    pub fn run(&self, seed: u64) -> Result<Sim, Box<Failure>> {
        self.run_script(seed, &self.script(seed))
    }

    /// Runs a seed with other faults. The same seed and script give the same run, to the byte.
    ///
    /// # Errors
    ///
    /// As for [`run`](Experiment::run).
    pub fn run_script(&self, seed: u64, script: &Script) -> Result<Sim, Box<Failure>> {
        match self.once(seed, script, false) {
            Ok(sim) => Ok(sim),
            Err(failure) => {
                let minimal = shrink(script, |smaller| {
                    let again = self.once(seed, smaller, false).err();
                    again.is_some_and(|again| again.violation.rule == failure.violation.rule)
                });
                // Once more, with all that happened.
                match self.once(seed, &minimal, true) {
                    Err(mut smallest) => {
                        smallest.original = script.clone();
                        Err(smallest)
                    }
                    Ok(_) => Err(failure),
                }
            }
        }
    }

    /// Runs seeds, one after the other.
    ///
    /// # Panics
    ///
    /// If one fails, with all that [`Failure`] tells.
    #[allow(clippy::panic, reason = "a test says so what went wrong")]
    pub fn check(&self, seeds: impl IntoIterator<Item = u64>) {
        for seed in seeds {
            if let Err(failure) = self.run(seed) {
                panic!("{failure}");
            }
        }
    }

    fn set_up(&self, seed: u64) -> Sim {
        let mut sim = Sim::new(seed);
        (self.setup)(&mut sim);
        // All hosts that start at once do so.
        sim.run_for(Duration::ZERO);
        sim
    }

    fn once(&self, seed: u64, script: &Script, keep: bool) -> Result<Sim, Box<Failure>> {
        let run = || {
            let mut sim = Sim::new(seed);
            if keep {
                sim.keep_trace();
            }
            (self.setup)(&mut sim);
            sim.run_for(Duration::ZERO);
            match sim.set_script(script.clone()) {
                Ok(()) => sim.take_course(self.time),
                Err(error) => sim.fail_script(&error),
            }
            sim
        };
        let sim = catch_unwind(AssertUnwindSafe(run))
            .map_err(|panic| Box::new(Failure::of_panic(seed, script, &*panic)))?;
        match Failure::of(&sim, script) {
            Some(failure) => Err(Box::new(failure)),
            None => Ok(sim),
        }
    }
}

impl fmt::Debug for Experiment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Experiment")
            .field("time", &self.time)
            .field("kinds", &self.kinds)
            .field("faults_max", &self.faults_max)
            .finish_non_exhaustive()
    }
}
