//! `wirebeat serve`: a server that echoes or broadcasts, with a page to try it.
//!
//! | file | subject |
//! |---|---|
//! | `tls` | the server's certificate |
//! | `options` | from the command line to addresses, limits and who may connect |
//! | `attend` | one client: its request, and its connection until the end |
//! | `hub` | what one client sends to all |
//! | `page` | what a browser gets |
//! | `log` | what is printed |

mod attend;
mod hub;
mod log;
mod options;
mod page;
mod printer;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use wirebeat_tokio::Server;

use self::attend::House;
use crate::failure::{EXIT_CODES, Failure};
use crate::interrupt::Interrupt;
use crate::record::Folder;

/// Run a WebSocket server that sends back what it's sent, with a page to try it in a browser.
///
/// Text comes back as text, binary as binary. With --broadcast, each message goes to every client,
/// the one that sent it included. A browser that opens the address finds a page with which messages
/// can be sent and watched.
///
/// Pages of other sites can't connect, as long as they aren't allowed by --origin: any page that is
/// open in a browser could otherwise use a server on the same machine. What isn't a browser says no
/// origin, and may connect.
///
/// Ctrl-C closes all connections with 1001 (going away), and a second one ends the program at once.
#[derive(Debug, clap::Args)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Arguments {
    /// Where to listen: address and port, or one of them
    ///
    /// 0.0.0.0 or [::] is every network that this machine is in, and port 0 any free port.
    #[arg(value_name = "ADDR", default_value = "127.0.0.1:9001", value_parser = options::address)]
    address: String,

    /// Send each message to all clients rather than back
    #[arg(short, long, help_heading = "Messages")]
    broadcast: bool,

    /// Choose this subprotocol if a client offers it; may be repeated
    #[arg(short, long, value_name = "NAME", help_heading = "Messages")]
    subprotocol: Vec<String>,

    /// Compress messages for clients that offer it (permessage-deflate), and say what that saved
    ///
    /// Who can read how long messages are, and have text of theirs in one with a secret, can find the
    /// secret out.
    #[arg(short, long, help_heading = "Messages")]
    compress: bool,

    /// The certificate to serve wss:// and https:// with (PEM, with its chain)
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    tls_cert: Option<PathBuf>,

    /// The certificate's key (PEM), if it isn't in the same file
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "TLS")]
    tls_key: Option<PathBuf>,

    /// Let pages of this origin connect, such as https://example.com; may be repeated
    #[arg(short, long, value_name = "ORIGIN", value_parser = options::origin,
          help_heading = "Who may connect")]
    origin: Vec<wirebeat_tokio::Origin>,

    /// Let every page connect, whatever site it's from
    #[arg(long, conflicts_with = "origin", help_heading = "Who may connect")]
    any_origin: bool,

    /// How many connections there may be at once
    #[arg(long, value_name = "NUMBER", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    max_connections: u32,

    /// The longest message to take, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 16 * 1024 * 1024, help_heading = "Limits")]
    max_message: u64,

    /// Ask for a sign of life after so many seconds of silence, and close if none comes for as
    /// long; 0 for never
    #[arg(long, value_name = "SECS", default_value = "20", value_parser = crate::options::seconds,
          help_heading = "Limits")]
    heartbeat: Duration,

    /// Print nothing but failures
    #[arg(short, long, help_heading = "Output")]
    quiet: bool,

    /// Write all that goes into each connection to a file in this folder, so that `wirebeat replay`
    /// can do it again
    ///
    /// It holds what is said, and the request with its credentials, unless --redact is there too.
    #[arg(long, value_name = "FOLDER", help_heading = "Recording")]
    record: Option<PathBuf>,

    /// Put an x for each byte of what is said, of credentials, cookies and queries
    #[arg(long, requires = "record", conflicts_with = "compress", help_heading = "Recording")]
    redact: bool,
}

/// How long clients may take to answer that we go away.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

const EXAMPLES: &str = "\
Examples:
  Echo on this machine, and try it at http://127.0.0.1:9001/:
    wirebeat serve

  A chat for the whole network:
    wirebeat serve --broadcast 0.0.0.0:9001

  With TLS:
    wirebeat serve --tls-cert cert.pem --tls-key key.pem 0.0.0.0:8443";

/// Serves until it's told to end.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let runtime = Runtime::new().map_err(not_started)?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let tls = match &arguments.tls_cert {
        Some(certificate) => Some(tls::config(certificate, arguments.tls_key.as_deref())?),
        None => None,
    };
    let (listener, address) = listen(&arguments.address).await?;
    let house = Arc::new(House::new(&arguments).map_err(not_started)?);
    let server = Server::new(listener, options::origins(&arguments, address))
        .config(crate::options::config(
            arguments.heartbeat,
            arguments.max_message,
            arguments.compress.then(options::deflate),
        ))
        .connections_max(usize::try_from(arguments.max_connections).unwrap_or(usize::MAX))
        .shutdown_timeout(SHUTDOWN_TIMEOUT)
        .on_error({
            let house = Arc::clone(&house);
            move |error| house.not_served(&error)
        });
    let server = match &arguments.record {
        Some(path) => {
            let house = Arc::clone(&house);
            let on_failure = move |what: &str| house.log.refused(what);
            server.record(Folder::new(path, arguments.redact, on_failure)?)
        }
        None => server,
    };
    let (server, scheme_end) = match tls {
        Some(tls) => (server.tls(tls), "s"),
        None => (server, ""),
    };
    let stopper = server.stopper();
    Interrupt::handle({
        let house = Arc::clone(&house);
        move || {
            house.log.note("stopping: every client is told; Ctrl-C ends it at once");
            stopper.stop();
        }
    })?;
    house.log.listening(house.does(), scheme_end, address)?;
    let serving = server.serve({
        let house = Arc::clone(&house);
        move |pending| {
            let house = Arc::clone(&house);
            async move { house.attend(pending).await }
        }
    });
    house.log.stopped(serving.await);
    Ok(())
}

fn not_started(error: io::Error) -> Failure {
    Failure::Io("the server can't be started".into(), error)
}

async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let refused = |error: io::Error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse => ", as another program does; name another port",
            io::ErrorKind::PermissionDenied => "; ports below 1024 are for the administrator",
            io::ErrorKind::AddrNotAvailable => ", as this machine has no such address",
            _ => "",
        };
        Failure::Io(format!("can't listen on {address}{advice}"), error)
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}
