use wirebeat_std::{CloseCode, Closed, Phase, ProtocolError, Reason};

use crate::failure::Failure;
use crate::show::harmless;

/// Whether it ended as it should: `Err` says in a line what didn't, and what to do. `is_refused` says
/// whether there was a message that couldn't be sent any more.
pub(crate) fn judge(closed: &Closed, is_refused: bool) -> Result<(), Failure> {
    let lost = closed.messages_lost + u64::from(is_refused);
    match closed.cause.reason {
        Reason::ClosedByPeer if is_success(closed.code) && lost == 0 => Ok(()),
        Reason::ClosedByPeer if is_success(closed.code) => Err(Failure::Lost(format!(
            "the server closed, {}, before everything was sent: {} didn't leave",
            said(closed),
            messages(lost)
        ))),
        Reason::ClosedByPeer => {
            Err(Failure::Closed(format!("the server closed: {}{}", said(closed), advice(closed))))
        }
        Reason::ClosedByUs if lost == 0 => Ok(()),
        Reason::ClosedByUs => {
            Err(Failure::Lost(format!("closed before {} could be sent", messages(lost))))
        }
        _ => {
            let unsent = match lost {
                0 => String::new(),
                lost => format!("; {} weren't sent", messages(lost)),
            };
            Err(Failure::Lost(format!("{}{unsent}", broken(closed))))
        }
    }
}

/// The codes with which a server says that all is well.
fn is_success(code: CloseCode) -> bool {
    matches!(code, CloseCode::NORMAL | CloseCode::NO_STATUS)
}

/// Code and reason, as the server gave them.
pub(crate) fn said(closed: &Closed) -> String {
    let mut said = closed.code.to_string();
    if !closed.reason.is_empty() {
        said.push_str(&format!(" \u{201c}{}\u{201d}", harmless(&closed.reason, " ")));
    }
    said
}

fn messages(count: u64) -> String {
    format!("{count} message{}", if count == 1 { "" } else { "s" })
}

/// What a server means by its code, and what to do about it.
fn advice(closed: &Closed) -> &'static str {
    match closed.code.get() {
        1001 => "; it's being stopped, or has had enough: connect again later",
        1002 => "; it says that we broke the protocol, so one of the two programs has a fault",
        1003 => "; it doesn't take this kind of message: try text, or --binary",
        1007 => "; it says that a message's data doesn't fit its kind",
        1008 => "; check credentials, --origin, and what was sent",
        1009 => "; it doesn't take a message of this size",
        1010 => "; it wants an extension that this program doesn't have",
        1011 => "; something went wrong in it, which its log may tell",
        1012 => "; it restarts: connect again in some seconds",
        1013 => "; it has too much to do: connect again later",
        1014 => "; a gateway got no valid answer from the server behind it",
        3000 => "; it wants credentials: --user, or -H 'Authorization: …'",
        3003 => "; these credentials may not do this",
        3008 => "; something took too long for it",
        3001..=3002 | 3004..=3007 | 3009..=3999 => {
            "; the meaning of this code is in the documentation of its framework"
        }
        4000..=4999 => "; the meaning of this code is in the documentation of this server",
        _ => "",
    }
}

/// What happened to a connection that wasn't closed.
fn broken(closed: &Closed) -> String {
    let Closed { cause, .. } = closed;
    let what = match (cause.reason, cause.phase) {
        (Reason::Eof, Phase::LocalClosing) => {
            "the server ended the connection without answering our Close frame"
        }
        (Reason::Eof, _) => {
            "the server ended the connection without a Close frame: it ended itself, or something \
             on the way cut the connection; connect again"
        }
        (Reason::Lost, _) => {
            "the connection was reset: the server ended, or the network failed; connect again"
        }
        (Reason::HeartbeatTimeout, _) => {
            "no sign of life: the server hangs, or the network has lost it (--heartbeat says how \
             long to wait)"
        }
        (Reason::Aborted, _) => "closed while there was no connection",
        (Reason::CloseTimeout, _) => {
            "the server didn't answer our Close frame, so it's unknown what it has received"
        }
        (Reason::WriteStall, _) => {
            "the server reads nothing any more: it hangs, or is too slow for what is sent"
        }
        (
            Reason::Protocol(
                ProtocolError::MessageTooLarge { .. } | ProtocolError::FrameTooLarge { .. },
            ),
            _,
        ) => "the server sent a message that is longer than --max-message allows",
        (Reason::Protocol(_), _) => {
            return format!("{cause}; tell whoever runs the server");
        }
        _ => return cause.to_string(),
    };
    what.into()
}

#[cfg(test)]
mod tests {
    use wirebeat_std::Cause;

    use super::*;

    fn closed(code: u16, phase: Phase, reason: Reason, messages_lost: u64) -> Closed {
        Closed {
            code: code.into(),
            reason: "bye\u{1b}".into(),
            was_clean: code != 1006,
            cause: Cause { phase, reason },
            messages_lost,
        }
    }

    fn by_peer(code: u16, messages_lost: u64) -> Closed {
        closed(code, Phase::PeerClosing, Reason::ClosedByPeer, messages_lost)
    }

    #[test]
    fn a_normal_end_is_no_failure_unless_something_is_left() {
        for code in [1000, 1005] {
            assert!(judge(&by_peer(code, 0), false).is_ok(), "{code}");
            for (lost, is_refused) in [(1, false), (0, true)] {
                let failure = judge(&by_peer(code, lost), is_refused).unwrap_err();
                assert_eq!(failure.exit_code(), 6);
                assert!(failure.to_string().contains("1 message didn't leave"), "{failure}");
            }
        }
        let by_us = |lost| closed(1000, Phase::LocalClosing, Reason::ClosedByUs, lost);
        assert!(judge(&by_us(0), false).is_ok());
        assert_eq!(judge(&by_us(2), false).unwrap_err().exit_code(), 6);
    }

    #[test]
    fn a_code_that_says_that_something_is_wrong_is_a_failure_with_its_meaning() {
        for (code, meaning) in [
            (1001, "going away"),
            (1008, "policy violation"),
            (1011, "its log"),
            (1013, "connect again later"),
            (3000, "--user"),
            (3999, "framework"),
            (4001, "this server"),
        ] {
            let failure = judge(&by_peer(code, 0), false).unwrap_err();
            assert_eq!(failure.exit_code(), 7);
            let text = failure.to_string();
            assert!(text.contains(&code.to_string()) && text.contains(meaning), "{text}");
            assert!(text.contains("“bye\\u{1b}”"), "{text}");
        }
    }

    #[test]
    fn a_connection_that_was_not_closed_is_lost() {
        for reason in [
            Reason::Eof,
            Reason::Lost,
            Reason::HeartbeatTimeout,
            Reason::CloseTimeout,
            Reason::WriteStall,
        ] {
            for phase in [Phase::Open, Phase::LocalClosing] {
                let failure = judge(&closed(1006, phase, reason, 0), false).unwrap_err();
                assert_eq!(failure.exit_code(), 6, "{failure}");
            }
        }
    }
}
