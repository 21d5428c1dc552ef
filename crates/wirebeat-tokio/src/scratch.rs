use std::cell::Cell;

/// How much is read at once.
const SCRATCH_LEN: usize = 64 * 1024;

thread_local! {
    /// The buffer that all connections of this thread read into, while none of them does.
    static SCRATCH: Cell<Option<Box<[u8]>>> = const { Cell::new(None) };
}

/// A buffer to read into, for the time of one call: a connection that waits has none.
#[derive(Debug)]
pub(crate) struct Scratch(Option<Box<[u8]>>);

impl Scratch {
    /// Takes this thread's, or a new one if it's in use: a transport may itself be carried by a
    /// connection.
    pub(crate) fn take() -> Scratch {
        let pooled = SCRATCH.try_with(Cell::take).ok().flatten();
        Scratch(Some(pooled.unwrap_or_else(|| vec![0; SCRATCH_LEN].into_boxed_slice())))
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let bytes = self.0.take();
        // A thread that ends has no place for it any more.
        let _ = SCRATCH.try_with(|pooled| pooled.set(bytes));
    }
}
