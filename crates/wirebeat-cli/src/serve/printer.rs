use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// How many lines may wait to be printed. Those that come then are left out.
const WAITING_MAX: usize = 4096;

/// Prints lines on a thread of its own: no connection waits for a pipe or a terminal that isn't
/// read.
#[derive(Debug)]
pub(crate) struct Printer {
    /// `None` once it has finished.
    running: Mutex<Option<Running>>,
    left_out: Arc<AtomicU64>,
}

#[derive(Debug)]
struct Running {
    lines: SyncSender<String>,
    thread: JoinHandle<()>,
}

impl Printer {
    /// Prints on the program's standard output.
    pub(crate) fn start() -> io::Result<Printer> {
        // The server goes on, whether or not anybody reads this.
        Printer::start_with(|line| drop(writeln!(anstream::stdout(), "{line}")))
    }

    pub(super) fn start_with(print: impl FnMut(&str) + Send + 'static) -> io::Result<Printer> {
        let (lines, waiting) = sync_channel(WAITING_MAX);
        let left_out = Arc::<AtomicU64>::default();
        let uncounted = Arc::clone(&left_out);
        let thread = thread::Builder::new()
            .name("print".into())
            .spawn(move || print_all(&waiting, &uncounted, print))?;
        Ok(Printer { running: Mutex::new(Some(Running { lines, thread })), left_out })
    }

    /// Has a line printed as soon as those before it are, if there's room for it to wait.
    pub(crate) fn print(&self, line: String) {
        if let Some(running) = &*self.running()
            && running.lines.try_send(line).is_err()
        {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until everything is printed. What comes from now on isn't.
    pub(crate) fn finish(&self) {
        let running = self.running().take();
        if let Some(Running { lines, thread }) = running {
            drop(lines);
            // If it has panicked, there's nobody left to tell.
            let _ = thread.join();
        }
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn print_all(waiting: &Receiver<String>, left_out: &AtomicU64, mut print: impl FnMut(&str)) {
    for line in waiting {
        print(&line);
        let left_out = left_out.swap(0, Ordering::Relaxed);
        if left_out > 0 {
            print(&format!("({left_out} lines are left out, as nobody was reading)"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn whoever_prints_does_not_wait_for_a_reader_and_is_told_what_is_left_out() {
        let (printed, output) = channel();
        let (go_on, wait) = channel::<()>();
        let printer = Printer::start_with(move |line| {
            let _ = wait.recv();
            let _ = printed.send(line.to_owned());
        });
        let printer = printer.expect("there's a thread");
        // One may be with the thread already.
        let count = WAITING_MAX + 1 + 10;
        for number in 0..count {
            printer.print(number.to_string());
        }
        drop(go_on);
        printer.finish();
        let lines: Vec<String> = output.iter().collect();
        let (notes, numbers): (Vec<_>, Vec<_>) =
            lines.into_iter().partition(|line| line.starts_with('('));
        let expected: Vec<_> = (0..numbers.len()).map(|number| number.to_string()).collect();
        assert_eq!(numbers, expected, "in order, and the first of them");
        let left_out = count - numbers.len();
        assert!((10..=11).contains(&left_out), "{left_out}");
        assert_eq!(notes, [format!("({left_out} lines are left out, as nobody was reading)")]);
    }

    #[test]
    fn everything_is_printed_when_it_has_finished_and_nothing_after() {
        let (printed, output) = channel();
        let printer = Printer::start_with(move |line| drop(printed.send(line.to_owned())));
        let printer = printer.expect("there's a thread");
        printer.print("first".into());
        printer.print("second".into());
        printer.finish();
        printer.print("third".into());
        assert_eq!(output.iter().collect::<Vec<_>>(), ["first", "second"]);
    }
}
