use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use wirebeat_std::{Client, CloseCode, CloseFrame, Closed, Event, Message, ReadyState, WebSocket};

use super::link::Link;
use super::record::Record;
use super::timeline::{Sign, Timeline};
use crate::failure::Failure;
use crate::show::{bytes, short};

/// One connection, as it's being watched.
#[derive(Debug)]
pub(crate) struct Visit {
    socket: WebSocket<TcpStream>,
    link: Link,
    opened_at: Instant,
    cut_at: Option<Instant>,
    record: Record,
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

impl Visit {
    /// Opens a connection through a link of its own.
    pub(crate) fn open(
        client: Client,
        number: usize,
        patience: Duration,
        timeline: &mut Timeline,
    ) -> Result<Visit, Failure> {
        timeline.next_connection()?;
        timeline
            .state(ReadyState::Connecting, format!("connection {number}: asking the server"))?;
        let server = client.dial()?;
        let started = Instant::now();
        let (link, stream) = Link::new(server)
            .map_err(|error| Failure::Io("the proxy can't be set up".into(), error))?;
        let socket = client.connect_over(stream)?;
        let opened_at = Instant::now();
        let took = short(opened_at - started);
        timeline.state(ReadyState::Open, format!("the handshake took {took}"))?;
        let record = Record::default();
        Ok(Visit { socket, link, opened_at, cut_at: None, record, patience })
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
                Some(Event::Pong { latency: Some(_), .. }) => return Ok(true),
                Some(_) if started.elapsed() > self.patience => return Ok(true),
                Some(_) => {}
                None => return Ok(false),
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
        self.send(message, "  into the silence", timeline)?;
        timeline.event(Sign::Note, "readyState still says OPEN; the heartbeat has to find out")?;
        while self.next(timeline)?.is_some() {}
        Ok(())
    }

    /// Closes as it should be done.
    pub(crate) fn close(&mut self, timeline: &mut Timeline) -> Result<(), Failure> {
        // Code and reason are fixed and valid, and either role may send them.
        let frame = CloseFrame::new(CloseCode::NORMAL, "seen enough").ok();
        if self.socket.start_close(frame).is_ok() && self.is(ReadyState::Closing) {
            timeline.state(ReadyState::Closing, "Close sent: 1000 \"seen enough\"")?;
        }
        while self.next(timeline)?.is_some() {}
        Ok(())
    }

    /// What is remembered of the connection.
    pub(crate) fn into_record(self) -> Record {
        self.record
    }

    fn is(&self, state: ReadyState) -> bool {
        self.socket.ready_state() == state
    }

    /// Sends a message; whether it could be sent shows in what comes next.
    fn send(
        &mut self,
        message: &Message<'_>,
        remark: &str,
        timeline: &mut Timeline,
    ) -> Result<Instant, Failure> {
        let sent_at = Instant::now();
        if self.socket.send(message.borrow()).is_ok() {
            self.record.sent.add(message.len());
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
                Some(Event::Message(received)) if received == *message => {
                    let round_trip = sent_at.elapsed();
                    self.record.echoed.add(received.len());
                    self.record.round_trips.add(round_trip);
                    let what = format!("{}  back after {}", described(message), short(round_trip));
                    timeline.event(Sign::In, what)?;
                    return Ok(Seen::Awaited);
                }
                Some(Event::Message(other)) => {
                    timeline.event(Sign::In, format!("{}  of its own", described(&other)))?;
                }
                // The heartbeat asked because nothing came, and the peer had no more to say.
                Some(Event::Pong { latency: Some(_), .. }) => return Ok(Seen::GivenUp),
                Some(_) => {}
                None => return Ok(Seen::End),
            }
            if sent_at.elapsed() > self.patience {
                return Ok(Seen::GivenUp);
            }
        }
    }

    /// Waits for the next event, and shows it unless it's a message. `None` at the end.
    fn next(&mut self, timeline: &mut Timeline) -> Result<Option<Event<'static>>, Failure> {
        let Some(event) = self.socket.recv_event() else { return Ok(None) };
        match &event {
            Event::Pong { latency: Some(latency), .. } => {
                self.record.latencies.add(*latency);
                let what = format!("ping and pong, latency {}", short(*latency));
                timeline.event(Sign::Beat, what)?;
            }
            Event::Ping(_) => timeline.event(Sign::Beat, "the server's ping, answered")?,
            Event::Closing(frame) if self.is(ReadyState::Closing) => {
                let said = frame.as_ref().map_or("no code".into(), ToString::to_string);
                timeline.state(ReadyState::Closing, format!("Close received: {said}"))?;
            }
            Event::Closed(closed) => self.end(closed, timeline)?,
            _ => {}
        }
        Ok(Some(event))
    }

    fn end(&mut self, closed: &Closed, timeline: &mut Timeline) -> Result<(), Failure> {
        self.record.open_for = self.opened_at.elapsed();
        self.record.closed = Some(closed.clone());
        let clean = if closed.was_clean { "clean" } else { "not clean" };
        timeline.state(ReadyState::Closed, format!("{}, {clean}", closed.code))?;
        timeline.event(Sign::Note, format!("cause: {}", closed.cause.reason))?;
        if let Some(cut_at) = self.cut_at {
            let after = cut_at.elapsed();
            self.record.detected_after = Some(after);
            timeline.event(Sign::Note, format!("found out {} after the cut", short(after)))?;
        }
        Ok(())
    }
}

/// A message's kind and length, in columns.
fn described(message: &Message<'_>) -> String {
    format!("{:<6} {:>11}", message.kind().to_string(), bytes(message.len() as u64))
}
