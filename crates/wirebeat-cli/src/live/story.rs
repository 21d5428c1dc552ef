use std::time::Duration;

use wirebeat_std::{Client, Config, Heartbeat, Message, Reason, Session, SessionConfig};

use super::record::Record;
use super::timeline::Timeline;
use super::watch::Watch;
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
    let client = Client::new(&url)?.config(config.clone());
    let builder =
        Session::builder(&url)?.config(SessionConfig { connection: config, ..Default::default() });
    let mut timeline = Timeline::start(&format!("{url} ({whose})"))?;
    let mut watch = Watch::start(client, builder, beat * 3)?;
    let story = Story { beat, messages: messages() };
    story.tell(&mut watch, &mut timeline)?;
    let records = watch.into_records()?;
    timeline.print("")?;
    summary::print(&records, &timeline)?;
    check(&records)
}

struct Story {
    beat: Duration,
    messages: Vec<Message<'static>>,
}

impl Story {
    /// Goes on for as long as everything goes as it should.
    fn tell(&self, watch: &mut Watch, timeline: &mut Timeline) -> Result<(), Failure> {
        let (small, large) = self.messages.split_at(3);
        let until_the_cut =
            [Step::Exchange(small), Step::Rest, Step::Exchange(large), Step::Rest, Step::Rest];
        let until_the_end = [Step::Exchange(small), Step::Rest, Step::Rest];
        if watch.until_open(timeline)? && self.take(&until_the_cut, watch, timeline)? {
            watch.cut(&small[0], timeline)?;
            if watch.outlast(&small[1], timeline)? && self.take(&until_the_end, watch, timeline)? {
                watch.close(timeline)?;
            }
        }
        Ok(())
    }

    /// Takes the steps, and returns whether the connection goes on after the last.
    fn take(
        &self,
        steps: &[Step<'_>],
        watch: &mut Watch,
        timeline: &mut Timeline,
    ) -> Result<bool, Failure> {
        for step in steps {
            let goes_on = match step {
                Step::Exchange(messages) => watch.exchange(messages, self.beat / 4, timeline)?,
                Step::Rest => watch.rest(timeline)?,
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
        [] => Err(Failure::Ended(
            "there was no connection; run it again, and look at the server's log".into(),
        )),
    }
}
