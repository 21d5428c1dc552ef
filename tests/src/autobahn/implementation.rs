//! What Autobahn tests: a client and a server, made into a program.

use std::env;
use std::error::Error;
use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use serde_json::json;
use wirebeat_std::extension::{Deflate, DeflateParameters};
use wirebeat_std::{Config, Message};

/// An adapter of wirebeat as Autobahn meets it.
pub trait Implementation {
    /// What reports call it, and its `Server` header.
    const NAME: &str;

    /// Sends back every message of every connection, at the same time, for ever.
    ///
    /// # Errors
    ///
    /// No more connections can be taken.
    fn serve(listener: TcpListener) -> io::Result<()>;

    /// Opens a WebSocket, and sends what `answer` makes of each message until the connection has
    /// ended, however it does: fuzzing ends most of them badly.
    ///
    /// # Errors
    ///
    /// It doesn't open.
    fn visit(url: &str, answer: impl FnMut(Message<'static>) -> Reply) -> Result<(), Failure>;
}

/// How an implementation compresses: all messages, the shortest too, as kosoku can't tell what comes
/// uncompressed. The second offer is for the cases whose server asks for what only it allows.
pub fn deflating() -> Config {
    let no_takeover =
        DeflateParameters { client_no_context_takeover: true, ..DeflateParameters::default() };
    let deflate = Deflate::default().message_len_min(1).even_if_longer(true).or(no_takeover);
    Config { deflate: Some(deflate), ..Config::default() }
}

/// The message to send, if any.
pub type Reply = Option<Message<'static>>;
/// Why a program failed: whatever the adapter says.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The program of an implementation, which [`test_server`](super::test_server) and
/// [`test_client`](super::test_client) run:
///
/// - `server`: an echo server on a free port of 127.0.0.1, told as an event `listening`;
/// - `client URL`: goes through all cases of a fuzzing server, each told as an event `case`.
pub fn main<I: Implementation>() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["server"] => serve::<I>(),
        ["client", url] => run_cases::<I>(url),
        _ => Err("usage: server | client URL".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{}", json!({ "event": "failed", "why": error.to_string() }));
            ExitCode::FAILURE
        }
    }
}

fn serve<I: Implementation>() -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    println!("{}", json!({ "event": "listening", "port": port }));
    Ok(I::serve(listener)?)
}

fn run_cases<I: Implementation>(url: &str) -> Result<(), Failure> {
    let mut count = None;
    I::visit(&format!("{url}/getCaseCount"), |message| {
        count = message.as_text().and_then(|text| text.parse::<usize>().ok());
        None
    })?;
    let count = count.ok_or("the fuzzing server doesn't say how many cases there are")?;
    for case in 1..=count {
        println!("{}", json!({ "event": "case", "number": case, "of": count }));
        I::visit(&format!("{url}/runCase?case={case}&agent={}", I::NAME), Some)?;
    }
    I::visit(&format!("{url}/updateReports?agent={}", I::NAME), |_| None)
}
