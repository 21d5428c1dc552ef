use core::time::Duration;

use crate::check::Violation;
use crate::fault::ScriptError;
use crate::host::{HostId, Signal};
use crate::sim::Sim;

/// How often it's looked whether all hosts are well.
const LOOK: Duration = Duration::from_millis(500);

/// Within this time of the last byte everything comes to its end when the hosts are asked to.
const FINISH: Duration = Duration::from_secs(180);

/// However many bytes a slow line still has to carry, everything comes to its end within this time.
const FINISH_MAX: Duration = Duration::from_secs(24 * 3600);

impl Sim {
    /// The whole course of a run: faults for so long, recovery, end. Stops where something goes
    /// wrong.
    pub fn take_course(&mut self, time: Duration) {
        if self.run_for(time) && self.recover() {
            self.finish();
        }
    }

    /// Runs until all faults are over, and then until all hosts are well. That they are within
    /// their time is invariant 12. Returns whether all is well.
    pub fn recover(&mut self) -> bool {
        while self.world.faults_end > self.world.now {
            if !self.run_until(self.world.faults_end) {
                return false;
            }
        }
        let recovery = self.hosts.iter().flatten().map(|host| host.recovery()).max();
        let put_back = self.world.hosts.iter().map(|machine| machine.put_back).max();
        let time = recovery.unwrap_or_default() + put_back.unwrap_or_default();
        let deadline = self.world.now + time;
        loop {
            let Some((host, ailment)) = self.first_ailment() else { return true };
            if self.world.now >= deadline {
                let what =
                    format!("{}, {time:?} after the last fault: {ailment}", self.name_of(host));
                let violation =
                    Violation::new("invariant 12, well again when the faults are over", what);
                self.world.violate(host, violation);
            }
            let next = deadline.min(self.world.now + LOOK);
            if !self.run_until(next) {
                return false;
            }
        }
    }

    /// Lets all hosts come to an end, and hears their verdicts. Returns whether all is well.
    pub fn finish(&mut self) -> bool {
        for host in self.host_ids() {
            if self.world.hosts[host.index()].is_up {
                self.tell(host, Signal::Finish);
            }
        }
        let last = self.world.now + FINISH_MAX;
        let mut deadline = self.world.now + FINISH;
        while self.world.queue.next_at().is_some_and(|at| at <= deadline) {
            let before = self.world.trace.counts.bytes;
            self.step();
            if self.world.violation.is_some() {
                return false;
            }
            // What waits behind a slow line goes on coming, and is no standstill.
            if self.world.trace.counts.bytes > before {
                deadline = last.min(self.world.now + FINISH);
            }
        }
        for host in self.host_ids() {
            let verdict = match &self.hosts[host.index()] {
                Some(host) => host.verdict(),
                None => Ok(()),
            };
            if let Err(violation) = verdict {
                self.world.violate(host, violation);
            }
        }
        self.world.violation.is_none()
    }

    fn first_ailment(&self) -> Option<(HostId, String)> {
        self.host_ids().find_map(|id| Some((id, self.hosts[id.index()].as_ref()?.ailment()?)))
    }

    pub(super) fn fail_script(&mut self, error: &ScriptError) {
        self.world.violate(HostId(0), Violation::new("script", error.to_string()));
    }
}
