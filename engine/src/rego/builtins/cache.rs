//! What is made from a text and used again, kept by each thread. It is lent, never cloned: the clone of a compiled pattern
//! would start with an empty scratch space.

use std::collections::HashMap;

/// How many values a generation holds.
const GENERATION: usize = 128;

/// Two generations: what was used since the younger one was started, and before. A full one becomes the older.
pub(super) struct Cache<V> {
    young: HashMap<String, V>,
    old: HashMap<String, V>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<V> Cache<V> {
    /// What was made from a text, or is made now.
    pub(super) fn get(
        &mut self,
        text: &str,
        make: impl FnOnce(&str) -> Result<V, String>,
    ) -> Result<&V, String> {
        if !self.young.contains_key(text) {
            let value = match self.old.remove(text) {
                Some(value) => value,
                None => make(text)?,
            };
            if self.young.len() >= GENERATION {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(text.to_owned(), value);
        }
        self.young
            .get(text)
            .ok_or_else(|| "no such pattern".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_and_keeps_what_is_used() {
        let mut cache: Cache<usize> = Cache::default();
        let mut made = 0;
        for number in 0..1000 {
            cache
                .get("kept", |_| {
                    made += 1;
                    Ok(0)
                })
                .unwrap();
            cache.get(&number.to_string(), |_| Ok(number)).unwrap();
            assert!(cache.young.len() + cache.old.len() <= 2 * GENERATION);
        }
        assert_eq!(made, 1);
        assert_eq!(
            cache.get("bad", |_| Err("no".to_owned())),
            Err("no".to_owned())
        );
    }
}
