use wirebeat::ReadyState;
use wirebeat::session::SessionClosed;
use wirebeat::websocket::{BinaryType, Scope};

/// What the application sees while the WebSocket itself is the thread's.
#[derive(Debug)]
pub(super) struct View {
    pub(super) url: String,
    pub(super) protocol: String,
    pub(super) extensions: String,
    pub(super) ready_state: ReadyState,
    pub(super) buffered_amount: u64,
    pub(super) binary_type: BinaryType,
    pub(super) closed: Option<SessionClosed>,
    pub(super) retry_count: u32,
}

impl View {
    pub(super) fn new(scope: &Scope<'_>) -> View {
        View {
            url: scope.url().into(),
            protocol: scope.protocol().into(),
            extensions: scope.extensions().into(),
            ready_state: scope.ready_state(),
            buffered_amount: scope.buffered_amount(),
            binary_type: scope.binary_type(),
            closed: scope.closed().cloned(),
            retry_count: scope.retry_count(),
        }
    }

    /// Shows the WebSocket as it is now.
    pub(super) fn refresh(&mut self, scope: &Scope<'_>) {
        let set = |shown: &mut String, now: &str| {
            if shown != now {
                *shown = now.into();
            }
        };
        set(&mut self.url, scope.url());
        set(&mut self.protocol, scope.protocol());
        set(&mut self.extensions, scope.extensions());
        self.ready_state = scope.ready_state();
        self.buffered_amount = scope.buffered_amount();
        self.binary_type = scope.binary_type();
        if self.closed.as_ref() != scope.closed() {
            self.closed = scope.closed().cloned();
        }
        self.retry_count = scope.retry_count();
    }
}
