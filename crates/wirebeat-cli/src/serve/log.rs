use std::io::{self, Write};
use std::net::SocketAddr;

use owo_colors::{AnsiColors, OwoColorize};
use wirebeat_tokio::{Closed, IncomingRequest, Savings, Stopped};

use super::printer::Printer;
use crate::failure::Failure;
use crate::options::saved;
use crate::show::{harmless, time_of_day};

/// What is printed of the connections, a line each time that one begins or ends.
#[derive(Debug)]
pub(crate) struct Log {
    /// `None` if nothing is to be printed.
    printer: Option<Printer>,
}

/// A client, as it's called in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client {
    pub(crate) number: u64,
    /// `None` if it's gone already.
    pub(crate) address: Option<SocketAddr>,
}

/// How many messages went each way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Log {
    pub(crate) fn new(is_quiet: bool) -> io::Result<Log> {
        let printer = if is_quiet { None } else { Some(Printer::start()?) };
        Ok(Log { printer })
    }

    #[cfg(test)]
    pub(super) fn with(printer: Printer) -> Log {
        Log { printer: Some(printer) }
    }

    /// Where the server listens, in a form that can be copied.
    pub(crate) fn listening(
        &self,
        does: &str,
        scheme_end: &str,
        address: SocketAddr,
    ) -> Result<(), Failure> {
        if self.printer.is_none() {
            return Ok(());
        }
        let mut output = anstream::stdout().lock();
        writeln!(output, "{} ws{scheme_end}://{address}/ ({does})", "listening on".bold())
            .and_then(|()| {
                // A browser can't go to "any address", but to this machine.
                let host = match address.ip() {
                    ip if !ip.is_unspecified() => address.to_string(),
                    _ => format!("localhost:{}", address.port()),
                };
                writeln!(output, "to try it in a browser: http{scheme_end}://{host}/")
            })
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

    pub(crate) fn closed(
        &self,
        client: Client,
        closed: &Closed,
        counts: Counts,
        savings: Option<Savings>,
    ) {
        let Counts { received, sent } = counts;
        let how = harmless(&closed.to_string(), " ");
        let color = if closed.was_clean { AnsiColors::Default } else { AnsiColors::Yellow };
        let saved = savings.map_or(String::new(), |savings| format!("; {}", saved(&savings)));
        let what = format!("closed {how}; {received} in, {sent} out{saved}");
        self.line(color, "-", client, &what);
    }

    /// Somebody got no connection.
    pub(crate) fn refused(&self, what: &str) {
        self.note(&format!("{} {what}", "!".red()));
    }

    /// The last line: it's printed when this returns.
    pub(crate) fn stopped(&self, Stopped { dropped }: Stopped) {
        self.note(&match dropped {
            0 => "stopped".to_owned(),
            dropped => format!("stopped; {dropped} didn't answer, and were dropped"),
        });
        if let Some(printer) = &self.printer {
            printer.finish();
        }
    }

    pub(crate) fn note(&self, what: &str) {
        if let Some(printer) = &self.printer {
            printer.print(format!("{} {what}", time_of_day().dimmed()));
        }
    }

    fn line(&self, color: AnsiColors, sign: &str, client: Client, what: &str) {
        let Client { number, address } = client;
        let address = address.map_or("(gone)".into(), |address| address.to_string());
        self.note(&format!("{} #{number} {} {what}", sign.color(color), address.dimmed()));
    }
}
