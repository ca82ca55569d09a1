//! The log: lines of JSON on standard error, without anything of an object but its name.

use tracing::Level;

/// Logs from a level on, panics among it: where one was, never what it says, since that may quote input.
pub fn start(level: Level) {
    // A second call leaves the first log.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_target(false)
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .try_init();
    std::panic::set_hook(Box::new(|info| {
        if soc2gate_engine::is_evaluating() {
            return;
        }
        let place = info
            .location()
            .map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
        tracing::error!(place, "internal error; please report this");
    }));
}
