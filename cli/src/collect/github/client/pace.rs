//! Time, as the client knows it, so that tests need not wait.

use std::io::{self, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The clock, waiting, and chance.
pub(crate) trait Pace {
    /// Time since the client was made.
    fn elapsed(&self) -> Duration;
    /// The time of day.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn wait(&self, time: Duration);
    /// A number from 0 to 255, by chance.
    fn chance(&self) -> u8;
    /// Says something to whoever waits for the end.
    fn tell(&self, what: &str);
}

/// The system's time.
#[derive(Debug)]
pub(crate) struct SystemPace(Instant);

impl SystemPace {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Pace for SystemPace {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn wait(&self, time: Duration) {
        thread::sleep(time);
    }

    fn chance(&self) -> u8 {
        let mut byte = [0];
        // Without chance every wait has the same length, which is no harm.
        let _ = getrandom::fill(&mut byte);
        byte[0]
    }

    fn tell(&self, what: &str) {
        // Nothing can be done when standard error is closed.
        let _ = writeln!(io::stderr(), "{what}");
    }
}
