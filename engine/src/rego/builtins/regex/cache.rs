//! Compiled patterns, kept by each thread.
//!
//! A pattern is lent, never cloned: a clone would start with an empty scratch space.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use super::re2;
use crate::rego::builtins::Failure;

/// How large a compiled pattern may be: the default of the regex crate.
const SIZE_LIMIT: usize = 10 * 1024 * 1024;

/// How many patterns a generation holds.
const GENERATION: usize = 128;

/// Two generations: what was used since the younger one was started, and before. A full one becomes the older.
#[derive(Default)]
struct Cache {
    young: HashMap<String, Regex>,
    old: HashMap<String, Regex>,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

impl Cache {
    fn get(&mut self, pattern: &str) -> Result<&Regex, String> {
        if !self.young.contains_key(pattern) {
            let regex = match self.old.remove(pattern) {
                Some(regex) => regex,
                None => compile(pattern)?,
            };
            if self.young.len() >= GENERATION {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(pattern.to_owned(), regex);
        }
        self.young
            .get(pattern)
            .ok_or_else(|| "no such pattern".to_owned())
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let translated =
        re2::translate(pattern).map_err(|reason| format!("error parsing regexp: {reason}"))?;
    RegexBuilder::new(&translated)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| format!("error parsing regexp: {}", last_line(&error.to_string())))
}

fn last_line(message: &str) -> &str {
    message.lines().last().unwrap_or_default().trim()
}

/// Lends the compiled pattern.
pub(in crate::rego::builtins) fn with_pattern<T>(
    pattern: &str,
    run: impl FnOnce(&Regex) -> T,
) -> Result<T, Failure> {
    CACHE.with(|cache| {
        let mut cache = cache.borrow_mut();
        cache.get(pattern).map(run).map_err(Failure::new)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let mut cache = Cache::default();
        for number in 0..1000 {
            cache.get("kept").unwrap();
            cache.get(&format!("pattern {number}")).unwrap();
            assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION);
        }
        assert!(cache.young.contains_key("kept") || cache.old.contains_key("kept"));
    }

    #[test]
    fn a_pattern_too_large_is_refused() {
        assert!(with_pattern("(((a{1000}){1000}){1000})", |_| ()).is_err());
        assert!(with_pattern(r"\pL{20}", |_| ()).is_ok());
    }
}
