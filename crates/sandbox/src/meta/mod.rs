//! What the products of Meta share: the error envelope of the Graph API, parameters, `fields` with sub-fields, pages of
//! lists, tokens that are exchanged and prolonged, containers, rolling quotas, signed requests, and media that the
//! network fetches.
//!
//! Here are the mechanics. Which words, numbers and paths a product uses stands with the product.

pub mod app;
pub mod calls;
pub mod containers;
pub mod error;
pub mod fetch;
pub mod fields;
pub mod film;
pub mod hooks;
pub mod paging;
pub mod params;
pub mod places;
pub mod quotas;
pub mod text;
pub mod tokens;

use base::Timestamp;

/// A time as the Graph API writes it: `2024-09-12T23:17:39+0000`.
pub fn written(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// Reads a time as `since` and `until` take it: seconds since 1970, a date, or RFC 3339.
pub fn read_time(text: &str) -> Option<Timestamp> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse().ok().map(Timestamp::from_seconds).or_else(|| Timestamp::parse(text).ok()).or_else(|| {
        let day = day()?;
        Some(Timestamp::from_jiff(day.timestamp()))
    })
}

/// Whether an account can have this name.
pub fn is_username(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.';
    (1..=30).contains(&name.len()) && name.bytes().all(allowed)
}

/// Letters of shortcodes.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The letters that stand for an id in the address of a post.
pub fn shortcode(id: u64) -> String {
    let mut rest = id;
    let letters = std::iter::from_fn(|| {
        let letter = (rest > 0).then(|| char::from(LETTERS[(rest % 64) as usize]));
        rest /= 64;
        letter
    });
    letters.collect::<Vec<_>>().into_iter().rev().collect()
}

/// Whether a knob that hits one in so many hits this time; 0 never does.
pub fn strikes(one_in: u64, random: &dyn base::Random) -> bool {
    one_in > 0 && random.below(one_in) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_three_forms_and_written_in_one() {
        let at = Timestamp::from_seconds(1_726_183_059);
        assert_eq!(written(at), "2024-09-12T23:17:39+0000");
        assert_eq!(read_time("1726183059"), Some(at));
        assert_eq!(read_time("2024-09-12T23:17:39Z"), Some(at));
        assert_eq!(read_time("2024-09-12"), Some(Timestamp::from_seconds(1_726_099_200)));
        assert_eq!(read_time("yesterday-ish"), None);
    }

    #[test]
    fn a_shortcode_is_the_id_to_the_base_of_64() {
        assert_eq!([1, 63, 64, 64 * 64 + 2].map(shortcode), ["B", "_", "BA", "BAC"]);
    }
}
