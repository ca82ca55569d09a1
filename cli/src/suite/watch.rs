//! Runs again whenever a file changes.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecursiveMode, Watcher as _, recommended_watcher};

use super::watched;

/// Editors write a file in several steps: what follows within this time belongs to one change.
const QUIET: Duration = Duration::from_millis(150);

/// Calls `run` now and after every change below the paths, until that can no longer be watched.
///
/// # Errors
/// Where the paths cannot be watched.
pub(crate) fn watch(paths: &[PathBuf], mut run: impl FnMut()) -> notify::Result<()> {
    let (sender, changes) = channel();
    let mut watcher = recommended_watcher(move |event: notify::Result<Event>| {
        let is_change = event.map_or(true, |event| !matches!(event.kind, EventKind::Access(_)));
        if is_change {
            // The other end is gone only when the program ends.
            let _ = sender.send(());
        }
    })?;
    for path in watched(paths) {
        watcher.watch(&path, RecursiveMode::Recursive)?;
    }
    run();
    while changes.recv().is_ok() {
        settle(&changes);
        run();
    }
    Ok(())
}

/// Waits until nothing changes any more.
fn settle(changes: &Receiver<()>) {
    while !matches!(
        changes.recv_timeout(QUIET),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected)
    ) {}
}
