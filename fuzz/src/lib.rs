//! What the fuzz targets share: loading and judging one policy, the watch over panics, and a generator of Rego.

mod generate;
mod run;

use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicUsize, Ordering};

pub use generate::policy_and_input;
pub use run::{evaluate, load};

/// Panics that the engine caught, so far.
static CAUGHT: AtomicUsize = AtomicUsize::new(0);

/// Lets panics within an evaluation pass, which the engine catches and counts as unknown, and ends the process at any
/// other. libFuzzer's own hook would end it at all of them.
pub fn watch_panics() {
    let report = std::panic::take_hook();
    drop(report);
    std::panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let count = CAUGHT.fetch_add(1, Ordering::Relaxed);
        if !soc2gate_engine::is_evaluating() {
            eprintln!("panic outside of an evaluation: {panic}");
            std::process::abort();
        }
        if count < 200 {
            eprintln!("caught panic {}: {panic}", count + 1);
        }
    }));
}
