//! Numbers that grow with a post's age, so that insights have something to show. The same post grows the same way
//! in every run.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

/// After this time a number has reached about two thirds of where it ends.
const PACE: Duration = Duration::from_secs(8 * 3600);

/// How large the number `what` of the post `id` is at this age; it ends below `most`.
pub fn grown(id: &str, what: &str, age: Duration, most: u64) -> u64 {
    let digest = Sha256::digest(format!("{what}/{id}"));
    let chance = f64::from(u16::from_be_bytes([digest[0], digest[1]])) / 65_536.0;
    // Squared: most posts end small, a few large, as on a real network.
    let end = most as f64 * chance * chance;
    (end * (1.0 - (-age.as_secs_f64() / PACE.as_secs_f64()).exp())).floor() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_starts_at_nothing_and_never_shrinks() {
        let at = |hours: u64| grown("7", "likes", Duration::from_secs(hours * 3600), 500);
        assert_eq!(at(0), 0);
        assert!((0..240).all(|hours| at(hours) <= at(hours + 1)));
        assert!((0..50).map(|post| grown(&post.to_string(), "likes", PACE * 9, 500)).any(|likes| likes > 50));
    }
}
