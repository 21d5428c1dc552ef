#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod drive;
mod experiment;
mod fault;
mod host;
mod link;
mod net;
mod queue;
pub mod record;
mod rng;
mod sim;
mod timer;
pub mod trace;
mod world;

pub use check::Violation;
pub use drive::{
    Answer, App, Broadcast, Client, ClientScope, Echo, Idle, Page, Room, Server, Service, Talk,
};
pub use experiment::{Experiment, Failure};
pub use fault::{
    Event, Fault, FaultKind, FaultKinds, Hosts, Script, ScriptError, ScriptErrorReason, Swarm,
};
pub use host::{Host, HostId, Net, Signal};
pub use link::{Latency, Link};
pub use net::Socket;
pub use rng::Rng;
pub use sim::Sim;
