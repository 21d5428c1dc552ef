//! Compares wirebeat with other WebSocket libraries.
//!
//! Each library is driven as its own documentation drives it, with limits out of the way, and with
//! nothing but its public interface. Those that are asynchronous run on tokio's runtime of one
//! thread, over a transport that is always ready.
#![forbid(unsafe_code)]

mod fastwebsockets;
mod io;
mod sockudo_ws;
mod tokio_tungstenite;
mod tokio_websockets;
mod tungstenite;
mod web_socket;
mod yawc;

use std::process::ExitCode;

use wirebeat_bench::{FLOOR, OURS, cli};

fn main() -> ExitCode {
    let subjects = [
        OURS,
        FLOOR,
        tungstenite::PEER,
        tokio_tungstenite::PEER,
        fastwebsockets::PEER,
        tokio_websockets::PEER,
        web_socket::PEER,
        yawc::PEER,
        sockudo_ws::PEER,
        sockudo_ws::PROTOCOL,
    ];
    cli::run(&subjects, std::env::args().skip(1))
}
