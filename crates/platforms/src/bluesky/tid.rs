//! Timestamp ids (TIDs), the record keys of posts.
//!
//! The key is minted from the operation, not from the moment of the call: every attempt at one part writes to the same
//! key, so that the second write of the same record is a no-op (`docs/platforms/bluesky.md`, Exactly once).

use base::Timestamp;
use sha2::{Digest as _, Sha256};

/// Base 32 in the order of ASCII, so that keys sort as their numbers do.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
const LETTERS: usize = 13;

/// The record key of the operation `op_id` that began at `begun_at`.
///
/// A TID is 53 bits of microseconds and 10 bits that tell clocks apart. The millisecond is that of `begun_at`; the
/// microseconds in it and the 10 bits come from the operation's name, so that two operations of one account that
/// begin in the same millisecond differ in all but one of a million cases.
pub(super) fn mint(begun_at: Timestamp, op_id: &str) -> String {
    let digest = Sha256::digest(op_id.as_bytes());
    let chance = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let millis = u64::try_from(begun_at.as_micros().div_euclid(1_000)).unwrap_or(0);
    let micros = (millis * 1_000 + u64::from(chance >> 10) % 1_000) & ((1 << 53) - 1);
    encode((micros << 10) | u64::from(chance & 0x3ff))
}

fn encode(bits: u64) -> String {
    (0..LETTERS).map(|place| char::from(ALPHABET[((bits >> (5 * (LETTERS - 1 - place))) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_tid(text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.len() == LETTERS && bytes.iter().all(|b| ALPHABET.contains(b)) && ALPHABET[..16].contains(&bytes[0])
    }

    #[test]
    fn numbers_are_written_as_the_network_writes_them() {
        assert_eq!(encode(0), "2222222222222");
        assert_eq!(encode(31), "222222222222z");
        assert_eq!(encode((1 << 63) - 1), "bzzzzzzzzzzzz");
    }

    #[test]
    fn the_same_operation_has_the_same_key_and_another_has_another() {
        let at = Timestamp::parse("2026-11-22T01:00:00.123456Z").expect("valid");
        assert_eq!(mint(at, "op-1"), mint(at, "op-1"));
        assert_ne!(mint(at, "op-1"), mint(at, "op-2"), "two parts that begin in one instant");
        assert!(is_tid(&mint(at, "op-1")));
    }

    #[test]
    fn later_operations_sort_later() {
        let at = |text: &str| mint(Timestamp::parse(text).expect("valid"), "op");
        let mut keys = [at("2026-11-22T01:00:00Z"), at("2026-11-22T01:00:00.001Z"), at("2041-01-01T00:00:00Z")];
        let sorted = keys.clone();
        keys.sort();
        assert_eq!(keys, sorted);
        assert!(keys.iter().all(|key| is_tid(key)));
    }

    #[test]
    fn thousands_of_operations_in_one_instant_rarely_meet() {
        let at = Timestamp::from_seconds(1_900_000_000);
        let keys: std::collections::HashSet<_> = (0..300).map(|n| mint(at, &format!("op-{n}"))).collect();
        assert!(keys.len() >= 299, "{} of 300", keys.len());
    }
}
