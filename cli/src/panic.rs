//! A panic hook that tells where, and not what: a panic's text may quote input.

use std::io::Write as _;

/// Installs the hook. Panics inside an evaluation are caught and become an `unknown`; they say nothing here.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        if soc2gate_engine::is_evaluating() {
            return;
        }
        let place = info
            .location()
            .map_or_else(String::new, |at| format!(" at {}:{}", at.file(), at.line()));
        // Nothing can be done when standard error is closed.
        let _ = writeln!(
            std::io::stderr(),
            "soc2gate: internal error{place}; nothing was decided. Please report this."
        );
    }));
}
