use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use futures_util::{SinkExt, StreamExt, stream};
use wirebeat_tokio::{CloseCode, Message, Next, SendErrorReason, SessionConfig, SessionEvent};

use crate::rig::{each_second, patient, start, until_closed, until_open};

/// Polls once, and finds that it waits.
async fn assert_waits(future: &mut (impl Future + Unpin)) {
    let polled = poll_fn(|cx| Poll::Ready(pin!(&mut *future).poll(cx).is_pending())).await;
    assert!(polled, "it's too early");
}

fn numbers(
    count: u32,
) -> impl futures_util::Stream<Item = Result<Message<'static>, SendErrorReason>> {
    stream::iter(0..count).map(|number| Ok(Message::from(number.to_string())))
}

/// More than has room in the outbox, before anybody has answered.
#[tokio::test(start_paused = true)]
async fn a_stream_is_sent_whole_and_in_order_before_the_session_ends() {
    let config = SessionConfig { connection: patient(), outbox_messages_max: 2, ..each_second() };
    let (session, mut events, mut listener) = start(|builder| builder.config(config));
    let sending = tokio::spawn(numbers(100).forward(session.clone()));
    let mut server = listener.accept().await;
    for number in 0..100 {
        assert_eq!(server.recv().await, Some(Message::from(number.to_string())));
    }
    assert_eq!(server.recv().await, None);
    assert_eq!(server.closed().unwrap().code, CloseCode::NORMAL);
    sending.await.unwrap().unwrap();
    drop(server);
    assert!(until_closed(&mut events).await.is_final());
    assert_eq!(events.recv_event().await, None);
}

/// What waits for the next connection isn't given up, and no connection follows that.
#[tokio::test(start_paused = true)]
async fn to_close_waits_for_the_connection_that_takes_what_waits() {
    let (mut session, mut events, mut listener) = start(|builder| builder.config(each_second()));
    let server = listener.accept().await;
    until_open(&mut events).await;
    drop(server);
    assert!(matches!(until_closed(&mut events).await.next, Next::At(_)));
    session.send("for the next one").unwrap();
    let mut closing = SinkExt::<Message<'_>>::close(&mut session);
    assert_waits(&mut closing).await;
    let (closed, mut server) = tokio::join!(closing, listener.accept());
    closed.unwrap();
    assert_eq!(server.recv().await, Some(Message::from("for the next one")));
    assert_eq!(server.recv().await, None);
    drop(server);
    assert!(until_closed(&mut events).await.is_final());
}

#[tokio::test(start_paused = true)]
async fn to_flush_waits_until_the_session_has_taken_it() {
    let config = SessionConfig { outbox_messages_max: 1, ..each_second() };
    let (mut session, mut events, mut listener) = start(|builder| builder.config(config));
    session.feed(Message::from("it waits")).await.unwrap();
    session.feed(Message::from("there is no room for it")).await.unwrap();
    assert_eq!(session.outbox_messages(), 1);
    // Another handle's own sink takes one more.
    let mut other = session.clone();
    SinkExt::<Message<'_>>::flush(&mut other).await.unwrap();
    let mut flushing = SinkExt::<Message<'_>>::flush(&mut session);
    assert_waits(&mut flushing).await;
    let (flushed, mut server) = tokio::join!(flushing, listener.accept());
    flushed.unwrap();
    until_open(&mut events).await;
    assert_eq!(server.recv().await, Some(Message::from("it waits")));
    assert_eq!(server.recv().await, Some(Message::from("there is no room for it")));
}

#[tokio::test(start_paused = true)]
async fn what_comes_too_late_is_an_error() {
    let config = SessionConfig { outbox_messages_max: 1, ..each_second() };
    let (mut session, mut events, _listener) = start(|builder| builder.config(config));
    session.feed(Message::from("it waits")).await.unwrap();
    session.feed(Message::from("there is no room for it")).await.unwrap();
    session.close(None);
    let error = SinkExt::<Message<'_>>::close(&mut session).await.unwrap_err();
    assert!(matches!(error, SendErrorReason::NotOpen(_)), "{error:?}");
    let error = session.feed(Message::from("too late")).await.unwrap_err();
    assert!(matches!(error, SendErrorReason::NotOpen(_)), "{error:?}");
    // What isn't held is nobody's loss.
    SinkExt::<Message<'_>>::close(&mut session).await.unwrap();
    while let Some(event) = events.recv_event().await {
        assert!(!matches!(event, SessionEvent::Message(_)));
    }
}
