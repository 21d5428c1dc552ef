use std::io::Write;
use std::net::SocketAddr;

use owo_colors::{AnsiColors, OwoColorize};
use wirebeat_std::{AcceptError, Closed, IncomingRequest};

use crate::failure::Failure;
use crate::show::{harmless, time_of_day};

/// What is printed of the connections, a line each time that one begins or ends.
#[derive(Debug)]
pub(crate) struct Log {
    is_quiet: bool,
}

/// A client, as it's called in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) number: u64,
    pub(crate) address: SocketAddr,
}

/// How many messages went each way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Log {
    pub(crate) fn new(is_quiet: bool) -> Log {
        Log { is_quiet }
    }

    /// Where the server listens, in a form that can be copied.
    pub(crate) fn listening(
        &self,
        what: &str,
        scheme_end: &str,
        host: &str,
    ) -> Result<(), Failure> {
        if self.is_quiet {
            return Ok(());
        }
        let mut output = anstream::stdout().lock();
        writeln!(output, "{} ws{scheme_end}://{host}/ ({what})", "listening on".bold())
            .and_then(|()| writeln!(output, "to try it in a browser: http{scheme_end}://{host}/"))
            .and_then(|()| output.flush())
            .map_err(Failure::Output)
    }

    pub(crate) fn opened(&self, client: Client, request: &IncomingRequest, chosen: Option<&str>) {
        let mut what = format!("open {}", harmless(request.target(), " "));
        if let Some(origin) = request.origin() {
            what.push_str(&format!(", page of {}", harmless(origin, " ")));
        }
        if let Some(name) = chosen {
            what.push_str(&format!(", subprotocol {name}"));
        }
        self.line(AnsiColors::Green, "+", client, &what);
    }

    pub(crate) fn closed(&self, client: Client, closed: &Closed, counts: Counts) {
        let Counts { received, sent } = counts;
        let how = harmless(&closed.to_string(), " ");
        let color = if closed.was_clean { AnsiColors::Default } else { AnsiColors::Yellow };
        self.line(color, "-", client, &format!("closed {how}; {received} in, {sent} out"));
    }

    pub(crate) fn refused(&self, client: Client, error: &AcceptError, advice: &str) {
        self.line(AnsiColors::Red, "!", client, &format!("not connected: {error}{advice}"));
    }

    pub(crate) fn note(&self, what: &str) {
        if !self.is_quiet {
            // The server goes on, whether or not anybody reads this.
            let _ = writeln!(anstream::stdout(), "{} {what}", time_of_day().dimmed());
        }
    }

    fn line(&self, color: AnsiColors, sign: &str, client: Client, what: &str) {
        let Client { number, address } = client;
        self.note(&format!("{} #{number} {} {what}", sign.color(color), address.dimmed()));
    }
}
