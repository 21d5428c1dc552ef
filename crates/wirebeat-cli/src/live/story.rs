use std::time::Duration;

use wirebeat_std::{Client, Config, Heartbeat, Message, Reason};

use super::record::Record;
use super::timeline::Timeline;
use super::visit::Visit;
use super::{Arguments, echo, summary};
use crate::failure::Failure;

/// Tells the whole story, and the summary.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let beat = Duration::from_millis(arguments.heartbeat);
    let (url, whose) = match &arguments.url {
        Some(url) => (url.clone(), "through a proxy of our own"),
        None => {
            let address = echo::start()
                .map_err(|error| Failure::Io("no echo server can be set up".into(), error))?;
            (format!("ws://{address}/"), "our own echo server, through a proxy")
        }
    };
    let config = Config { heartbeat: Some(Heartbeat::pings(beat, beat)), ..Config::default() };
    let client = Client::new(&url)?.config(config);
    let mut timeline = Timeline::start(&format!("{url} ({whose})"))?;
    let story = Story { client, beat, messages: messages() };

    let first = story.until_the_link_is_cut(&mut timeline)?;
    let mut records = vec![first];
    if was_found_dead(&records[0]) {
        records.push(story.until_the_end(&mut timeline)?);
    }
    timeline.print("")?;
    summary::print(&records, &timeline)?;
    check(&records)
}

struct Story {
    client: Client,
    beat: Duration,
    messages: Vec<Message<'static>>,
}

impl Story {
    /// The first connection: messages, some quiet, and then the silence.
    fn until_the_link_is_cut(&self, timeline: &mut Timeline) -> Result<Record, Failure> {
        let (small, large) = self.messages.split_at(3);
        let steps =
            [Step::Exchange(small), Step::Rest, Step::Exchange(large), Step::Rest, Step::Rest];
        let mut visit = self.open(1, timeline)?;
        if self.take(&steps, &mut visit, timeline)? {
            visit.cut(&self.messages[0], timeline)?;
        }
        Ok(visit.into_record())
    }

    /// The second connection, over a link that is whole.
    fn until_the_end(&self, timeline: &mut Timeline) -> Result<Record, Failure> {
        let steps = [Step::Exchange(&self.messages[..3]), Step::Rest, Step::Rest];
        let mut visit = self.open(2, timeline)?;
        if self.take(&steps, &mut visit, timeline)? {
            visit.close(timeline)?;
        }
        Ok(visit.into_record())
    }

    fn open(&self, number: usize, timeline: &mut Timeline) -> Result<Visit, Failure> {
        Visit::open(self.client.clone(), number, self.beat * 3, timeline)
    }

    /// Takes the steps, and returns whether the connection goes on after the last.
    fn take(
        &self,
        steps: &[Step<'_>],
        visit: &mut Visit,
        timeline: &mut Timeline,
    ) -> Result<bool, Failure> {
        for step in steps {
            let goes_on = match step {
                Step::Exchange(messages) => visit.exchange(messages, self.beat / 4, timeline)?,
                Step::Rest => visit.rest(timeline)?,
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[derive(Clone, Copy)]
enum Step<'s> {
    Exchange(&'s [Message<'static>]),
    Rest,
}

/// What is sent, from a word to more than a frame's short lengths can say.
fn messages() -> Vec<Message<'static>> {
    vec![
        Message::from("hello"),
        Message::from("heartbeat ".repeat(12)),
        Message::from(vec![0x5A; 1024]),
        Message::from("é".repeat(8 * 1024)),
        Message::from(vec![0xA5; 64 * 1024]),
        Message::from(vec![0x3C; 1024 * 1024]),
    ]
}

fn was_found_dead(record: &Record) -> bool {
    let reason = record.closed.as_ref().map(|closed| closed.cause.reason);
    reason == Some(Reason::HeartbeatTimeout) && record.detected_after.is_some()
}

/// Whether the connections ended as they should: the first found dead, the second closed.
fn check(records: &[Record]) -> Result<(), Failure> {
    let how = |record: &Record| match &record.closed {
        Some(closed) => closed.to_string(),
        None => "not at all".into(),
    };
    match records {
        [first, second] if was_found_dead(first) => match &second.closed {
            Some(closed) if closed.was_clean => Ok(()),
            _ => Err(Failure::Ended(format!(
                "connection 2 should have ended cleanly, but: {}",
                how(second)
            ))),
        },
        [first, ..] => Err(Failure::Ended(format!(
            "connection 1 ended before its time: {}; run it again, and look at the server's log",
            how(first)
        ))),
        [] => Ok(()),
    }
}
