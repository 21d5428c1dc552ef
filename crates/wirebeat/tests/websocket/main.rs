//! The browser's object: what its handlers see, in which order, and what its calls do in each state
//! (WHATWG WebSockets §3 to §7).
#![cfg(feature = "url")]
#![forbid(unsafe_code)]

mod abandon;
mod construct;
mod driving;
mod events;
mod listeners;
mod properties_listeners;
mod properties_order;
mod reconnect;
mod rig;
mod send_and_close;
mod times;
