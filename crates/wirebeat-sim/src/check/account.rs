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

#[cfg(test)]
mod tests {
    use wirebeat::Timestamp;

    use super::*;
    use crate::check::attempts::tests::dialing;

    /// An account of a session that greets, and has taken two messages.
    fn account(heartbeat: Option<&str>) -> (Account, [MessageId; 2]) {
        let heartbeat = heartbeat.map(Message::from);
        let mut account = Account::new(&[Message::from("hello")], heartbeat.as_ref());
        let (mut session, _) = dialing();
        let ids = ["one", "two"].map(|text| {
            let message = Message::from(text);
            let id = session.send(Timestamp::ZERO, message.borrow()).unwrap();
            account.accepted(id, &message);
            id
        });
        (account, ids)
    }

    fn say(account: &mut Account, texts: &[&str]) -> Result<(), Violation> {
        texts.iter().try_for_each(|text| {
            let said = Message::from(*text);
            account.handed_over(Some(digest(said.kind(), said.as_bytes())))
        })
    }

    #[test]
    fn messages_that_are_handed_over_in_order_are_accounted_for() {
        let (mut account, _) = account(Some("beat"));
        assert_eq!(say(&mut account, &["hello", "beat", "one", "beat", "two"]), Ok(()));
        assert_eq!(account.finish(), Ok(()));
    }

    #[test]
    fn a_session_that_says_what_it_should_not_is_found() {
        for broken in [
            // Without the greeting; with it twice; in another order; twice; what nobody sent; and a
            // heartbeat where there's none.
            &["one"][..],
            &["hello", "hello"],
            &["hello", "two"],
            &["hello", "one", "one"],
            &["hello", "one", "two", "three"],
            &["hello", "beat"],
        ] {
            let (mut account, _) = account(None);
            assert!(say(&mut account, broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn a_session_that_greets_on_its_first_connection_alone_is_found() {
        let (mut account, _) = account(None);
        assert_eq!(say(&mut account, &["hello", "one"]), Ok(()));
        account.opened();
        assert!(say(&mut account, &["two"]).is_err());
    }

    #[test]
    fn a_message_that_is_gone_is_found_and_one_that_is_reported_is_not() {
        let (mut account, [one, two]) = account(None);
        assert_eq!(say(&mut account, &["hello", "one"]), Ok(()));
        assert!(account.finish().is_err(), "the second is neither");
        assert!(account.reported(one).is_err(), "it was handed over");
        assert_eq!(account.reported(two), Ok(()));
        assert!(account.reported(two).is_err(), "it was reported");
        assert_eq!(account.finish(), Ok(()));
    }

    #[test]
    fn what_is_compressed_is_known_by_its_place_unless_a_heartbeat_may_be_there() {
        let (mut plain, [one, _]) = account(None);
        assert!((0..2).all(|_| plain.handed_over(None).is_ok()));
        assert!(plain.reported(one).is_err());
        let (mut vague, [one, _]) = account(Some("beat"));
        assert!((0..2).all(|_| vague.handed_over(None).is_ok()));
        assert_eq!(vague.reported(one), Ok(()));
    }
}
