use std::io::Write;
use std::time::{Duration, Instant};

use wirebeat_sim::{Event, Fault, Hosts, Script, Sim, trace};

use super::options::{Arguments, How};
use super::progress::Progress;
use super::run::write_file;
use super::setup::Setup;
use super::summary;
use crate::failure::Failure;

/// How many lines the curve has in the terminal.
const LINES: usize = 40;

/// Lets all clients lose the server at once, and shows how they come back.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let storm = &arguments.storm;
    if arguments.time <= storm.at + storm.down {
        let least = humantime::format_duration(storm.at + storm.down);
        return Err(Failure::Usage(format!("the storm needs more than {least}: --for 10m")));
    }
    let script = Script::new([Event { at: storm.at, fault: fault(storm.how, storm.down) }]);
    let mut sim = Sim::new(arguments.seed);
    if arguments.trace.is_some() {
        let path = arguments.trace.clone().unwrap_or_default();
        trace_into(&mut sim, &path)?;
    }
    Setup::new(arguments).add_to(&mut sim);
    sim.set_script(script.clone()).map_err(|error| Failure::Usage(error.to_string()))?;
    let began = Instant::now();
    let progress = Progress::new("storm");
    let is_well = progress.run(&mut sim, arguments.time);
    drop(progress);
    let took = began.elapsed();

    let plot = plot(arguments, &sim);
    if let Some(path) = &arguments.svg {
        write_file(path, |file| file.write_all(trace::plot_svg(&plot).as_bytes()))?;
    }
    let mut out = anstream::stdout().lock();
    let shown = show(&mut out, arguments, &sim, &plot)
        .and_then(|()| summary::print(&mut out, &sim, &script, took));
    shown.map_err(Failure::Output)?;
    match sim.violation() {
        Some((at, host, violation)) if !is_well => {
            let name = sim.name_of(*host);
            Err(Failure::Ended(format!("{violation}, on {name} at {at}")))
        }
        _ => Ok(()),
    }
}

fn fault(how: How, time: Duration) -> Fault {
    let host = "server".to_owned();
    match how {
        How::Crash => Fault::Crash { host, time },
        How::Restart => Fault::Restart { host, time },
        How::Silence => Fault::Silence { from: Hosts::All, to: Hosts::One(host), time },
    }
}

fn trace_into(sim: &mut Sim, path: &std::path::Path) -> Result<(), Failure> {
    let unwritable = |error| Failure::Io(format!("{} can't be written", path.display()), error);
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).map_err(unwritable)?);
    sim.on_entry(move |entry| {
        let name = format!("{}", entry.host);
        // The summary still comes if the disk is full.
        let _ = writeln!(file, "{}", trace::to_json(entry, &name));
    });
    Ok(())
}

fn plot<'p>(arguments: &Arguments, sim: &'p Sim) -> trace::Plot<'p> {
    let (storm, policy) = (&arguments.storm, &arguments.policy);
    let time = humantime::format_duration;
    let backoff = match policy.fixed {
        Some(delay) => format!("a fixed delay of {}", time(delay)),
        None => format!(
            "delays of {} to {}, growing to {} % each time, to {} at most",
            time(policy.floor),
            time(policy.cap),
            policy.growth,
            time(policy.cap_max)
        ),
    };
    let counts = sim.counts();
    trace::Plot {
        title: format!("{} clients lose their server for {}", arguments.clients, time(storm.down)),
        subtitle: format!("{backoff}; seed {}", arguments.seed),
        curves: vec![
            ("attempts", counts.attempts_curve.seconds()),
            ("opened", counts.opened_curve.seconds()),
        ],
        level: (storm.capacity > 0).then_some((storm.capacity, "the server's capacity")),
    }
}

fn show(
    out: &mut impl Write,
    arguments: &Arguments,
    sim: &Sim,
    plot: &trace::Plot<'_>,
) -> std::io::Result<()> {
    writeln!(out, "{}\n{}\n", plot.title, plot.subtitle)?;
    let begin = usize::try_from(arguments.storm.at.as_secs()).unwrap_or(0);
    let seconds = sim.counts().attempts_curve.seconds();
    let after = seconds.get(begin..).unwrap_or_default();
    let of_storm = trace::Plot { curves: vec![("attempts", after)], ..plot.clone() };
    writeln!(out, "{}", trace::plot_text(&of_storm, 60, LINES))?;
    let most = after.iter().copied().max().unwrap_or(0);
    let at = after.iter().position(|count| *count == most).unwrap_or(0);
    let attempts: u64 = after.iter().map(|count| u64::from(*count)).sum();
    let opened = sim.counts().opened_curve.seconds();
    let last = opened.iter().rposition(|count| *count > 0).unwrap_or(0);
    writeln!(
        out,
        "at most {most} attempts in a second, {at} s after the loss; {attempts} attempts in all;\n\
         the last client was back {} s after the loss\n",
        last.saturating_sub(begin)
    )
}
