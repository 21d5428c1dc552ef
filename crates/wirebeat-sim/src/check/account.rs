use std::collections::VecDeque;

use wirebeat::Message;
use wirebeat::session::MessageId;

use super::model::digest;
use super::violation::Violation;

const RULE: &str = "invariant 11, each message is handed over once or reported";

/// What became of each message that a session took: handed over whole, once and in order, or
/// reported as lost or dropped.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// What comes first on every connection.
    greeting: Vec<u64>,
    /// How much of it this connection has said.
    greeted: usize,
    /// What the heartbeat says, if it's messages.
    heartbeat: Option<u64>,
    /// Messages that were taken and of which nothing was heard since, in order.
    open: VecDeque<(MessageId, u64)>,
    /// Whether messages can't be told from heartbeats, as both are compressed.
    is_vague: bool,
}

impl Account {
    pub(crate) fn new(greeting: &[Message<'_>], heartbeat: Option<&Message<'_>>) -> Account {
        let digest_of = |message: &Message<'_>| digest(message.kind(), message.as_bytes());
        Account {
            greeting: greeting.iter().map(digest_of).collect(),
            heartbeat: heartbeat.map(digest_of),
            ..Account::default()
        }
    }

    /// The session took a message.
    pub(crate) fn accepted(&mut self, id: MessageId, message: &Message<'_>) {
        self.open.push_back((id, digest(message.kind(), message.as_bytes())));
    }

    /// A connection is open.
    pub(crate) fn opened(&mut self) {
        self.greeted = 0;
    }

    /// A transport has a whole message; `None` if it's compressed.
    pub(crate) fn handed_over(&mut self, said: Option<u64>) -> Result<(), Violation> {
        let Some(said) = said else {
            // By its place alone. What the heartbeat says has none, so with it nothing is known.
            if self.greeted < self.greeting.len() {
                self.greeted += 1;
            } else if self.heartbeat.is_some() {
                self.is_vague = true;
            } else {
                self.open.pop_front();
            }
            return Ok(());
        };
        if let Some(greeting) = self.greeting.get(self.greeted) {
            self.greeted += 1;
            return match *greeting == said {
                true => Ok(()),
                false => Err(Violation::new(RULE, "the greeting doesn't come first")),
            };
        }
        match self.open.front() {
            _ if self.is_vague => Ok(()),
            Some((_, digest)) if *digest == said => {
                self.open.pop_front();
                Ok(())
            }
            _ if self.heartbeat == Some(said) => Ok(()),
            Some((id, _)) => Err(Violation::new(RULE, format!("something else came before {id}"))),
            None => Err(Violation::new(RULE, "a message was sent twice, or is nobody's")),
        }
    }

    /// The session reported a message as lost or dropped.
    pub(crate) fn reported(&mut self, id: MessageId) -> Result<(), Violation> {
        match self.open.iter().position(|(open, _)| *open == id) {
            Some(at) => {
                self.open.remove(at);
                Ok(())
            }
            None if self.is_vague => Ok(()),
            None => Err(Violation::new(RULE, format!("{id} is reported, and was handed over"))),
        }
    }

    /// The session is over.
    pub(crate) fn finish(&self) -> Result<(), Violation> {
        match self.open.front() {
            None => Ok(()),
            Some(_) if self.is_vague => Ok(()),
            Some((id, _)) => {
                let what = format!("{id} and {} more are gone unreported", self.open.len() - 1);
                Err(Violation::new(RULE, what))
            }
        }
    }
}
