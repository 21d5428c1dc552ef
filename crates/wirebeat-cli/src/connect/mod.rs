//! `wirebeat connect`: a client in the terminal, or between pipes.
//!
//! | file | subject |
//! |---|---|
//! | `options`, `tls` | from the command line to a request, and to whom is trusted |
//! | `advice` | why there is no connection, and what to do |
//! | `talk` | the open connection: what goes in and out until it ends |
//! | `again` | the same over many connections, with --reconnect |
//! | `input` | where messages come from: lines, bytes, a terminal |
//! | `terminal`, `no_terminal` | the line that is being edited while others are printed |
//! | `report`, `told`, `json` | what is printed, and in which form |
//! | `screen` | where it's printed |
//! | `ending` | how it ended, and whether that is a failure |

mod advice;
mod again;
mod ending;
mod input;
mod json;
mod options;
mod report;
mod screen;
mod talk;
#[cfg_attr(not(unix), path = "no_terminal.rs")]
mod terminal;
mod tls;
mod told;

use std::path::PathBuf;
use std::time::Duration;

use wirebeat_std::Client;

use self::input::Source;
use self::options::{Header, Wait};
use self::report::{Form, Reporter};
use crate::failure::{EXIT_CODES, Failure, NotConnected};
use crate::record;

/// Connect to a WebSocket server: each line is sent as a message, and what comes is printed.
///
/// On a terminal, lines are edited as in a shell, with a history that is forgotten at the end;
/// messages and pings appear above the line, with their time, kind and size. Ctrl-D or Ctrl-C closes
/// the connection with a Close frame, and a second Ctrl-C ends the program at once.
///
/// Standard input that isn't a terminal is sent as well, one message a line, and with --binary all
/// of it as one message. At its end the connection is closed, once nothing has come for a while
/// (--wait). Standard output that isn't a terminal gets the messages alone, one a line, and what
/// else happens goes to standard error; --json puts everything into JSON Lines.
///
/// Colours appear on a terminal only, and not if NO_COLOR is set.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES,
          after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Arguments {
    /// Where to connect to: ws://host:port/path, or wss:// for TLS
    ///
    /// Without a scheme it's ws://; http:// and https:// stand for ws:// and wss://; :9001 is a port
    /// of this machine.
    #[arg(value_parser = options::url)]
    url: String,

    /// Add a header to the request; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE", help_heading = "Request")]
    header: Vec<Header>,

    /// Offer a subprotocol; may be repeated, the preferred one first
    #[arg(short, long, value_name = "NAME", help_heading = "Request")]
    subprotocol: Vec<String>,

    /// Say which page the request comes from, as a browser does: https://example.com
    #[arg(short, long, value_name = "ORIGIN", help_heading = "Request")]
    origin: Option<String>,

    /// Give credentials, which go into an Authorization header (Basic)
    #[arg(short, long, value_name = "NAME:PASSWORD", help_heading = "Request")]
    user: Option<String>,

    /// Trust whatever certificate the server has, so that anybody on the way can listen
    #[arg(short = 'k', long, conflicts_with = "cacert", help_heading = "TLS")]
    insecure: bool,

    /// Trust the certificates of this file (PEM) rather than the system's
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    cacert: Option<PathBuf>,

    /// Show the server this certificate (PEM, with its chain)
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    cert: Option<PathBuf>,

    /// The certificate's key (PEM), if it isn't in the same file
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "TLS")]
    key: Option<PathBuf>,

    /// Ask for a sign of life after so many seconds of silence, and close if none comes for as
    /// long; 0 for never
    #[arg(long, value_name = "SECS", default_value = "20", value_parser = crate::options::seconds,
          help_heading = "Connection")]
    heartbeat: Duration,

    /// Connect again after a connection that was lost or couldn't be made, with growing pauses;
    /// what is sent meanwhile waits
    ///
    /// What the server means for good isn't tried again: a normal closure, a refusal, a certificate
    /// that isn't trusted.
    #[arg(short, long, conflicts_with = "binary", help_heading = "Connection")]
    reconnect: bool,

    /// Offer to compress messages (permessage-deflate), and say at the end what that saved
    ///
    /// Who can read how long messages are, and have text of theirs in one with a secret, can find the
    /// secret out.
    #[arg(short, long, help_heading = "Connection")]
    compress: bool,

    /// The longest message to take, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 * 1024 * 1024,
          help_heading = "Connection")]
    max_message: u64,

    /// At the end of the input, close once nothing has come for so many seconds; "forever" waits
    /// until the server closes
    #[arg(short, long, value_name = "SECS", default_value = "1", help_heading = "Connection")]
    wait: Wait,

    /// Send at most one message, wait for one, and close
    #[arg(short = '1', long, help_heading = "Connection")]
    once: bool,

    /// Send all of standard input as one binary message, and print messages' bytes with nothing
    /// between them
    #[arg(short, long, help_heading = "Input and output")]
    binary: bool,

    /// Print everything that happens as JSON, one event a line
    #[arg(short, long, conflicts_with = "binary", help_heading = "Input and output")]
    json: bool,

    /// Print messages and failures alone
    #[arg(short, long, help_heading = "Input and output")]
    quiet: bool,

    /// Write all that goes into the connection to this file, so that `wirebeat replay` can do it
    /// again
    ///
    /// It holds what is said, and the request with its credentials, unless --redact is there too.
    #[arg(long, value_name = "FILE", conflicts_with = "reconnect", help_heading = "Recording")]
    record: Option<PathBuf>,

    /// Put an x for each byte of what is said, of credentials, cookies and queries
    #[arg(long, requires = "record", conflicts_with = "compress", help_heading = "Recording")]
    redact: bool,
}

const EXAMPLES: &str = "\
Examples:
  Talk to a server, with a token:
    wirebeat connect wss://example.com/feed -H 'Authorization: Bearer 7Fjfp0ZB'

  Ask one thing, from a script:
    echo '{\"op\":\"status\"}' | wirebeat connect --once --quiet ws://localhost:9001/ | jq .

  Record a feed, with the times and the close code:
    wirebeat connect --json --wait forever wss://example.com/feed </dev/null >feed.jsonl

  Send a file:
    wirebeat connect --binary ws://localhost:9001/upload <picture.png

JSON Lines:
  Every event has \"event\" and \"time\" (UTC). There are: open (url, subprotocol, headers),
  message (kind, len, and text or base64), ping and pong (len, base64; a pong that answers the
  heartbeat has latency_ms), closing (code, reason: the server's Close came), closed (code, reason,
  was_clean, by, cause, messages_lost), failed (error, exit_code: there is no connection). With
  --reconnect, closed and failed have retry_in_ms if another attempt follows.";

/// Connects, and talks until the connection ends.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    if arguments.reconnect {
        return again::until_the_end(options::session(&arguments)?, &arguments);
    }
    let mut client = options::client(&arguments)?;
    let recording = match &arguments.record {
        Some(path) => Some((path, record::to_file(path, arguments.redact)?)),
        None => None,
    };
    if let Some((_, log)) = &recording {
        client = client.record(log.clone());
    }
    let ended = connect_and_talk(client, &arguments);
    // How the connection ended matters more.
    ended.and(recording.map_or(Ok(()), |(path, log)| record::check(&log, path)))
}

fn connect_and_talk(client: Client, arguments: &Arguments) -> Result<(), Failure> {
    let (source, screen) = Source::open(arguments.binary);
    let form = Form::of(arguments.json, arguments.binary);
    let reporter = Reporter::new(form, arguments.quiet, screen);
    let socket = match connect(client, arguments) {
        Ok(socket) => socket,
        Err(failure) => {
            reporter.failed(&failure)?;
            return Err(failure);
        }
    };
    reporter.open(&arguments.url, socket.accepted())?;
    reporter.compression(arguments, socket.deflate().is_some())?;
    talk::until_the_end(socket, source, reporter, arguments)
}

fn connect(
    client: Client,
    arguments: &Arguments,
) -> Result<wirebeat_std::WebSocket<std::net::TcpStream>, Failure> {
    client.connect().map_err(|error| {
        Failure::NotConnected(NotConnected::from(&error), advice::on(&error, arguments))
    })
}
