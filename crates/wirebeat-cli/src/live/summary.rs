use owo_colors::OwoColorize;

use super::record::{Durations, Record, Traffic};
use super::timeline::Timeline;
use crate::failure::Failure;
use crate::show::{bytes, short};

const LABEL_WIDTH: usize = 22;
const COLUMN_WIDTH: usize = 28;

/// Prints a table with a column for each connection, 80 characters wide with two.
pub(crate) fn print(records: &[Record], timeline: &Timeline) -> Result<(), Failure> {
    let heads = (1..=records.len()).map(|number| format!("connection {number}"));
    timeline.print(row("summary", heads).bold())?;
    type Cell = fn(&Record) -> String;
    let rows: [(&str, Cell); 8] = [
        ("open for", |record| short(record.open_for)),
        ("sent", |record| traffic(record.sent)),
        ("echoed", |record| traffic(record.echoed)),
        ("round trip *", |record| spread(&record.round_trips)),
        ("ping latency *", |record| spread(&record.latencies)),
        ("silence found after", |record| record.detected_after.map_or("-".into(), short)),
        ("closed with", |record| match &record.closed {
            Some(closed) => closed.code.to_string(),
            None => "-".into(),
        }),
        ("because", |record| match &record.closed {
            Some(closed) => closed.cause.reason.to_string(),
            None => "-".into(),
        }),
    ];
    for (label, cell) in rows {
        timeline.print(row(label, records.iter().map(cell)))?;
    }
    timeline.print("* least / median / greatest".dimmed())
}

fn row(label: &str, cells: impl Iterator<Item = String>) -> String {
    let mut row = format!("{label:<LABEL_WIDTH$}");
    for cell in cells {
        row += &format!("{cell:<COLUMN_WIDTH$} ");
    }
    row.trim_end().into()
}

fn traffic(Traffic { messages, bytes: len }: Traffic) -> String {
    let plural = if messages == 1 { "" } else { "s" };
    format!("{messages} message{plural}, {}", bytes(len))
}

fn spread(durations: &Durations) -> String {
    match durations.spread() {
        Some(spread) => [spread.min, spread.median, spread.max].map(short).join(" / "),
        None => "-".into(),
    }
}
