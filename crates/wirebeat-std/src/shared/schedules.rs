//! Every order in which the hands of a connection might get their turns, or many of them: shuttle
//! chooses which thread goes on at each lock, and no order may lose a wake-up, a byte or a Close.
//!
//! No timer ever comes here: what waits for one waits for ever, and is found.

mod transport;

use std::net::Shutdown;
use std::time::Duration;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};
use shuttle::{Runner, thread};
use wirebeat::{
    CloseCode, CloseFrame, Config, Connection, Endpoint, Event, Message, Seed, SendError, Timestamp,
};

use super::{Held, Shared};
use crate::Socket;
use crate::access::Access;
use crate::driver::Driver;
use crate::monitor::Monitor;
use crate::output::Patience;
use crate::state::{Clock, State};
use transport::{End, transport};

const SCHEDULES: usize = 10_000;

const MESSAGES: usize = 3;

/// shuttle's lock.
struct Turns<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Monitor<T> for Turns<T> {
    type Guard<'m>
        = MutexGuard<'m, T>
    where
        T: 'm;

    fn new(value: T) -> Turns<T> {
        Turns { value: Mutex::new(value), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap()
    }

    fn wait<'m>(&'m self, guard: MutexGuard<'m, T>, _: Option<Duration>) -> MutexGuard<'m, T> {
        self.changed.wait(guard).unwrap()
    }

    fn notify_all(&self) {
        self.changed.notify_all();
    }

    fn into_inner(self) -> T {
        self.value.into_inner().unwrap()
    }
}

/// No timer of these ever comes.
fn config() -> Config {
    const NEVER: Duration = Duration::from_secs(1 << 30);
    Config {
        heartbeat: None,
        open_timeout: None,
        write_stall_timeout: None,
        close_timeout: NEVER,
        linger: NEVER,
        // One message is more than it takes, so that senders wait for room too.
        send_queue_len_max: 60,
        ..Config::default()
    }
}

fn driver(end: End, endpoint: Endpoint) -> Driver<End> {
    let connection = Connection::established(endpoint, &config(), Timestamp::ZERO);
    let mut driver = Driver::new(end, connection, &config()).unwrap();
    driver.state.clock = Clock::Stepping(Timestamp::ZERO.into());
    driver
}

/// A client and a server that are connected.
fn connected() -> (Driver<End>, Driver<End>) {
    let (ours, theirs) = transport();
    let client = driver(ours, Endpoint::Client(Seed::new([7; 32])));
    (client, driver(theirs, Endpoint::Server))
}

type Hands = Shared<End, Turns<Held>>;

fn share(driver: Driver<End>, hands: usize) -> Arc<Hands> {
    Arc::new(Shared::new(driver, hands))
}

fn message(number: usize) -> Message<'static> {
    Message::from(format!("message {number} that is longer than the pipe"))
}

fn send(hands: &Hands, message: Message<'static>) {
    let mut access = hands;
    access.look_if_overdue();
    access
        .queue(message, |connection, now, message| connection.send(now, message))
        .expect("nobody closes before all is sent");
    access.flush();
}

fn send_alone(driver: &mut Driver<End>, message: Message<'static>) {
    driver
        .queue(message, |connection, now, message| connection.send(now, message))
        .expect("the client closes last");
    driver.flush();
}

fn recv(mut access: impl Access) -> Option<Message<'static>> {
    loop {
        if let Event::Message(message) = access.recv_event()? {
            return Some(message);
        }
    }
}

/// Receives all that was sent, in order.
fn recv_all(hands: &Hands) {
    for number in 0..MESSAGES {
        assert_eq!(recv(hands), Some(message(number)));
    }
}

/// Sends back what comes, with one thread, until the end.
fn echo(mut driver: Driver<End>) {
    while let Some(event) = driver.recv_event() {
        if let Event::Message(message) = event {
            send_alone(&mut driver, message);
        }
    }
    assert!(driver.state.closed().is_some_and(|closed| closed.was_clean));
}

/// Both flood each other, with two threads each; then one closes.
fn both_flood() {
    let (client, server) = connected();
    let server = share(server, 2);
    let serving = thread::spawn(move || {
        let sending = {
            let server = Arc::clone(&server);
            thread::spawn(move || (0..MESSAGES).for_each(|number| send(&server, message(number))))
        };
        recv_all(&server);
        sending.join().unwrap();
        assert_eq!(recv(&*server), None);
        assert!(server.look(|state| state.closed().unwrap().was_clean));
    });
    let client = share(client, 2);
    let sending = {
        let client = Arc::clone(&client);
        thread::spawn(move || (0..MESSAGES).for_each(|number| send(&client, message(number))))
    };
    recv_all(&client);
    sending.join().unwrap();
    let mut access = &*client;
    access.start_close(None).unwrap();
    access.flush();
    assert_eq!(recv(&*client), None);
    serving.join().unwrap();
}

/// A thread that only sends takes in what comes, or its peer would never read on.
fn one_sends_before_it_receives() {
    let (client, server) = connected();
    let serving = thread::spawn(move || echo(server));
    let client = share(client, 2);
    (0..2).for_each(|number| send(&client, message(number)));
    (0..2).for_each(|number| assert_eq!(recv(&*client), Some(message(number))));
    end(&client);
    serving.join().unwrap();
}

/// The same, while the other half receives.
fn one_sends_while_it_receives() {
    let (client, server) = connected();
    let serving = thread::spawn(move || echo(server));
    let client = share(client, 2);
    let sending = {
        let client = Arc::clone(&client);
        thread::spawn(move || (0..MESSAGES).for_each(|number| send(&client, message(number))))
    };
    recv_all(&client);
    sending.join().unwrap();
    end(&client);
    serving.join().unwrap();
}

fn end(mut access: &Hands) {
    access.start_close(None).unwrap();
    assert!(access.wait_for_end(State::keep_events).was_clean);
}

fn keep(client: Driver<End>) -> (Arc<Hands>, thread::JoinHandle<()>) {
    let client = share(client, 2);
    client.set_kept(true);
    let kept = Arc::clone(&client);
    (client, thread::spawn(move || kept.keep()))
}

/// Two that send and one that receives, and a thread that keeps the connection going; all hands are
/// dropped at the end, and the thread closes it.
fn kept_by_a_thread() {
    let (client, server) = connected();
    let serving = thread::spawn(move || echo(server));
    let (client, keeping) = keep(client);
    let sending = {
        let client = Arc::clone(&client);
        thread::spawn(move || {
            send(&client, message(0));
            client.drop_hand();
        })
    };
    assert_eq!(recv(&*client), Some(message(0)));
    send(&client, message(1));
    assert_eq!(recv(&*client), Some(message(1)));
    client.stop_receiving();
    client.drop_hand();
    for thread in [sending, keeping, serving] {
        thread.join().unwrap();
    }
    let closed = client.look(|state| state.closed().cloned()).unwrap();
    assert!(closed.was_clean && closed.code == CloseCode::GOING_AWAY);
}

/// Pings are answered while nothing is called, after more came than can be kept.
fn pinged_while_nothing_is_called() {
    let (client, mut server) = connected();
    let serving = thread::spawn(move || {
        ping(&mut server, 1);
        for number in 0..MESSAGES {
            send_alone(&mut server, message(number));
        }
        ping(&mut server, 2);
        // The first pong isn't reported if it came while a message was being sent.
        while !matches!(server.recv_event(), Some(Event::Pong { payload, .. }) if payload[0] == 2) {
        }
        server.start_close(None).unwrap();
        assert!(server.wait_for_end(State::drop_events).was_clean);
    });
    let (client, keeping) = keep(client);
    recv_all(&client);
    serving.join().unwrap();
    assert_eq!(recv(&*client), None);
    keeping.join().unwrap();
}

fn ping(server: &mut Driver<End>, number: u8) {
    server
        .queue((), |connection, now, ()| {
            connection
                .ping(now, &[number; 60])
                .map_err(|error| SendError { reason: error.reason, unsent: () })
        })
        .expect("nobody closes before all is sent");
    server.flush();
}

/// Both close, while one thread receives and another waits for the end.
fn both_close() {
    let (client, mut server) = connected();
    let serving = thread::spawn(move || {
        server.start_close(CloseFrame::new(4001, "").ok()).unwrap();
        server.write_out(Patience::Some);
        while recv(&mut server).is_some() {}
        assert!(server.state.closed().unwrap().was_clean);
    });
    let client = share(client, 2);
    let receiving = {
        let client = Arc::clone(&client);
        thread::spawn(move || assert_eq!(recv(&*client), None))
    };
    let mut access = &*client;
    access.start_close(CloseFrame::new(4002, "").ok()).unwrap();
    assert!(access.wait_for_end(State::keep_events).was_clean);
    receiving.join().unwrap();
    serving.join().unwrap();
}

/// The peer is gone in the midst of it: everybody ends, and nobody waits for ever.
fn the_peer_is_lost() {
    let (client, server) = connected();
    let client = share(client, 2);
    let sending = {
        let client = Arc::clone(&client);
        thread::spawn(move || {
            let mut access = &*client;
            loop {
                let sent = access
                    .queue(message(0), |connection, now, message| connection.send(now, message));
                match sent {
                    Ok(()) => access.flush(),
                    Err(_) => break,
                }
            }
        })
    };
    let receiving = {
        let client = Arc::clone(&client);
        thread::spawn(move || assert_eq!(recv(&*client), None))
    };
    server.socket.shutdown(Shutdown::Both).unwrap();
    sending.join().unwrap();
    receiving.join().unwrap();
}

/// Runs it under so many schedules of either kind. A seed that is given is run again.
fn check(scenario: impl Fn() + Copy + Send + Sync + 'static) {
    let seed = match std::env::var("SHUTTLE_SEED") {
        Ok(seed) => seed.parse().expect("SHUTTLE_SEED is a number"),
        Err(_) => getrandom::u64().unwrap(),
    };
    println!("SHUTTLE_SEED={seed}");
    let mut config = shuttle::Config::new();
    config.stack_size = 128 * 1024;
    let random = RandomScheduler::new_from_seed(seed, SCHEDULES);
    Runner::new(random, config.clone()).run(scenario);
    let pct = PctScheduler::new_from_seed(seed, 3, SCHEDULES);
    Runner::new(pct, config).run(scenario);
}

#[test]
fn no_schedule_stops_two_that_flood_each_other() {
    check(both_flood);
}

#[test]
fn no_schedule_stops_one_that_sends_before_it_receives() {
    check(one_sends_before_it_receives);
}

#[test]
fn no_schedule_stops_one_that_sends_while_it_receives() {
    check(one_sends_while_it_receives);
}

#[test]
fn no_schedule_leaves_pings_unanswered() {
    check(pinged_while_nothing_is_called);
}

#[test]
fn no_schedule_stops_a_connection_that_a_thread_keeps() {
    check(kept_by_a_thread);
}

#[test]
fn no_schedule_loses_a_close() {
    check(both_close);
}

#[test]
fn no_schedule_waits_for_a_peer_that_is_lost() {
    check(the_peer_is_lost);
}
