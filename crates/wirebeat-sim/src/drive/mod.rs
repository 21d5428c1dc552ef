//! Hosts that drive wirebeat's machines: the loop of an adapter, on a simulated network.
//!
//! | file | subject |
//! |---|---|
//! | `client`, `client_book`, `client_scope` | a [`Session`](wirebeat::session::Session) and its application |
//! | `server`, `room` | [`Connection`](wirebeat::Connection)s under an acceptor, and their service |
//! | `page` | a [`WebSocket`](wirebeat::websocket::WebSocket) and its handlers |
//! | `flush` | from a machine's queue to the network |
//! | `apps` | services and applications that are there |

mod apps;
mod client;
mod client_book;
mod client_scope;
mod flush;
mod page;
mod room;
mod server;

pub use apps::{Broadcast, Echo, Idle, Talk};
pub use client::{App, Client};
pub use client_scope::ClientScope;
pub use page::Page;
pub use room::Room;
pub use server::{Answer, Server, Service};
