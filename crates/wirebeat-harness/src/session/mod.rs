//! A session, its driver, and a server behind a network that fails: invariants 10 to 12.
//!
//! [`Schedule`] is what happens, [`World`] does it and checks on the way, and at the end heals the
//! network to see what comes of it.

mod account;
mod peer;
mod schedule;
mod world;

pub use schedule::{Fault, Schedule, Setup};
pub use world::World;

/// Runs the schedule that the bytes stand for: the harness of the target `session`.
///
/// # Panics
///
/// If an invariant doesn't hold.
pub fn session(bytes: &[u8]) {
    check(&Schedule::draw(bytes));
}

/// Runs a schedule, heals the network, and checks invariants 10 to 12.
///
/// # Panics
///
/// If one doesn't hold.
pub fn check(schedule: &Schedule) {
    let mut world = World::new(&schedule.setup);
    for fault in &schedule.faults {
        world.step(fault);
    }
    world.heal();
    world.finish();
}
