use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use wirebeat_sim::{Experiment, Script, Sim, trace};

use super::options::Arguments;
use super::progress::Progress;
use super::setup::Setup;
use super::summary;
use crate::failure::Failure;

/// Runs a seed, or several, and tells what came of it.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let setup = Rc::new(Setup::new(arguments));
    let adding = Rc::clone(&setup);
    let experiment = Experiment::new(move |sim| adding.add_to(sim))
        .time(arguments.time)
        .faults(arguments.faults.0.clone());
    if arguments.runs > 1 {
        return run_many(arguments, &experiment);
    }
    let script = match &arguments.script {
        Some(path) => read_script(path)?,
        None => experiment.script(arguments.seed),
    };
    let mut sim = Sim::new(arguments.seed);
    if arguments.svg.is_some() || arguments.trace.is_some() || arguments.timeline {
        sim.keep_trace();
    }
    setup.add_to(&mut sim);
    sim.run_for(Duration::ZERO);
    sim.set_script(script.clone()).map_err(|error| {
        let hosts: Vec<&str> = sim.host_ids().map(|host| sim.name_of(host)).collect();
        Failure::Usage(format!("{error}; there are {}", hosts.join(", ")))
    })?;

    let began = Instant::now();
    let progress = Progress::new("simulating");
    let is_well = progress.run(&mut sim, arguments.time) && sim.recover() && sim.finish();
    drop(progress);
    let took = began.elapsed();
    write_files(arguments, &sim)?;
    let mut out = anstream::stdout().lock();
    if arguments.timeline {
        write!(out, "{}", trace::timeline_text(&sim)).map_err(Failure::Output)?;
    }
    summary::print(&mut out, &sim, &script, took).map_err(Failure::Output)?;
    drop(out);
    match is_well {
        true => Ok(()),
        false => Err(shrunk(&experiment, arguments.seed, &script)),
    }
}

/// What a run that failed comes down to.
fn shrunk(experiment: &Experiment, seed: u64, script: &Script) -> Failure {
    let progress = Progress::endless("shrinking the script of faults");
    let again = experiment.run_script(seed, script);
    drop(progress);
    match again {
        Err(failure) => Failure::Ended(failure.to_string()),
        Ok(_) => Failure::Ended("the run failed, and didn't when it was run again".into()),
    }
}

fn run_many(arguments: &Arguments, experiment: &Experiment) -> Result<(), Failure> {
    let progress = Progress::of_runs("simulating", arguments.runs);
    let began = Instant::now();
    let mut virtual_seconds = 0;
    for seed in arguments.seed..arguments.seed.saturating_add(arguments.runs) {
        match experiment.run(seed) {
            Ok(sim) => virtual_seconds += sim.now().as_nanos() / 1_000_000_000,
            Err(failure) => return Err(Failure::Ended(failure.to_string())),
        }
        progress.step();
    }
    drop(progress);
    let took = began.elapsed().as_secs_f64();
    let passed = humantime::format_duration(Duration::from_secs(virtual_seconds));
    writeln!(
        anstream::stdout(),
        "{} runs, all well: {passed} of virtual time in {took:.1} s",
        arguments.runs
    )
    .map_err(Failure::Output)
}

fn read_script(path: &Path) -> Result<Script, Failure> {
    let unreadable = |error| Failure::Io(format!("{} can't be read", path.display()), error);
    let text = fs::read_to_string(path).map_err(unreadable)?;
    text.parse().map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))
}

fn write_files(arguments: &Arguments, sim: &Sim) -> Result<(), Failure> {
    if let Some(path) = &arguments.svg {
        let title = format!(
            "{} clients for {}, in virtual time",
            arguments.clients,
            humantime::format_duration(arguments.time)
        );
        let options = trace::TimelineOptions { title, ..trace::TimelineOptions::default() };
        write_file(path, |file| file.write_all(trace::timeline_svg(sim, &options).as_bytes()))?;
    }
    if let Some(path) = &arguments.trace {
        write_file(path, |file| {
            sim.entries().iter().try_for_each(|entry| {
                writeln!(file, "{}", trace::to_json(entry, sim.name_of(entry.host)))
            })
        })?;
    }
    Ok(())
}

/// Writes a file whole.
pub(super) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let written = File::create(path).map(BufWriter::new).and_then(|mut file| {
        write(&mut file)?;
        file.flush()
    });
    written.map_err(|error| Failure::Io(format!("{} can't be written", path.display()), error))
}
