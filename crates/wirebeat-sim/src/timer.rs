use wirebeat::Timestamp;

/// A deadline, and the entry of the queue that stands for it.
///
/// A deadline that moves away leaves its entry where it is: it finds nothing to do when it comes,
/// and makes another. So a heartbeat that each byte puts off costs nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timer {
    /// By the host's clock.
    pub(crate) deadline: Option<Timestamp>,
    /// When the entry comes, by the simulation's clock.
    pub(crate) armed: Option<Timestamp>,
}
