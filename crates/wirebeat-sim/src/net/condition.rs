use core::time::Duration;

use wirebeat::Timestamp;

use crate::host::HostId;

/// Some of the hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// All of them.
    Everybody,
    /// These.
    These(Vec<HostId>),
    /// All but these.
    Others(Vec<HostId>),
}

impl Who {
    pub(crate) fn has(&self, host: HostId) -> bool {
        match self {
            Who::Everybody => true,
            Who::These(hosts) => hosts.contains(&host),
            Who::Others(hosts) => !hosts.contains(&host),
        }
    }
}

/// What is wrong with one direction of the network, for some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing passes. It's sent again when the trouble is over.
    Silence,
    /// All takes longer.
    Delay(Duration),
    /// Single bits are changed.
    Corruption,
}

/// All that is wrong with the network at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition(Vec<Active>);

#[derive(Clone, Debug)]
struct Active {
    from: Who,
    to: Who,
    until: Timestamp,
    trouble: Trouble,
}

impl Condition {
    pub(crate) fn add(&mut self, from: Who, to: Who, until: Timestamp, trouble: Trouble) {
        self.0.push(Active { from, to, until, trouble });
    }

    /// Forgets what is over.
    pub(crate) fn heal(&mut self, now: Timestamp) {
        self.0.retain(|active| active.until > now);
    }

    fn on_the_way(
        &self,
        now: Timestamp,
        from: HostId,
        to: HostId,
    ) -> impl Iterator<Item = &Active> {
        self.0
            .iter()
            .filter(move |active| active.until > now && active.from.has(from) && active.to.has(to))
    }

    /// Until when nothing passes; `None` if it does.
    pub(crate) fn silent_until(
        &self,
        now: Timestamp,
        from: HostId,
        to: HostId,
    ) -> Option<Timestamp> {
        if self.0.is_empty() {
            return None;
        }
        self.on_the_way(now, from, to)
            .filter(|active| active.trouble == Trouble::Silence)
            .map(|active| active.until)
            .max()
    }

    /// How much longer it takes.
    pub(crate) fn delay(&self, now: Timestamp, from: HostId, to: HostId) -> Duration {
        let delays = self.on_the_way(now, from, to).map(|active| match active.trouble {
            Trouble::Delay(delay) => delay,
            Trouble::Silence | Trouble::Corruption => Duration::ZERO,
        });
        delays.max().unwrap_or_default()
    }

    /// Whether bits are changed on the way.
    pub(crate) fn is_corrupt(&self, now: Timestamp, from: HostId, to: HostId) -> bool {
        self.on_the_way(now, from, to).any(|active| active.trouble == Trouble::Corruption)
    }
}
