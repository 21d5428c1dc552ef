//! `wirebeat live`: a session whose connection is cut, found dead and made anew.
//!
//! | file | subject |
//! |---|---|
//! | `story` | what happens, step by step |
//! | `watch` | the session: what is sent, awaited and seen |
//! | `record`, `summary` | what is remembered of a connection; the table at the end |
//! | `timeline` | the lines that appear as it happens |
//! | `echo`, `link` | the server, and the proxy that can be cut and mended |

mod echo;
mod link;
mod record;
mod story;
mod summary;
mod timeline;
mod watch;

pub(crate) use story::run;

/// Watch a connection live: messages, heartbeat, a link that goes silent, and a new connection.
///
/// Starts an echo server on this machine, connects to it through a proxy, and prints what happens
/// as it happens. After some seconds the proxy keeps its connections open but forwards nothing any
/// more, as a network does that loses its way. The heartbeat finds out, the connection is closed
/// with its cause, and after some time, and an attempt that fails, a new one is made. What was sent
/// meanwhile has waited for it. It ends by itself, after about ten seconds, with a summary.
///
/// Arrows show what goes out (→) and what comes in (←); a heart (♥) is a heartbeat that was
/// answered. Colours appear on a terminal only, and not if NO_COLOR is set.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::failure::EXIT_CODES)]
pub(crate) struct Arguments {
    /// Do it with this server rather than with our own; it should send back what it's sent
    #[arg(long, value_name = "URL")]
    url: Option<String>,

    /// How long the peer may be silent before it's asked for a sign of life, and how long it may
    /// take to give one, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000,
          value_parser = clap::value_parser!(u64).range(20..=5000))]
    heartbeat: u64,
}
