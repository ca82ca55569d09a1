//! Work on several threads that comes to the same as on one: every piece is a function of what it is given, and results
//! stay in order.

use std::panic::resume_unwind;
use std::thread::{Builder, ScopedJoinHandle, available_parallelism, scope};

/// Stack of a thread: no less than policies are parsed and evaluated with elsewhere.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// How many threads there are at most: more have nothing left to do.
const MOST: usize = 8;

/// How many pieces of work are worth a thread.
const PIECES: usize = 8;

/// What comes of each item, in their order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = available_parallelism()
        .map_or(1, usize::from)
        .min(MOST)
        .min(items.len() / PIECES);
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    let mut parts = items.chunks(items.len().div_ceil(threads));
    let own = parts.next().unwrap_or_default();
    scope(|scope| {
        let others: Vec<_> = parts
            .map(|part| {
                let all = move || part.iter().map(work).collect::<Vec<R>>();
                let started = Builder::new().stack_size(STACK_BYTES);
                (part, started.spawn_scoped(scope, all).ok())
            })
            .collect();
        let mut results: Vec<R> = own.iter().map(work).collect();
        for (part, other) in others {
            match other {
                Some(other) => results.extend(joined(other)),
                // No thread could be started.
                None => results.extend(part.iter().map(work)),
            }
        }
        results
    })
}

/// What comes of two pieces of work.
pub(crate) fn both<A, B: Send>(first: impl FnOnce() -> A, second: impl Fn() -> B + Sync) -> (A, B) {
    let second = &second;
    scope(|scope| {
        let started = Builder::new().stack_size(STACK_BYTES);
        let other = started.spawn_scoped(scope, second).ok();
        (first(), other.map_or_else(second, joined))
    })
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
        }
        assert_eq!(both(|| 1, || 2), (1, 2));
    }

    #[test]
    fn a_panic_is_the_caller_s() {
        let items: Vec<usize> = (0..100).collect();
        let panicked = catch_unwind(|| map(&items, |item| assert_ne!(*item, 99)));
        assert!(panicked.is_err());
        assert!(catch_unwind(|| both(|| 1, || assert_ne!(1, 1))).is_err());
    }
}
