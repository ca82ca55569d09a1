//! Bytes that look random and are a function of a seed.

use std::convert::Infallible;

use rsa::rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest as _, Sha256};

/// SHA-256 over the seed and a counter. What it gives is as secret as the seed is, so it serves where the bytes need
/// not be secret: the salt of RSASSA-PSS (RFC 8017 section 8.1), and blinding, which changes no result.
pub(super) struct Seeded {
    seed: [u8; 32],
    counter: u64,
    block: Vec<u8>,
}

impl Seeded {
    /// Starts from everything that the bytes shall depend on.
    pub(super) fn new(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part);
        }
        Self {
            seed: hasher.finalize().into(),
            counter: 0,
            block: Vec::new(),
        }
    }

    fn next(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.block.pop() {
                return byte;
            }
            let mut hasher = Sha256::new();
            hasher.update(self.seed);
            hasher.update(self.counter.to_be_bytes());
            self.counter = self.counter.wrapping_add(1);
            self.block = hasher.finalize().to_vec();
        }
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(std::array::from_fn(|_| self.next())))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(std::array::from_fn(|_| self.next())))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for byte in target {
            *byte = self.next();
        }
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_depend_on_the_seed_alone() {
        let bytes = |parts: &[&[u8]]| {
            let mut bytes = [0; 100];
            let Ok(()) = Seeded::new(parts).try_fill_bytes(&mut bytes);
            bytes
        };
        assert_eq!(bytes(&[b"a", b"b"]), bytes(&[b"a", b"b"]));
        assert_ne!(bytes(&[b"a", b"b"]), bytes(&[b"ab", b""]));
        assert_ne!(bytes(&[b"a"])[..32], bytes(&[b"a"])[32..64]);
    }
}
