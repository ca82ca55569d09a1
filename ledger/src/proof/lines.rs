//! What texts with proofs are made of.

use data_encoding::BASE64;

use crate::Hash;

/// A proof has no more hashes than a tree has levels.
const MAX_HASHES: usize = 64;

/// Hashes in base64, a line each.
pub(crate) fn hash_lines(hashes: &[Hash]) -> String {
    hashes
        .iter()
        .map(|hash| BASE64.encode(&hash.0) + "\n")
        .collect()
}

/// Hashes from their lines.
pub(crate) fn parse_hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Hash>> {
    let hashes: Vec<Hash> = lines
        .take(MAX_HASHES + 1)
        .map(|line| Hash::from_slice(&BASE64.decode(line.as_bytes()).ok()?))
        .collect::<Option<_>>()?;
    (hashes.len() <= MAX_HASHES).then_some(hashes)
}

/// A number in the one way that it is written.
pub(crate) fn number(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
