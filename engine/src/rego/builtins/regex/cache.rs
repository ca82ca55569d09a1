//! Compiled patterns, kept by each thread.

use std::cell::RefCell;

use regex::{Regex, RegexBuilder};

use super::re2;
use crate::rego::builtins::Failure;
use crate::rego::builtins::cache::Cache;

/// How large a compiled pattern may be: the default of the regex crate.
const SIZE_LIMIT: usize = 10 * 1024 * 1024;

thread_local! {
    static CACHE: RefCell<Cache<Regex>> = RefCell::default();
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
        cache.get(pattern, compile).map(run).map_err(Failure::new)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_too_large_is_refused() {
        assert!(with_pattern("(((a{1000}){1000}){1000})", |_| ()).is_err());
        assert!(with_pattern(r"\pL{20}", |_| ()).is_ok());
    }
}
