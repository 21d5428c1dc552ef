//! `wirebeat replay`: a recorded connection, again.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use owo_colors::OwoColorize;
use wirebeat_sim::record::{Call, Step, replay};
use wirebeat_std::Timestamp;

use crate::failure::Failure;

/// Run the library over a recorded connection, and show what it does: states, events and output.
///
/// A recording holds all that went into a connection, so that the library does again what it did: a
/// bug in production becomes one on this machine. What is wrong with a file is said with the byte at
/// which it is; all before that is shown.
#[derive(Debug, clap::Args)]
#[command(after_help = crate::failure::EXIT_CODES)]
pub(crate) struct Arguments {
    /// The recording
    file: PathBuf,

    /// Show the bytes that came and went too
    #[arg(long)]
    bytes: bool,
}

/// Shows a recording.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let file = arguments.file.display();
    let recording = fs::read(&arguments.file)
        .map_err(|error| Failure::Io(format!("{file} can't be read"), error))?;
    let mut out = anstream::stdout().lock();
    let mut steps =
        replay(&recording).map_err(|error| Failure::Ended(format!("{file}: {error}")))?;
    let mut begin: Option<Timestamp> = None;
    let (mut count, mut agreed) = (0, None);
    while let Some(step) = steps.next() {
        let step = step.map_err(|error| {
            let shown = match count {
                0 => "nothing comes before it".into(),
                1 => "the step before it is shown".into(),
                _ => format!("the {count} steps before it are shown"),
            };
            Failure::Ended(format!("{file}: {error}; {shown}"))
        })?;
        count += 1;
        let since = step.at.since(*begin.get_or_insert(step.at));
        show(&mut out, since.as_secs_f64(), &step, arguments.bytes).map_err(Failure::Output)?;
        let deflate = steps.connection().deflate();
        if deflate != agreed {
            agreed = deflate;
            let parameters = deflate.map_or_else(String::new, |deflate| deflate.to_string());
            writeln!(out, "{:26}messages are compressed: {parameters}", "")
                .map_err(Failure::Output)?;
        }
    }
    Ok(())
}

fn show(out: &mut impl Write, seconds: f64, step: &Step, bytes: bool) -> std::io::Result<()> {
    let state = step.ready_state.to_string();
    writeln!(out, "{seconds:>12.6}  {:<10}  {}", state.bold(), name(&step.call))?;
    let mut line = |what: String| writeln!(out, "{:26}{what}", "");
    for event in &step.events {
        line(format!("event: {event:?}"))?;
    }
    if let Some(refusal) = &step.refusal {
        line(format!("refused: {refusal}"))?;
    }
    if bytes {
        if let Call::Receive(received) = &step.call {
            line(format!("in:  {}", received.escape_ascii()))?;
        }
        if !step.written.is_empty() {
            line(format!("out: {}", step.written.escape_ascii()))?;
        }
    }
    Ok(())
}

/// What went in, in a few words.
fn name(call: &Call) -> String {
    match call {
        Call::Receive(bytes) => format!("← {} bytes come", bytes.len()),
        Call::Written(len) => format!("→ {len} bytes go out"),
        Call::Take(max) => format!("at most {max} bytes are taken out to be written"),
        Call::WriteBlocked => "the transport takes none".into(),
        Call::Reading(true) => "the application reads".into(),
        Call::Reading(false) => "the application doesn't read".into(),
        Call::Eof => "the peer ends its side".into(),
        Call::Lost => "the transport is lost".into(),
        Call::Timeout => "time passes".into(),
        Call::Probe => "a sign of life is asked for".into(),
        Call::Accept(_) => "the request is accepted".into(),
        Call::Respond(response) => format!("the request is answered with {}", response.status()),
        Call::Send(message) => format!("send {:?}, {} bytes", message.kind(), message.len()),
        Call::SendUncompressed(message) => {
            format!("send {:?} uncompressed, {} bytes", message.kind(), message.len())
        }
        Call::SendPrepared(message, _) => {
            format!("send {:?}, prepared, {} bytes", message.kind(), message.len())
        }
        Call::SendFragment(_, payload, fin) => {
            format!(
                "send a part of {} bytes{}",
                payload.len(),
                if *fin { ", the last" } else { "" }
            )
        }
        Call::Ping(payload) => format!("ping, {} bytes", payload.len()),
        Call::Close(Some(frame)) => format!("close {} {:?}", frame.code(), frame.reason()),
        Call::Close(None) => "close".into(),
    }
}
