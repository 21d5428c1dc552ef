use core::fmt;
use core::time::Duration;

/// Something that goes wrong, and for how long.
///
/// Its text, as [`Script`](super::Script) reads and writes it, is what the examples show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// All transports of a host are reset: `reset alice`.
    Reset {
        /// Whose.
        host: String,
    },
    /// The direction away from a host ends, as if it had written all that it has, on all of its
    /// transports; the other goes on: `half-close alice`.
    HalfClose {
        /// Whose.
        host: String,
    },
    /// Nothing passes in one direction, and nobody is told: `silence alice -> server for 30s`.
    Silence {
        /// From these hosts.
        from: Hosts,
        /// To these.
        to: Hosts,
        /// For how long.
        time: Duration,
    },
    /// Nothing passes between these hosts and all others: `partition alice bob for 30s`.
    Partition {
        /// The hosts on the one side.
        hosts: Vec<String>,
        /// For how long.
        time: Duration,
    },
    /// All takes longer in one direction: `delay alice -> * by 500ms for 10s`.
    Delay {
        /// From these hosts.
        from: Hosts,
        /// To these.
        to: Hosts,
        /// By how much.
        by: Duration,
        /// For how long.
        time: Duration,
    },
    /// A bit of what is read is changed now and then: `corrupt alice -> server for 1s`.
    Corrupt {
        /// From these hosts.
        from: Hosts,
        /// To these.
        to: Hosts,
        /// For how long.
        time: Duration,
    },
    /// A process dies without a word, and is started again: `crash server for 5s`.
    Crash {
        /// Whose.
        host: String,
        /// After how long it starts again.
        time: Duration,
    },
    /// A process is asked to go, goes, and is started again: `restart server for 5s`.
    Restart {
        /// Whose.
        host: String,
        /// After how long it starts again; for the first half it may take its leave.
        time: Duration,
    },
    /// All hosts that others connect to are restarted, one after the other:
    /// `restart-fleet every 10s for 5s`.
    RestartFleet {
        /// How long after one the next follows.
        every: Duration,
        /// After how long each starts again.
        time: Duration,
    },
    /// A process stands still, as in a long collection of garbage: `pause alice for 3s`.
    Pause {
        /// Whose.
        host: String,
        /// For how long.
        time: Duration,
    },
    /// A machine sleeps, and notices when it wakes up: `suspend alice for 1h`.
    Suspend {
        /// Which.
        host: String,
        /// For how long.
        time: Duration,
    },
    /// A host's clock is put forward or back: `clock alice forward 1h`, `clock alice back 5m`.
    Clock {
        /// Whose.
        host: String,
        /// By how much.
        by: Duration,
        /// Whether forward.
        is_forward: bool,
    },
    /// A host has no network, and knows it: `offline alice for 10s`.
    Offline {
        /// Which.
        host: String,
        /// For how long.
        time: Duration,
    },
}

/// One host, or all: `alice`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// This one.
    One(String),
    /// All.
    All,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// [`Fault::Reset`].
    Reset,
    /// [`Fault::HalfClose`].
    HalfClose,
    /// [`Fault::Silence`].
    Silence,
    /// [`Fault::Partition`].
    Partition,
    /// [`Fault::Delay`].
    Delay,
    /// [`Fault::Corrupt`].
    Corrupt,
    /// [`Fault::Crash`].
    Crash,
    /// [`Fault::Restart`].
    Restart,
    /// [`Fault::RestartFleet`].
    RestartFleet,
    /// [`Fault::Pause`].
    Pause,
    /// [`Fault::Suspend`].
    Suspend,
    /// [`Fault::Clock`].
    Clock,
    /// [`Fault::Offline`].
    Offline,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 13] = [
        FaultKind::Reset,
        FaultKind::HalfClose,
        FaultKind::Silence,
        FaultKind::Partition,
        FaultKind::Delay,
        FaultKind::Corrupt,
        FaultKind::Crash,
        FaultKind::Restart,
        FaultKind::RestartFleet,
        FaultKind::Pause,
        FaultKind::Suspend,
        FaultKind::Clock,
        FaultKind::Offline,
    ];

    /// The word that a script has for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            FaultKind::Reset => "reset",
            FaultKind::HalfClose => "half-close",
            FaultKind::Silence => "silence",
            FaultKind::Partition => "partition",
            FaultKind::Delay => "delay",
            FaultKind::Corrupt => "corrupt",
            FaultKind::Crash => "crash",
            FaultKind::Restart => "restart",
            FaultKind::RestartFleet => "restart-fleet",
            FaultKind::Pause => "pause",
            FaultKind::Suspend => "suspend",
            FaultKind::Clock => "clock",
            FaultKind::Offline => "offline",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_word(word: &str) -> Option<FaultKind> {
        FaultKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Fault {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        match self {
            Fault::Reset { .. } => FaultKind::Reset,
            Fault::HalfClose { .. } => FaultKind::HalfClose,
            Fault::Silence { .. } => FaultKind::Silence,
            Fault::Partition { .. } => FaultKind::Partition,
            Fault::Delay { .. } => FaultKind::Delay,
            Fault::Corrupt { .. } => FaultKind::Corrupt,
            Fault::Crash { .. } => FaultKind::Crash,
            Fault::Restart { .. } => FaultKind::Restart,
            Fault::RestartFleet { .. } => FaultKind::RestartFleet,
            Fault::Pause { .. } => FaultKind::Pause,
            Fault::Suspend { .. } => FaultKind::Suspend,
            Fault::Clock { .. } => FaultKind::Clock,
            Fault::Offline { .. } => FaultKind::Offline,
        }
    }

    /// How long it lasts; `None` if it's over at once.
    #[must_use]
    pub const fn time(&self) -> Option<Duration> {
        match self {
            Fault::Reset { .. } | Fault::HalfClose { .. } | Fault::Clock { .. } => None,
            Fault::Silence { time, .. }
            | Fault::Partition { time, .. }
            | Fault::Delay { time, .. }
            | Fault::Corrupt { time, .. }
            | Fault::Crash { time, .. }
            | Fault::Restart { time, .. }
            | Fault::RestartFleet { time, .. }
            | Fault::Pause { time, .. }
            | Fault::Suspend { time, .. }
            | Fault::Offline { time, .. } => Some(*time),
        }
    }

    /// The same for another time, if it lasts.
    #[must_use]
    pub(crate) fn with_time(&self, shorter: Duration) -> Fault {
        let mut fault = self.clone();
        match &mut fault {
            Fault::Reset { .. } | Fault::HalfClose { .. } => {}
            Fault::Clock { by, .. } => *by = shorter,
            Fault::Silence { time, .. }
            | Fault::Partition { time, .. }
            | Fault::Delay { time, .. }
            | Fault::Corrupt { time, .. }
            | Fault::Crash { time, .. }
            | Fault::Restart { time, .. }
            | Fault::RestartFleet { time, .. }
            | Fault::Pause { time, .. }
            | Fault::Suspend { time, .. }
            | Fault::Offline { time, .. } => *time = shorter,
        }
        fault
    }

    /// The hosts that it names.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Fault::Reset { host }
            | Fault::HalfClose { host }
            | Fault::Crash { host, .. }
            | Fault::Restart { host, .. }
            | Fault::Pause { host, .. }
            | Fault::Suspend { host, .. }
            | Fault::Clock { host, .. }
            | Fault::Offline { host, .. } => vec![host],
            Fault::Silence { from, to, .. }
            | Fault::Delay { from, to, .. }
            | Fault::Corrupt { from, to, .. } => {
                [from, to].into_iter().filter_map(Hosts::name).collect()
            }
            Fault::Partition { hosts, .. } => hosts.iter().map(String::as_str).collect(),
            Fault::RestartFleet { .. } => Vec::new(),
        }
    }
}

impl Hosts {
    fn name(&self) -> Option<&str> {
        match self {
            Hosts::One(name) => Some(name),
            Hosts::All => None,
        }
    }
}

/// A length of time as scripts have it: `1h`, `2m 30s` without the space, `250ms`.
pub(crate) fn short(time: Duration) -> String {
    humantime::format_duration(time).to_string().replace(' ', "")
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind().word())?;
        match self {
            Fault::Reset { host } | Fault::HalfClose { host } => write!(f, " {host}"),
            Fault::Silence { from, to, time } | Fault::Corrupt { from, to, time } => {
                write!(f, " {from} -> {to} for {}", short(*time))
            }
            Fault::Partition { hosts, time } => {
                write!(f, " {} for {}", hosts.join(" "), short(*time))
            }
            Fault::Delay { from, to, by, time } => {
                write!(f, " {from} -> {to} by {} for {}", short(*by), short(*time))
            }
            Fault::Crash { host, time }
            | Fault::Restart { host, time }
            | Fault::Pause { host, time }
            | Fault::Suspend { host, time }
            | Fault::Offline { host, time } => write!(f, " {host} for {}", short(*time)),
            Fault::RestartFleet { every, time } => {
                write!(f, " every {} for {}", short(*every), short(*time))
            }
            Fault::Clock { host, by, is_forward } => {
                let way = if *is_forward { "forward" } else { "back" };
                write!(f, " {host} {way} {}", short(*by))
            }
        }
    }
}

impl fmt::Display for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("*"))
    }
}
