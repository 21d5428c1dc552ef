//! Pictures: a run's timeline, and curves over time.
//!
//! | file | subject |
//! |---|---|
//! | `timeline` | lanes of hosts under a time axis |
//! | `lane` | what one lane shows |
//! | `plot` | curves over time |
//! | `pen` | text, lines and boxes in one hand |

mod lane;
mod pen;
mod plot;
mod timeline;

pub use plot::{Plot, plot_svg, plot_text};
pub use timeline::{TimelineOptions, timeline_svg};
