//! How a connection ended, and why.

use wirebeat::handshake::{HandshakeError, RequestRefusal};
use wirebeat::session::{MessageId, Next};
use wirebeat::{
    Cause, CloseCode, Closed, DialError, Phase, ProtocolError, Reason, Side, Timestamp,
};

use super::assert_said;

fn cause(phase: Phase, reason: Reason) -> Cause {
    Cause { phase, reason }
}

#[test]
fn a_cause_says_what_happened_and_when() {
    use Phase as P;
    use Reason as R;
    assert_said([
        (cause(P::LocalClosing, R::ClosedByUs), "closed by us"),
        (cause(P::PeerClosing, R::ClosedByPeer), "closed by the peer"),
        (cause(P::Opening, R::Aborted), "given up by us during the opening handshake"),
        (
            cause(P::Opening, R::Responded),
            "answered without an upgrade during the opening handshake",
        ),
        (
            cause(P::Open, R::Protocol(ProtocolError::ReservedBits)),
            "the peer broke the protocol: a reserved bit is set (RFC 6455 §5.2); while open",
        ),
        (
            cause(P::Opening, R::Handshake(HandshakeError::AcceptMissing)),
            "the answer has no Sec-WebSocket-Accept, during the opening handshake",
        ),
        (
            cause(P::Opening, R::Refused(RequestRefusal::HostMissing)),
            "the request was refused: the request has no Host, during the opening handshake",
        ),
        (cause(P::Opening, R::OpenTimeout), "timed out during the opening handshake"),
        (cause(P::Open, R::HeartbeatTimeout), "no answer to the heartbeat while open"),
        (cause(P::LocalClosing, R::CloseTimeout), "no answer to our Close while closing"),
        (
            cause(P::PeerClosing, R::WriteStall),
            "the transport took no bytes while the peer was closing",
        ),
        (
            cause(P::Failing, R::Eof),
            "the peer ended the transport after the peer broke the protocol",
        ),
        (cause(P::Dialing, R::Lost), "the transport was lost before there was a transport"),
    ]);
}

#[test]
fn a_transport_that_could_not_be_had_says_why() {
    use DialError as E;
    let errors = [
        (E::Name, "the host's name couldn't be resolved"),
        (E::Refused, "the connection was refused"),
        (E::Unreachable, "the host couldn't be reached"),
        (E::Timeout, "connecting timed out"),
        (E::Certificate, "the server's certificate isn't trusted"),
        (E::Tls, "TLS failed"),
        (E::Proxy, "the proxy refused"),
        (E::Configuration, "it can't be connected to as configured"),
        (E::Other, "no transport could be had"),
    ];
    assert_said(errors);
    assert_said(errors.map(|(error, text)| (cause(Phase::Dialing, Reason::Dial(error)), text)));
}

/// Who is to mend it: us, the peer, or the network between.
#[test]
fn a_cause_says_whose_it_is() {
    use Reason as R;
    for (reason, side, is_error) in [
        (R::ClosedByUs, Side::Local, false),
        (R::Aborted, Side::Local, true),
        (R::Responded, Side::Local, false),
        (R::ClosedByPeer, Side::Peer, false),
        (R::Protocol(ProtocolError::Masked), Side::Peer, true),
        (R::Handshake(HandshakeError::Status(404)), Side::Peer, true),
        (R::Refused(RequestRefusal::Method), Side::Peer, true),
        (R::Dial(DialError::Certificate), Side::Peer, true),
        (R::Dial(DialError::Tls), Side::Peer, true),
        (R::Dial(DialError::Name), Side::Transport, true),
        (R::Dial(DialError::Refused), Side::Transport, true),
        (R::OpenTimeout, Side::Transport, true),
        (R::HeartbeatTimeout, Side::Transport, true),
        (R::CloseTimeout, Side::Transport, true),
        (R::WriteStall, Side::Transport, true),
        (R::Eof, Side::Transport, true),
        (R::Lost, Side::Transport, true),
    ] {
        let cause = cause(Phase::Open, reason);
        assert_eq!((cause.side(), cause.is_error()), (side, is_error), "{reason:?}");
    }
}

#[test]
fn an_end_says_code_reason_and_cause() {
    let mut closed = Closed {
        code: CloseCode::GOING_AWAY,
        reason: "restart".into(),
        was_clean: true,
        cause: cause(Phase::PeerClosing, Reason::ClosedByPeer),
        messages_lost: 0,
    };
    assert_eq!(closed.to_string(), "1001 (going away) \"restart\", clean: closed by the peer");
    closed.code = CloseCode::ABNORMAL;
    closed.reason = "".into();
    closed.was_clean = false;
    closed.cause = cause(Phase::Open, Reason::Lost);
    assert_eq!(
        closed.to_string(),
        "1006 (abnormal closure), not clean: the transport was lost while open"
    );
}

#[test]
fn a_session_says_what_comes_next() {
    let at = Timestamp::ZERO;
    let retry = format!("retry at {at}");
    assert_eq!(Next::At(at).to_string(), retry);
    assert_said([(Next::Never, "no retry"), (Next::WhenOnline, "retry when online")]);
}

#[test]
fn a_message_is_called_by_its_number() {
    use wirebeat::session::{Session, SessionConfig, Target};
    let request = wirebeat::handshake::Request::new("h", None, "/").expect("it's valid");
    let config = SessionConfig::default();
    let seed = wirebeat::Seed::new([1; 32]);
    let mut session = Session::new(Target::new(request, false), config, seed, Timestamp::ZERO);
    let ids: [MessageId; 2] =
        [(); 2].map(|()| session.send(Timestamp::ZERO, "waits").expect("there's room"));
    for id in ids {
        assert_eq!(id.to_string(), format!("message {}", id.number()));
    }
    assert_ne!(ids[0], ids[1]);
}
