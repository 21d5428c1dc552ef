use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use crate::Socket;
use crate::access::Access;
use crate::driver::{Departing, Driver};
use crate::output::{Output, Patience};
use crate::plan::{Look, Written};
use crate::reader::{ReadWait, Reader};
use crate::shared::{Shared, StdShared};
use crate::state::State;

/// A connection that its application holds whole, whoever else may have a part in it.
#[derive(Debug)]
pub(crate) enum Hold<S: Socket> {
    /// Nobody.
    Alone(Box<Departing<S>>),
    /// The [`Server`](crate::Server) that it came to, which may have to end it.
    Served(Hand<S>),
}

/// One hand on a connection, which it lets go of when it's dropped.
#[derive(Debug)]
pub(crate) struct Hand<S: Socket>(Arc<StdShared<S>>);

impl<S: Socket> Hold<S> {
    pub(crate) fn alone(driver: Driver<S>) -> Hold<S> {
        Hold::Alone(Box::new(Departing::new(driver)))
    }

    /// Holds what has one hand, which is this.
    pub(crate) fn served(shared: Arc<StdShared<S>>) -> Hold<S> {
        Hold::Served(Hand(shared))
    }

    /// Puts it into two hands.
    pub(crate) fn split(self) -> [Arc<StdShared<S>>; 2] {
        match self {
            Hold::Alone(driver) => {
                let shared = Arc::new(Shared::new(driver.into_driver(), 2));
                [Arc::clone(&shared), shared]
            }
            Hold::Served(hand) => {
                // This one lets go in the end.
                hand.0.add_hand();
                hand.0.add_hand();
                [Arc::clone(&hand.0), Arc::clone(&hand.0)]
            }
        }
    }

    pub(crate) fn socket(&self) -> &S {
        match self {
            Hold::Alone(driver) => &driver.socket,
            Hold::Served(hand) => hand.0.socket(),
        }
    }

    /// Looks at the state.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        match self {
            Hold::Alone(driver) => look(&driver.state),
            Hold::Served(hand) => hand.0.look(|state| look(state)),
        }
    }
}

impl<S: Socket> Drop for Hand<S> {
    fn drop(&mut self) {
        self.0.drop_hand();
    }
}

impl<S: Socket> Access for Hold<S> {
    type Socket = S;

    fn until<T>(
        &mut self,
        act: impl FnMut(&mut State, &S) -> ControlFlow<T, Option<Duration>>,
    ) -> T {
        match self {
            Hold::Alone(driver) => driver.until(act),
            Hold::Served(hand) => (&*hand.0).until(act),
        }
    }

    fn read(&mut self, reader: Reader, wait: ReadWait) -> Look {
        match self {
            Hold::Alone(driver) => driver.read(reader, wait),
            Hold::Served(hand) => (&*hand.0).read(reader, wait),
        }
    }

    fn write(&mut self, output: Output, patience: Patience) -> Written {
        match self {
            Hold::Alone(driver) => driver.write(output, patience),
            Hold::Served(hand) => (&*hand.0).write(output, patience),
        }
    }
}
