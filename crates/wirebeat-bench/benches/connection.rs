//! How long wirebeat takes, by itself: `cargo bench -p wirebeat-bench`, with divan's arguments.
//!
//! A line is a whole workload, whose name says how long its messages are; divan's counter says how
//! many it handles in a second.
#![forbid(unsafe_code)]

use divan::Bencher;
use divan::counter::ItemsCount;
use wirebeat_bench::{Job, OURS, Workload, suite};

fn main() {
    divan::main();
}

fn receive() -> impl Iterator<Item = Workload> {
    suite::comparison().into_iter().filter(|workload| matches!(workload, Workload::Receive(_)))
}

fn send() -> impl Iterator<Item = Workload> {
    suite::comparison().into_iter().filter(|workload| matches!(workload, Workload::Send(_)))
}

#[divan::bench(args = receive())]
fn received(bencher: Bencher<'_, '_>, workload: &Workload) {
    measure(bencher, workload);
}

#[divan::bench(args = send())]
fn sent(bencher: Bencher<'_, '_>, workload: &Workload) {
    measure(bencher, workload);
}

fn measure(bencher: Bencher<'_, '_>, workload: &Workload) {
    let messages = workload.messages_to_time();
    let jobs = Job::all(workload, messages);
    bencher
        .counter(ItemsCount::new(messages * jobs.len()))
        .with_inputs(|| jobs.iter().map(Job::again).collect::<Vec<_>>())
        .bench_values(|jobs| jobs.into_iter().try_for_each(|job| job.run(&OURS)));
}
