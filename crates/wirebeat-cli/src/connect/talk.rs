use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;

use wirebeat_std::{CloseCode, CloseFrame, Event, Kind, Message, Payload, Sender, WebSocket};

use super::Arguments;
use super::ending;
use super::input::{InputEnd, Outcome, Sink, Source};
use super::options::Wait;
use super::report::Reporter;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::options::saved;

/// How many events may wait to be printed. No more are received then.
const UNPRINTED_MAX: usize = 16;

/// Sends what the source gives and prints what comes, both at the same time, until the connection
/// has ended.
pub(crate) fn until_the_end(
    socket: WebSocket<TcpStream>,
    source: Source,
    reporter: Reporter,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let (sender, mut receiver) = socket.split();
    let reporter = Arc::new(reporter);
    let interrupt = closing_on_interrupt(sender.clone(), Arc::clone(&reporter))?;
    // One sign that something came is as good as many.
    let (sign, signs) = mpsc::sync_channel(1);
    let outcome = Arc::new(Outcome::default());
    let input = Input {
        source,
        sender: sender.clone(),
        signs,
        wait: if arguments.once { Wait::Forever } else { arguments.wait },
        is_once: arguments.once,
    };
    input.start(Arc::clone(&outcome), interrupt.clone())?;

    print_all(&mut receiver, &reporter, &sign, &sender, arguments.once)?;
    let (is_refused, failure) = outcome.take();
    let Some(closed) = receiver.closed() else { return Ok(()) };
    interrupt.finish();
    let verdict = match failure {
        Some(failure) => Err(failure),
        None => ending::judge(closed, is_refused),
    };
    if let Some(savings) = sender.savings() {
        reporter.note(&saved(&savings))?;
    }
    reporter.closed(closed, verdict.is_err())?;
    verdict
}

/// Prints every event, and closes at the first message if there is to be one alone.
///
/// What is received is printed on another thread: while nobody reads the output, pings are still
/// answered.
fn print_all(
    receiver: &mut wirebeat_std::Receiver<TcpStream>,
    reporter: &Reporter,
    sign: &SyncSender<()>,
    sender: &Sender<TcpStream>,
    is_once: bool,
) -> Result<(), Failure> {
    let (queue, events) = mpsc::sync_channel(UNPRINTED_MAX);
    thread::scope(|scope| {
        let print = move || {
            let printed = events.iter().try_for_each(|event| reporter.event(&event));
            if printed.is_err() {
                // Nobody reads what comes: there is nothing to wait for.
                Sink::close(sender);
            }
            printed
        };
        let printer = thread::Builder::new()
            .name("output".into())
            .spawn_scoped(scope, print)
            .map_err(no_thread)?;
        let mut is_enough = false;
        while let Some(event) = receiver.recv_event() {
            // If a sign is there already, or nobody waits for one, that's as well.
            let _ = sign.try_send(());
            let is_message = matches!(event, Event::Message(_));
            if is_enough && is_message {
                continue;
            }
            // The printer has ended if it failed, which it tells below.
            let _ = queue.send(event);
            if is_message && is_once {
                is_enough = true;
                Sink::close(sender);
            }
        }
        drop(queue);
        // It prints, and has no reason to panic.
        printer.join().unwrap_or(Ok(()))
    })
}

/// Closes at the first Ctrl-C.
pub(crate) fn closing_on_interrupt(
    sender: impl Sink + Send + Sync + 'static,
    reporter: Arc<Reporter>,
) -> Result<Interrupt, Failure> {
    Interrupt::handle(move || {
        // Whether it can be said changes nothing.
        let _ = reporter.note("closing; Ctrl-C ends it at once");
        sender.close();
    })
}

pub(crate) fn no_thread(error: io::Error) -> Failure {
    Failure::Io("no thread can be started".into(), error)
}

/// The side that sends, which has a thread of its own.
pub(crate) struct Input<S> {
    pub(crate) source: Source,
    pub(crate) sender: S,
    /// One for each event that has come.
    pub(crate) signs: Receiver<()>,
    pub(crate) wait: Wait,
    pub(crate) is_once: bool,
}

impl<S: Sink + Send + 'static> Input<S> {
    pub(crate) fn start(self, outcome: Arc<Outcome>, interrupt: Interrupt) -> Result<(), Failure> {
        let run = move || self.run(&outcome, &interrupt);
        // It's left behind at the end of the connection: nothing can stop a read.
        thread::Builder::new().name("input".into()).spawn(run).map_err(no_thread)?;
        Ok(())
    }

    fn run(self, outcome: &Outcome, interrupt: &Interrupt) {
        let Input { source, sender, signs, wait, is_once } = self;
        match (source.send_to(&sender, is_once, outcome, interrupt), wait) {
            (InputEnd::Close | InputEnd::Stopped, _) => sender.close(),
            (InputEnd::End, Wait::Forever) => {}
            (InputEnd::End, Wait::Quiet(quiet)) => loop {
                match signs.recv_timeout(quiet) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) if sender.is_waiting() => {}
                    Err(RecvTimeoutError::Timeout) => return sender.close(),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            },
        }
    }
}

impl Sink for Sender<TcpStream> {
    fn send(&self, message: Message<'_>) -> bool {
        Sender::send(self, message).is_ok()
    }

    fn send_part(&self, part: Payload<'_>, is_first: bool, is_last: bool) -> bool {
        self.send_fragment(is_first.then_some(Kind::Binary), part, is_last).is_ok()
    }

    fn close(&self) {
        // A client may send this code, and where closing has begun it changes nothing.
        let frame = CloseFrame::new(CloseCode::NORMAL, "").ok();
        let _ = self.start_close(frame);
    }

    fn is_waiting(&self) -> bool {
        false
    }
}
