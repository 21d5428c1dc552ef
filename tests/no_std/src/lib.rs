//! A program's worth of `no_std`: a panic handler, an allocator, and the core.
//!
//! A second panic handler, std's, anywhere among the dependencies is a compile-time error: that this
//! builds proves that the core and all behind it do without std. `.ci/no_std` builds it, and sees it
//! fail with the feature `with_std`.
#![no_std]
#![forbid(unsafe_code)]

use core::panic::PanicInfo;

use static_alloc::Bump;
use wirebeat::handshake::Request;
use wirebeat::session::{Session, SessionConfig, Target, Wanted};
use wirebeat::{Config, Connection, Input, Seed, Timestamp};

#[global_allocator]
static HEAP: Bump<[u8; 64 * 1024]> = Bump::uninit();

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// A connection and one round of its driver's loop: so that the core is linked, not only named.
pub fn drive(
    request: Request,
    seed: &Seed,
    now: Timestamp,
    received: &mut [u8],
) -> Option<Timestamp> {
    let mut connection = Connection::client(request, &Config::default(), seed, now);
    let mut input = Input::new(received);
    while connection.receive(now, &mut input).is_some() {}
    connection.handle_timeout(now);
    connection.poll_timeout()
}

/// A session that dials, and one round of its driver's loop.
pub fn drive_session(
    request: Request,
    seed: Seed,
    now: Timestamp,
    received: &mut [u8],
) -> Option<Timestamp> {
    let mut session =
        Session::new(Target::new(request, false), SessionConfig::default(), seed, now);
    if let Wanted::Dial(attempt) = session.wanted() {
        session.handle_dialed(now, attempt);
        let mut input = Input::new(received);
        while session.receive(now, attempt, &mut input).is_some() {}
    }
    session.handle_timeout(now);
    session.poll_timeout()
}
