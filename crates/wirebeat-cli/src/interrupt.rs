use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::Failure;

/// What a shell reports of a program that Ctrl-C has ended.
const EXIT_CODE: i32 = 130;

/// Ctrl-C: the first asks for an orderly end, the second doesn't wait for it.
#[derive(Clone)]
pub(crate) struct Interrupt {
    was_pressed: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
    end: Arc<dyn Fn() + Send + Sync>,
}

impl Interrupt {
    /// From now on, `end` is called at the first Ctrl-C (or SIGTERM, or the terminal's end), on a
    /// thread of its own.
    pub(crate) fn handle(end: impl Fn() + Send + Sync + 'static) -> Result<Interrupt, Failure> {
        let interrupt = Interrupt::new(end);
        let handled = interrupt.clone();
        ctrlc::set_handler(move || handled.press()).map_err(|error| {
            Failure::Io("Ctrl-C can't be handled".into(), io::Error::other(error))
        })?;
        Ok(interrupt)
    }

    fn new(end: impl Fn() + Send + Sync + 'static) -> Interrupt {
        Interrupt { was_pressed: Arc::default(), is_over: Arc::default(), end: Arc::new(end) }
    }

    /// What Ctrl-C does, for a line editor that gets it as a key.
    pub(crate) fn press(&self) {
        if self.is_over.load(Ordering::SeqCst) {
            return;
        }
        if self.was_pressed.swap(true, Ordering::SeqCst) {
            exit();
        }
        (self.end)();
    }

    /// The end has come: from now on, Ctrl-C does nothing, as there's nothing left to wait for.
    pub(crate) fn finish(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupt").field("was_pressed", &self.was_pressed).finish_non_exhaustive()
    }
}

/// Ends the program without a word: whoever asks twice doesn't want to wait for anything.
#[expect(clippy::disallowed_methods, reason = "main may be waiting for a peer that never answers")]
fn exit() -> ! {
    std::process::exit(EXIT_CODE)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn the_first_asks_for_an_end_and_none_does_anything_once_that_has_come() {
        let asked = Arc::<AtomicUsize>::default();
        let ask = Arc::clone(&asked);
        let interrupt = Interrupt::new(move || {
            ask.fetch_add(1, Ordering::SeqCst);
        });
        interrupt.press();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        interrupt.finish();
        // Otherwise this would end the test's process.
        interrupt.press();
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
