//! What an operator reads: each event, and whose it is.
#![cfg(feature = "tracing")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "support/network.rs"]
mod network;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use network::{SECOND, accept_on, listen, patient};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tracing::Instrument;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use wirebeat_tokio::browser::WebSocket;
#[cfg(feature = "axum")]
use wirebeat_tokio::{Acceptance, WebSocketUpgrade};
use wirebeat_tokio::{
    Backoff, Client, CloseCode, CloseFrame, Config, Endpoint, Heartbeat, OriginPolicy, ReadyState,
    Reconnect, Seed, Server, Session, SessionConfig, SessionEvent, accept_with, connect, upgraded,
};

/// The log of all that happens on this thread from here on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Log, DefaultGuard) {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(log.clone())
            .with_target(false)
            .with_ansi(false)
            .without_time()
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// The lines of our own spans.
    fn lines(&self) -> Vec<String> {
        let written = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let is_ours = |line: &&str| line.contains("websocket{") || line.contains("session{");
        written.lines().filter(is_ours).map(|line| line.trim().to_owned()).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Log;

    fn make_writer(&'w self) -> Log {
        self.clone()
    }
}

/// Holds a line to what it must begin with and contain.
fn assert_says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "{part:?} isn't in {line:?}");
    }
}

/// The lines of one span.
fn of<'l>(span: &str, lines: &'l [String]) -> Vec<&'l str> {
    lines.iter().map(|line| &**line).filter(|line| line.contains(span)).collect()
}

/// Neither the query nor a header is shown: they may be secrets.
#[tokio::test]
async fn a_connection_says_where_it_leads_and_how_it_ended() {
    let (log, _guard) = Log::start();
    let (connector, mut listener) = listen(1024);
    let stream = connector(String::new(), 0).await.unwrap();
    let client = Client::new("ws://h:7/chat?token=secret").unwrap();
    let client = client.header("Authorization", "secret").unwrap().connect_over(stream);
    let (client, mut server) = tokio::join!(client, listener.accept());
    let mut client = client.unwrap();
    let goodbye = CloseFrame::new(CloseCode::NORMAL, "done").unwrap();
    let (closed, _) = tokio::join!(client.close(Some(goodbye)), server.recv());
    assert!(closed.unwrap().was_clean);
    let lines = log.lines();
    let span = r#"websocket{role="client" url=ws://h:7/chat}: "#;
    let [opened, closed] = of(span, &lines)[..] else { panic!("{lines:?}") };
    assert_says(opened, &["DEBUG", "opened"]);
    assert_says(closed, &["DEBUG", "closed", "code=1000", "was_clean=true"]);
}

/// A stream that was accepted doesn't tell whose it is, but the application's own span may.
#[tokio::test]
async fn a_connection_on_a_stream_that_was_accepted_has_a_span_inside_the_applications() {
    let (log, _guard) = Log::start();
    let (connector, mut listener) = listen(1024);
    let stream = connector(String::new(), 0).await.unwrap();
    let serving = async {
        let mut server = listener.accept().await;
        while server.recv().await.is_some() {}
    };
    let application = tracing::warn_span!("application", client = 7);
    let client = Client::new("ws://h/").unwrap().connect_over(stream);
    let client = async { client.await.unwrap().close(None).await.unwrap() };
    let (closed, ()) = tokio::join!(client, serving.instrument(application));
    assert!(closed.was_clean);
    let lines = log.lines();
    let span = r#"application{client=7}:websocket{role="server"}: "#;
    let [opened, closed] = of(span, &lines)[..] else { panic!("{lines:?}") };
    assert_says(opened, &["DEBUG", "opened"]);
    assert_says(closed, &["DEBUG", "closed", "was_clean=true"]);
}

/// Garbage in place of a request is told of as well.
#[tokio::test]
async fn a_request_that_is_refused_has_a_span_too() {
    let (log, _guard) = Log::start();
    let (mut theirs, ours) = tokio::io::duplex(1024);
    theirs.write_all(b"\x16\x03\x01 no HTTP\r\n\r\n").await.unwrap();
    drop(theirs);
    accept_with(ours, OriginPolicy::Any, &patient()).await.unwrap_err();
    let lines = log.lines();
    let [lost] = of(r#"websocket{role="server"}: "#, &lines)[..] else { panic!("{lines:?}") };
    assert_says(lost, &["WARN", "lost"]);
}

#[tokio::test]
async fn a_connection_that_was_upgraded_elsewhere_has_a_span_of_its_role() {
    let (log, _guard) = Log::start();
    let (ours, theirs) = tokio::io::duplex(1024);
    let mut server = upgraded(ours, Endpoint::Server, &patient());
    let mut client = upgraded(theirs, Endpoint::Client(Seed::new([7; 32])), &patient());
    let (closed, _) = tokio::join!(client.close(None), async { server.recv().await });
    assert!(closed.unwrap().was_clean);
    let lines = log.lines();
    for role in ["client", "server"] {
        let span = format!("websocket{{role={role:?}}}: ");
        let [opened, closed] = of(&span, &lines)[..] else { panic!("{lines:?}") };
        assert_says(opened, &["DEBUG", "opened"]);
        assert_says(closed, &["DEBUG", "closed", "was_clean=true"]);
    }
}

/// What an HTTP server says of a request is said of the WebSocket that it opens, and of what its
/// handler does.
#[cfg(feature = "axum")]
#[tokio::test]
async fn a_connection_of_an_http_servers_has_a_span_inside_the_requests() {
    let (log, _guard) = Log::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let extract = async |upgrade: WebSocketUpgrade| {
        let request = tracing::warn_span!("request", id = 1);
        request.in_scope(|| {
            upgrade.on_upgrade(OriginPolicy::Any, async |mut socket| {
                tracing::info!("the handler's own");
                while socket.recv().await.is_some() {}
            })
        })
    };
    let inspect = async |upgrade: WebSocketUpgrade| {
        let _request = tracing::warn_span!("request", id = 2).entered();
        let upgrade = upgrade.inspect(OriginPolicy::Any).unwrap();
        let (response, opening) = upgrade.accept(&Acceptance::new()).unwrap();
        tokio::spawn(async { opening.open().await.unwrap().recv().await });
        response.map(|()| axum::body::Body::empty())
    };
    let routes = axum::Router::new()
        .route("/1", axum::routing::any(extract))
        .route("/2", axum::routing::any(inspect));
    tokio::spawn(async { axum::serve(listener, routes).await });
    for id in [1, 2] {
        let mut client = connect(&format!("ws://{address}/{id}")).await.unwrap();
        assert!(client.close(None).await.unwrap().was_clean);
    }
    let lines = log.lines();
    let [opened, handlers, closed] = of(r#"request{id=1}:websocket{role="server"}: "#, &lines)[..]
    else {
        panic!("{lines:?}")
    };
    assert_says(opened, &["DEBUG", "opened"]);
    assert_says(handlers, &["INFO", "the handler's own"]);
    assert_says(closed, &["DEBUG", "closed", "was_clean=true"]);
    let [opened, closed] = of(r#"request{id=2}:websocket{role="server"}: "#, &lines)[..] else {
        panic!("{lines:?}")
    };
    assert_says(opened, &["DEBUG", "opened"]);
    assert_says(closed, &["DEBUG", "closed", "was_clean=true"]);
}

#[tokio::test]
async fn a_servers_connections_say_who_they_are_also_for_the_handler() {
    let (log, _guard) = Log::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let serving = tokio::spawn(Server::new(listener, OriginPolicy::Any).serve(async |pending| {
        let mut socket = pending.accept().await.unwrap();
        tracing::info!("the handler's own");
        while socket.recv().await.is_some() {}
    }));
    let mut client = connect(&url).await.unwrap();
    let ours = client.look(|stream| stream.get_ref().local_addr()).unwrap();
    assert!(client.close(None).await.unwrap().was_clean);
    serving.abort();
    let _ = serving.await;
    let lines = log.lines();
    let span = format!(r#"websocket{{role="server" peer="{ours}"}}: "#);
    let [opened, handlers, closed] = of(&span, &lines)[..] else { panic!("{lines:?}") };
    assert_says(opened, &["opened"]);
    assert_says(handlers, &["INFO", "the handler's own"]);
    assert_says(closed, &["closed"]);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_is_lost_is_a_warning() {
    let (log, _guard) = Log::start();
    let (connector, mut listener) = listen(1024);
    let stream = connector(String::new(), 0).await.unwrap();
    let config = Config { heartbeat: Some(Heartbeat::pings(SECOND, SECOND)), ..patient() };
    let client = Client::new("ws://h/").unwrap().config(config).connect_over(stream);
    let (client, _server) = tokio::join!(client, listener.accept());
    assert_eq!(client.unwrap().recv().await, None);
    let lines = log.lines();
    let lost = of(r#"websocket{role="client" url=ws://h/}: "#, &lines).pop().unwrap();
    assert_says(lost, &["WARN", "heartbeat lost"]);
}

fn each_second() -> Reconnect {
    Reconnect::with(Backoff::fixed(SECOND))
}

#[tokio::test(start_paused = true)]
async fn a_session_says_what_became_of_each_attempt() {
    let (log, _guard) = Log::start();
    let (connector, mut listener) = listen(1024);
    let builder = Session::builder("ws://h/feed?token=secret").unwrap();
    let connection = Config { heartbeat: Some(Heartbeat::pings(SECOND, SECOND)), ..patient() };
    let config =
        SessionConfig { connection, reconnect: Some(each_second()), ..SessionConfig::default() };
    let (session, mut events) = builder.config(config).connector(connector).connect().unwrap();
    let mut silent = Vec::new();
    for _ in 0..2 {
        let stream = listener.accept_raw().await;
        silent.push(accept_on(stream, &patient()).await);
        while !matches!(events.recv_event().await, Some(SessionEvent::Closed(_))) {}
    }
    drop(listener);
    while !matches!(events.recv_event().await, Some(SessionEvent::Closed(_))) {}
    session.close(None);
    while events.recv_event().await.is_some() {}

    let span = "session{url=ws://h/feed}: ";
    let said: [&[&str]; 11] = [
        &["DEBUG", "dialing", "attempt=1"],
        &["DEBUG", "opened"],
        &["WARN", "heartbeat lost"],
        &["INFO", "retry", "attempt=1", "failures=1", "wait=1s"],
        &["DEBUG", "dialing", "attempt=2"],
        &["DEBUG", "opened"],
        &["WARN", "heartbeat lost"],
        &["INFO", "retry", "attempt=2", "failures=2", "wait=1s"],
        &["DEBUG", "dialing", "attempt=3"],
        &["INFO", "no transport", "attempt=3", "nothing answers at h:80"],
        &["INFO", "retry", "attempt=3", "failures=3", "refused"],
    ];
    let lines = log.lines();
    let lines = of(span, &lines);
    for (line, said) in lines.iter().zip(said) {
        assert_says(line, said);
    }
    let [ended] = lines[said.len()..] else { panic!("{lines:#?}") };
    assert_says(ended, &["DEBUG", "ended"]);
}

#[tokio::test(start_paused = true)]
async fn the_browsers_object_says_the_same_and_so_do_its_handlers() {
    let (log, _guard) = Log::start();
    let (connector, mut listener) = listen(1024);
    let socket = WebSocket::builder("ws://h/")
        .reconnect(each_second())
        .connector(connector)
        .connect(|scope| scope.on_open(|_| tracing::info!("the handler's own")))
        .unwrap();
    drop(listener.accept().await);
    let mut server = listener.accept().await;
    while socket.ready_state() != ReadyState::Open {
        tokio::task::yield_now().await;
    }
    drop(socket);
    assert_eq!(server.recv().await, None);
    drop(server);
    network::until_tasks_are(0).await;
    let span = "session{url=ws://h/}: ";
    let said: [&[&str]; 8] = [
        &["dialing", "attempt=1"],
        &["opened"],
        &["the handler's own"],
        &["lost"],
        &["retry", "wait=1s"],
        &["dialing", "attempt=2"],
        &["opened"],
        &["the handler's own"],
    ];
    let lines = log.lines();
    let lines = of(span, &lines);
    for (line, said) in lines.iter().zip(said) {
        assert_says(line, said);
    }
    let [closed] = lines[said.len()..] else { panic!("{lines:#?}") };
    assert_says(closed, &["closed", "code=1001"]);
}
