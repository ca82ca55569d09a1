//! Work on several threads that comes to the same as on one: every piece is a function of what it is given, and results
//! stay in order.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, ScopedJoinHandle, available_parallelism, scope};

/// Stack of a thread: no less than policies are parsed and evaluated with elsewhere.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// How many threads there are at most: more have nothing left to do.
const MOST: usize = 8;

/// How many small pieces of work are worth a thread.
const PIECES: usize = 8;

/// What comes of each item, in their order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    spread(items, PIECES, work)
}

/// The same where each item is worth a thread.
pub(crate) fn map_heavy<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    spread(items, 1, work)
}

/// Every thread takes the next `pieces` items that no thread has taken yet.
fn spread<T: Sync, R: Send>(items: &[T], pieces: usize, work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = available_parallelism()
        .map_or(1, usize::from)
        .min(MOST)
        .min(items.len() / pieces);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let parts: Vec<&[T]> = items.chunks(pieces).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done: Vec<(usize, Vec<R>)> = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(number) else {
                return done;
            };
            done.push((number, part.iter().map(&work).collect()));
        }
    };
    let mut done = scope(|scope| {
        // Where a thread cannot be started, the others do its work.
        let others: Vec<_> = (1..threads)
            .filter_map(|_| {
                let started = Builder::new().stack_size(STACK_BYTES);
                started.spawn_scoped(scope, run).ok()
            })
            .collect();
        let mut done = run();
        done.extend(others.into_iter().flat_map(joined));
        done
    });
    done.sort_unstable_by_key(|(number, _)| *number);
    done.into_iter().flat_map(|(_, results)| results).collect()
}

/// A panic goes on where the work was asked for.
fn joined<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn results_are_in_order() {
        for count in [0, 1, 7, 16, 17, 1_000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(map(&items, |item| item * 2), doubled);
            assert_eq!(map_heavy(&items, |item| item * 2), doubled);
        }
    }

    #[test]
    fn a_panic_is_the_caller_s() {
        let items: Vec<usize> = (0..100).collect();
        let panicked = catch_unwind(|| map(&items, |item| assert_ne!(*item, 99)));
        assert!(panicked.is_err());
    }
}
