//! What an operator reads: each event, and whose it is.
#![cfg(feature = "tracing")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

#[path = "support/network.rs"]
mod network;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use network::{SECOND, accept_on, listen, patient};
use tokio::net::TcpListener;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use wirebeat_tokio::browser::WebSocket;
use wirebeat_tokio::{
    Backoff, Client, CloseCode, CloseFrame, Config, Heartbeat, OriginPolicy, ReadyState, Reconnect,
    Server, Session, SessionConfig, SessionEvent, connect,
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
        self.0.lock().unwrap().write(bytes)
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
    let [opened, closed] = &log.lines()[..] else { panic!("{:?}", log.lines()) };
    let span = r#"websocket{role="client" url=ws://h:7/chat}: "#;
    assert_says(opened, &["DEBUG", span, "opened"]);
    assert_says(closed, &["DEBUG", span, "closed", "code=1000", "was_clean=true"]);
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
    let span = format!(r#"websocket{{role="server" peer="{ours}"}}: "#);
    let lines: Vec<_> = log.lines().into_iter().filter(|line| line.contains(&span)).collect();
    let [opened, handlers, closed] = &lines[..] else { panic!("{:?}", log.lines()) };
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
    let lost = log.lines().pop().unwrap();
    assert_says(&lost, &["WARN", r#"websocket{role="client" url=ws://h/}: "#, "heartbeat lost"]);
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
    for (line, said) in lines.iter().zip(said) {
        assert_says(line, &[span]);
        assert_says(line, said);
    }
    let [ended] = &lines[said.len()..] else { panic!("{lines:#?}") };
    assert_says(ended, &["DEBUG", span, "ended"]);
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
    for (line, said) in lines.iter().zip(said) {
        assert_says(line, &[span]);
        assert_says(line, said);
    }
    let [closed] = &lines[said.len()..] else { panic!("{lines:#?}") };
    assert_says(closed, &[span, "closed", "code=1001"]);
}
