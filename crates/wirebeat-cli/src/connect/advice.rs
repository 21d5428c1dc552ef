use wirebeat_std::rustls;
use wirebeat_std::{
    Cause, ConnectError, HandshakeError, Malformed, Reason, ReceivedResponse, UrlFault,
};

use super::Arguments;
use crate::show::harmless;

/// How much of an answer's body is quoted.
const BODY_LEN_MAX: usize = 120;

/// Why there's no connection and what to do about it, in a line that names this program's options.
pub(crate) fn on(error: &ConnectError, arguments: &Arguments) -> String {
    match error {
        ConnectError::Url { url, fault: UrlFault::Scheme } => {
            format!("can't connect to {url:?}: its scheme must be ws or wss")
        }
        ConnectError::Url { url, fault: UrlFault::Credentials } => {
            format!("can't connect to {url:?}: give name and password by --user NAME:PASSWORD")
        }
        ConnectError::Timeout(step) => format!(
            "no connection to {} within 10 s, the time ran out while {step}; check the network, \
             and that the server works",
            arguments.url
        ),
        ConnectError::Tls(error) => tls(error, arguments),
        ConnectError::NoRoots(_) => format!("{error}, or name the one to trust by --cacert"),
        ConnectError::Rejected(response) => rejected(response, arguments),
        ConnectError::Handshake(cause) => handshake(*cause, arguments),
        error => error.to_string(),
    }
}

/// Why there's no secure connection.
fn tls(error: &rustls::Error, arguments: &Arguments) -> String {
    use rustls::{AlertDescription, CertificateError};
    let advice = match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer => {
                "; if you know who issued its certificate, trust that one by --cacert; --insecure \
                 trusts anybody"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "; use a name that its certificate is for"
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                "; check this machine's clock, and otherwise tell whoever runs the server"
            }
            _ => "; tell whoever runs the server; --insecure trusts it nonetheless",
        },
        rustls::Error::InvalidMessage(_) => "; it doesn't seem to speak TLS: try ws://",
        rustls::Error::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA,
        ) => "; it wants a certificate from you that it trusts: --cert, and --key",
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "; the two have no cipher in common, or it wants a certificate from you: --cert"
        }
        _ => "",
    };
    format!("no secure connection to {}: {error}{advice}", arguments.url)
}

/// What a server's answer means, with the first line of what it says itself.
fn rejected(response: &ReceivedResponse, arguments: &Arguments) -> String {
    let status = response.status();
    let said = said(response).map_or(String::new(), |line| format!(" \u{201c}{line}\u{201d}"));
    let header = |name| response.headers().get_str(name).map(|value| harmless(value, " "));
    let advice = match status {
        200..=299 => "a web server answers there, but no WebSocket; check the URL's path".into(),
        300..=399 => match header("Location") {
            Some(location) => {
                format!("it sends you to {location}; connect to that, if you trust it")
            }
            None => "it sends you elsewhere without saying where".into(),
        },
        401 if arguments.user.is_some() => "check the name and the password of --user".into(),
        401 => "it wants credentials: --user NAME:PASSWORD, or -H 'Authorization: …'".into(),
        403 if arguments.origin.is_some() => "check credentials, and the page of --origin".into(),
        403 => {
            "it doesn't let you in: check credentials, or name a page it trusts by --origin".into()
        }
        404 | 410 => "there's nothing at this path; check the URL".into(),
        407 => "a proxy on the way wants credentials".into(),
        426 => "it wants another version of the protocol, or doesn't speak WebSocket here".into(),
        429 => match header("Retry-After") {
            Some(after) => format!("too many requests; try again after {after} s"),
            None => "too many requests; wait before the next".into(),
        },
        400..=499 => "check the URL, -H, --subprotocol and --origin".into(),
        _ => "the server has a problem; try again later, or look at its log".into(),
    };
    format!("the server answered {status}{said} and opened no WebSocket; {advice}")
}

/// The first line of the body, if it's meant for people.
fn said(response: &ReceivedResponse) -> Option<String> {
    let is_text = response
        .headers()
        .get_str("Content-Type")
        .is_none_or(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/plain"));
    let body = std::str::from_utf8(response.body()).ok().filter(|_| is_text)?;
    let line = body.lines().map(str::trim).find(|line| !line.is_empty())?;
    let end = line.floor_char_boundary(BODY_LEN_MAX);
    let more = if end < line.len() { "…" } else { "" };
    Some(format!("{}{more}", harmless(&line[..end], " ")))
}

/// What an end during the handshake, or an answer that breaks the protocol, means.
fn handshake(cause: Cause, arguments: &Arguments) -> String {
    let url = &arguments.url;
    let is_plain = url.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("ws:"));
    let or_tls = if is_plain { ", and whether it wants wss://" } else { "" };
    match cause.reason {
        Reason::Handshake(HandshakeError::Malformed(why)) => {
            let what = match why {
                Malformed::ControlByte if is_plain => ", but something else, perhaps TLS",
                _ => "",
            };
            format!(
                "{url} isn't a WebSocket server: it answered without HTTP{what}; check the port{or_tls}"
            )
        }
        Reason::Handshake(HandshakeError::SubprotocolUnoffered) => format!(
            "{url} chose a subprotocol that wasn't offered; offer it by --subprotocol, or tell \
             whoever runs the server"
        ),
        Reason::Handshake(error) => {
            format!("{url} isn't a proper WebSocket server: {error}; check the URL")
        }
        Reason::Eof | Reason::Lost => format!(
            "{url} ended the connection without an answer; check that a WebSocket server is at \
             this port{or_tls}"
        ),
        _ => cause.to_string(),
    }
}
