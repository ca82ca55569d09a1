//! Whether two globs match a common text: `regex.globs_match`.
//!
//! A glob is letters, `.` for any letter and classes such as `[a-z]`, each of which may be followed by `*` or `+`. The
//! question is answered by walking both globs at once, from the start of each, one common letter a step.

use std::ops::RangeInclusive;

use crate::rego::builtins::Failure;

/// How many pairs of places two globs may have: it bounds the walk.
const MOST_PAIRS: usize = 1_000_000;

/// The letters that a place of a glob stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Letters {
    Any,
    OneOf(Vec<RangeInclusive<char>>),
}

impl Letters {
    fn meet(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OneOf(left), Self::OneOf(right)) => left.iter().any(|left| {
                right
                    .iter()
                    .any(|right| left.start() <= right.end() && right.start() <= left.end())
            }),
            (Self::OneOf(ranges), Self::Any) | (Self::Any, Self::OneOf(ranges)) => {
                !ranges.is_empty()
            }
            (Self::Any, Self::Any) => true,
        }
    }
}

/// A place of a glob.
struct Place {
    letters: Letters,
    may_be_absent: bool,
    may_repeat: bool,
}

/// Whether there is a text of at least one letter that both globs match.
pub(super) fn intersect(left: &str, right: &str) -> Result<bool, Failure> {
    let (left, right) = (parse(left)?, parse(right)?);
    // As in OPA, no glob meets no glob.
    if left.is_empty() && right.is_empty() {
        return Ok(true);
    }
    let width = right.len() + 1;
    let pairs = (left.len() + 1) * width;
    if pairs > MOST_PAIRS {
        return Err(Failure::new("the globs are too long"));
    }
    let mut seen = vec![false; 2 * pairs];
    let mut open = vec![(0, 0, false)];
    while let Some((left_at, right_at, took_letter)) = open.pop() {
        let state = (left_at * width + right_at) * 2 + usize::from(took_letter);
        match seen.get_mut(state) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let (left_place, right_place) = (left.get(left_at), right.get(right_at));
        if took_letter && left_place.is_none() && right_place.is_none() {
            return Ok(true);
        }
        if left_place.is_some_and(|place| place.may_be_absent) {
            open.push((left_at + 1, right_at, took_letter));
        }
        if right_place.is_some_and(|place| place.may_be_absent) {
            open.push((left_at, right_at + 1, took_letter));
        }
        if let (Some(left_place), Some(right_place)) = (left_place, right_place)
            && left_place.letters.meet(&right_place.letters)
        {
            for left_next in nexts(left_place, left_at) {
                for right_next in nexts(right_place, right_at) {
                    open.push((left_next, right_next, true));
                }
            }
        }
    }
    Ok(false)
}

/// Where a glob can stand after a place took a letter: behind it, and at it again where it may repeat.
fn nexts(place: &Place, at: usize) -> impl Iterator<Item = usize> {
    std::iter::once(at + 1).chain(place.may_repeat.then_some(at))
}

fn parse(glob: &str) -> Result<Vec<Place>, Failure> {
    let mut places: Vec<Place> = Vec::new();
    let mut letters = glob.chars().peekable();
    let bad = |reason: &str| Failure::new(format!("input:{glob}: {reason}"));
    while let Some(letter) = letters.next() {
        let letters_of_place = match letter {
            '.' => Letters::Any,
            '*' | '+' => return Err(bad("bad input, a flag without a letter")),
            ']' => return Err(bad("bad input, set-close without a set")),
            '[' => set(&mut letters).ok_or_else(|| bad("bad input, a set is not closed"))?,
            '\\' => {
                let letter = letters
                    .next()
                    .ok_or_else(|| bad("bad input, an escape of nothing"))?;
                Letters::OneOf(vec![letter..=letter])
            }
            _ => Letters::OneOf(vec![letter..=letter]),
        };
        let flag = letters.next_if(|flag| matches!(flag, '*' | '+'));
        places.push(Place {
            letters: letters_of_place,
            may_be_absent: flag == Some('*'),
            may_repeat: flag.is_some(),
        });
    }
    Ok(places)
}

/// A class after its `[`.
fn set(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Letters> {
    let mut ranges = Vec::new();
    loop {
        let low = match letters.next()? {
            ']' => return Some(Letters::OneOf(ranges)),
            // A range needs both of its ends.
            '-' => return None,
            '\\' => letters.next()?,
            letter => letter,
        };
        let mut ahead = letters.clone();
        if ahead.next() == Some('-') {
            *letters = ahead;
            let high = match letters.next()? {
                ']' => return None,
                '\\' => letters.next()?,
                letter => letter,
            };
            (low <= high).then_some(())?;
            ranges.push(low..=high);
        } else {
            ranges.push(low..=low);
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("a.a.[0-9]+z", "b.*", false)]
    #[case("[a-z]+", "[0-9]*", false)]
    #[case(".*", "a", true)]
    #[case("a*", "b*", false)]
    #[case("a*b*", "b*a*", true)]
    #[case("a+b", "aaab", true)]
    #[case("a+b", "b", false)]
    #[case("x[a-c]+y", "xby", true)]
    #[case(r"a\*", "a.", true)]
    #[case("", "a*", false)]
    #[case("ä.", "..", true)]
    fn globs_meet(#[case] left: &str, #[case] right: &str, #[case] meet: bool) {
        assert_eq!(intersect(left, right), Ok(meet));
        assert_eq!(intersect(right, left), Ok(meet));
    }

    #[rstest]
    #[case("*")]
    #[case("[a")]
    #[case("[a-]")]
    #[case("[-a]")]
    #[case("a**")]
    #[case("\\")]
    fn a_glob_that_is_none_is_an_error(#[case] glob: &str) {
        assert!(intersect(glob, "a").is_err());
    }

    #[test]
    fn long_globs_end_soon() {
        let many = ".*".repeat(900);
        assert_eq!(
            intersect(&format!("{many}a"), &format!("{many}b")),
            Ok(false)
        );
        assert!(intersect(&".".repeat(5000), &".".repeat(5000)).is_err());
    }
}
