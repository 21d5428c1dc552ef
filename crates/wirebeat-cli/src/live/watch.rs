use std::thread;
use std::time::{Duration, Instant};

use wirebeat_std::{
    Client, CloseCode, CloseFrame, ConnectError, Fate, Message, Next, ReadyState, ReceivedResponse,
    Session, SessionBuilder, SessionClosed, SessionEvent, SessionEvents,
};

use super::link::Link;
use super::record::Record;
use super::timeline::{Sign, Timeline};
use crate::failure::Failure;
use crate::show::{bytes, short};

/// A session, as it's being watched.
#[derive(Debug)]
pub(crate) struct Watch {
    session: Session,
    events: SessionEvents,
    link: Link,
    /// One for each connection that was open.
    records: Vec<Record>,
    /// When the attempt under way began.
    dialed_at: Instant,
    opened_at: Instant,
    cut_at: Option<Instant>,
    rejected: Option<Box<ReceivedResponse>>,
    /// How long to wait for what may never come.
    patience: Duration,
}

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Awaited,
    /// Something else, and there's no use in waiting on.
    GivenUp,
    End,
}

impl Watch {
    /// Starts a session, over a link of its own to a server that is there.
    pub(crate) fn start(
        client: Client,
        builder: SessionBuilder,
        patience: Duration,
    ) -> Result<Watch, Failure> {
        let server = client.dial()?;
        let (link, address) = Link::new(client, server)
            .map_err(|error| Failure::Io("the proxy can't be set up".into(), error))?;
        let now = Instant::now();
        let (session, events) = builder.connect_to(address).connect()?;
        Ok(Watch {
            session,
            events,
            link,
            records: Vec::new(),
            dialed_at: now,
            opened_at: now,
            cut_at: None,
            rejected: None,
            patience,
        })
    }

    /// Waits for a connection. Returns whether there is one before the next attempt has failed.
    pub(crate) fn until_open(&mut self, timeline: &mut Timeline) -> Result<bool, Failure> {
        loop {
            match self.next(timeline)? {
                Some(SessionEvent::Open(_)) => return Ok(true),
                Some(SessionEvent::Closed(_)) | None => return Ok(false),
                Some(_) => {}
            }
        }
    }

    /// Sends messages, each when the one before has come back and `pause` has passed. Returns
    /// whether the connection goes on.
    #[expect(clippy::disallowed_methods, reason = "so that people can follow what is printed")]
    pub(crate) fn exchange(
        &mut self,
        messages: &[Message<'_>],
        pause: Duration,
        timeline: &mut Timeline,
    ) -> Result<bool, Failure> {
        for message in messages {
            let sent_at = self.send(message, "", timeline)?;
            match self.await_echo(message, sent_at, timeline)? {
                Seen::Awaited => thread::sleep(pause),
                Seen::GivenUp => {
                    timeline.event(Sign::Note, "it doesn't come back: is it an echo server?")?;
                }
                Seen::End => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Is silent until the heartbeat has asked for a sign of life and got it. Returns whether the
    /// connection goes on.
    pub(crate) fn rest(&mut self, timeline: &mut Timeline) -> Result<bool, Failure> {
        let started = Instant::now();
        loop {
            match self.next(timeline)? {
                Some(SessionEvent::Pong { latency: Some(_), .. }) => return Ok(true),
                Some(SessionEvent::Closed(_)) | None => return Ok(false),
                Some(_) if started.elapsed() > self.patience => return Ok(true),
                Some(_) => {}
            }
        }
    }

    /// Cuts the link, says something into the silence, and waits for the end.
    pub(crate) fn cut(
        &mut self,
        message: &Message<'_>,
        timeline: &mut Timeline,
    ) -> Result<(), Failure> {
        self.link.cut();
        self.cut_at = Some(Instant::now());
        timeline.event(Sign::Cut, "the link goes silent: nothing passes, no end, no error")?;
        let sent = self.session.send(message.borrow()).ok();
        if sent.is_some() {
            self.record().sent.add(message.len());
            timeline.event(Sign::Out, format!("{}  into the silence", described(message)))?;
        }
        timeline.event(Sign::Note, "readyState still says OPEN; the heartbeat has to find out")?;
        self.until_closed(timeline)?;
        match sent.and_then(|id| self.session.fate(id)) {
            Some(Fate::HandedOver) => timeline
                .event(Sign::Note, "the transport took the last message: it isn't sent again"),
            Some(Fate::Queued | Fate::Lost | Fate::Dropped) | None => Ok(()),
        }
    }

    /// Sends a message while there is no connection, mends the link after an attempt has failed, and
    /// waits for the message to come back. Returns whether there is a connection.
    pub(crate) fn outlast(
        &mut self,
        message: &Message<'_>,
        timeline: &mut Timeline,
    ) -> Result<bool, Failure> {
        if self.session.send(message.borrow()).is_ok() {
            let what = format!("{}  waits for a connection", described(message));
            timeline.event(Sign::Out, what)?;
        }
        self.until_closed(timeline)?;
        self.link.mend();
        timeline.event(Sign::Note, "the link is whole again")?;
        if !self.until_open(timeline)? {
            return Ok(false);
        }
        let sent_at = Instant::now();
        self.record().sent.add(message.len());
        timeline.event(Sign::Out, format!("{}  which has waited", described(message)))?;
        match self.await_echo(message, sent_at, timeline)? {
            Seen::Awaited | Seen::GivenUp => Ok(true),
            Seen::End => Ok(false),
        }
    }

    /// Closes as it should be done.
    pub(crate) fn close(&mut self, timeline: &mut Timeline) -> Result<(), Failure> {
        // Code and reason are fixed and valid.
        self.session.close(CloseFrame::new(CloseCode::NORMAL, "seen enough").ok());
        timeline.state(ReadyState::Closing, "Close sent: 1000 \"seen enough\"")?;
        while self.next(timeline)?.is_some() {}
        Ok(())
    }

    /// What is remembered of the connections, if there was one.
    pub(crate) fn into_records(mut self) -> Result<Vec<Record>, Failure> {
        match self.rejected.take() {
            Some(response) if self.records.is_empty() => {
                Err(ConnectError::Rejected(response).into())
            }
            _ => Ok(self.records),
        }
    }

    /// What is remembered of the connection, or of the last one.
    fn record(&mut self) -> &mut Record {
        if self.records.is_empty() {
            self.records.push(Record::default());
        }
        let last = self.records.len() - 1;
        &mut self.records[last]
    }

    fn until_closed(&mut self, timeline: &mut Timeline) -> Result<(), Failure> {
        while !matches!(self.next(timeline)?, Some(SessionEvent::Closed(_)) | None) {}
        Ok(())
    }

    /// Sends a message; whether it could be sent shows in what comes next.
    fn send(
        &mut self,
        message: &Message<'_>,
        remark: &str,
        timeline: &mut Timeline,
    ) -> Result<Instant, Failure> {
        let sent_at = Instant::now();
        if self.session.send(message.borrow()).is_ok() {
            self.record().sent.add(message.len());
            timeline.event(Sign::Out, format!("{}{remark}", described(message)))?;
        }
        Ok(sent_at)
    }

    fn await_echo(
        &mut self,
        message: &Message<'_>,
        sent_at: Instant,
        timeline: &mut Timeline,
    ) -> Result<Seen, Failure> {
        loop {
            match self.next(timeline)? {
                Some(SessionEvent::Message(received)) if received == *message => {
                    let round_trip = sent_at.elapsed();
                    let record = self.record();
                    record.echoed.add(received.len());
                    record.round_trips.add(round_trip);
                    let what = format!("{}  back after {}", described(message), short(round_trip));
                    timeline.event(Sign::In, what)?;
                    return Ok(Seen::Awaited);
                }
                Some(SessionEvent::Message(other)) => {
                    timeline.event(Sign::In, format!("{}  of its own", described(&other)))?;
                }
                // The heartbeat asked because nothing came, and the peer had no more to say.
                Some(SessionEvent::Pong { latency: Some(_), .. }) => return Ok(Seen::GivenUp),
                Some(SessionEvent::Closed(_)) | None => return Ok(Seen::End),
                Some(_) => {}
            }
            if sent_at.elapsed() > self.patience {
                return Ok(Seen::GivenUp);
            }
        }
    }

    /// Waits for the next event, and shows it unless it's a message. `None` at the end.
    fn next(&mut self, timeline: &mut Timeline) -> Result<Option<SessionEvent<'static>>, Failure> {
        let Some(event) = self.events.recv_event() else { return Ok(None) };
        match &event {
            SessionEvent::Dialing(attempt) => {
                // The first began before its event could be taken.
                if attempt.number() > 1 {
                    self.dialed_at = Instant::now();
                }
                timeline.next_connection()?;
                timeline.state(ReadyState::Connecting, format!("{attempt}: asking the server"))?;
            }
            SessionEvent::Open(_) => {
                self.opened_at = Instant::now();
                self.records.push(Record::default());
                let number = self.records.len();
                let took = short(self.opened_at - self.dialed_at);
                let what = format!("connection {number}: the handshake took {took}");
                timeline.state(ReadyState::Open, what)?;
            }
            SessionEvent::Pong { latency: Some(latency), .. } => {
                self.record().latencies.add(*latency);
                let what = format!("ping and pong, latency {}", short(*latency));
                timeline.event(Sign::Beat, what)?;
            }
            SessionEvent::Ping(_) => timeline.event(Sign::Beat, "the server's ping, answered")?,
            SessionEvent::Closing(frame) => {
                let said = frame.as_ref().map_or("no code".into(), ToString::to_string);
                timeline.state(ReadyState::Closing, format!("Close received: {said}"))?;
            }
            SessionEvent::Rejected(response) => self.rejected = Some(response.clone()),
            SessionEvent::Closed(closed) => self.end(closed, timeline)?,
            _ => {}
        }
        Ok(Some(event))
    }

    fn end(&mut self, closed: &SessionClosed, timeline: &mut Timeline) -> Result<(), Failure> {
        let SessionClosed { closed, lost, next, .. } = closed;
        let clean = if closed.was_clean { "clean" } else { "not clean" };
        timeline.state(ReadyState::Closed, format!("{}, {clean}", closed.code))?;
        timeline.event(Sign::Note, format!("cause: {}", closed.cause.reason))?;
        let (open_for, cut_at) = (self.opened_at.elapsed(), self.cut_at.take());
        // An attempt that failed has no record: the last one is an earlier connection's.
        if let Some(record) = self.records.last_mut().filter(|record| record.closed.is_none()) {
            record.open_for = open_for;
            record.closed = Some(closed.clone());
            record.detected_after = cut_at.map(|cut_at| cut_at.elapsed());
            if let Some(after) = record.detected_after {
                timeline.event(Sign::Note, format!("found out {} after the cut", short(after)))?;
            }
        }
        if !lost.is_empty() {
            let lost: Vec<_> = lost.iter().map(ToString::to_string).collect();
            timeline.event(Sign::Note, format!("lost with it: {}", lost.join(", ")))?;
        }
        if let Next::At(at) = next {
            let delay = short(at.since(self.session.now()));
            timeline.event(Sign::Note, format!("the next attempt begins in {delay}"))?;
        }
        Ok(())
    }
}

/// A message's kind and length, in columns.
fn described(message: &Message<'_>) -> String {
    format!("{:<6} {:>11}", message.kind().to_string(), bytes(message.len() as u64))
}
