//! The identifiers of the AT Protocol: what a TID, handle, DID, record key, AT-URI, date or language tag looks like.
//!
//! Pure text rules. Whether the thing named exists is not decided here.

use base::Timestamp;

const BASE32_SORTABLE: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// A TID for `micros` microseconds since 1970 and a 10-bit clock id: 13 letters that sort by time.
pub fn tid(micros: i64, clock_id: u16) -> String {
    let bits = ((micros as u64) & ((1 << 53) - 1)) << 10 | u64::from(clock_id & 0x3ff);
    (0..13).rev().map(|place| char::from(BASE32_SORTABLE[(bits >> (5 * place) & 31) as usize])).collect()
}

/// A TID has 13 letters of the sortable base 32 and a high bit of zero.
pub fn is_tid(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|letter| BASE32_SORTABLE.contains(&letter)) && text.as_bytes()[0] <= b'j'
}

/// A record key: 1 to 512 of `A-Z a-z 0-9 . _ : ~ -`, and neither `.` nor `..`.
pub fn is_record_key(text: &str) -> bool {
    (1..=512).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:~-".contains(&b))
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A handle is a domain name of at least two labels whose last one begins with a letter; 253 bytes at most.
pub fn is_handle(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    text.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && labels.last().is_some_and(|last| last.as_bytes()[0].is_ascii_alphabetic())
}

/// A DID: `did:method:rest`, 2048 bytes at most.
pub fn is_did(text: &str) -> bool {
    let Some((method, rest)) = text.strip_prefix("did:").and_then(|tail| tail.split_once(':')) else { return false };
    text.len() <= 2048
        && !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_lowercase())
        && !rest.is_empty()
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:%-".contains(&b))
        && !rest.ends_with([':', '%'])
}

/// A handle or a DID.
pub fn is_at_identifier(text: &str) -> bool {
    if text.starts_with("did:") { is_did(text) } else { is_handle(text) }
}

/// An NSID: a reversed domain of at least two labels, then a name of letters and digits that begins with a letter;
/// 317 bytes at most.
pub fn is_nsid(text: &str) -> bool {
    let Some((authority, name)) = text.rsplit_once('.') else { return false };
    let labels: Vec<&str> = authority.split('.').collect();
    text.len() <= 317
        && labels.len() >= 2
        && labels.iter().all(|label| is_label(label))
        && labels[0].as_bytes()[0].is_ascii_alphabetic()
        && (1..=63).contains(&name.len())
        && name.as_bytes()[0].is_ascii_alphabetic()
        && name.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// An AT-URI: `at://authority[/collection[/record key]]`, without query, fragment or trailing slash.
pub fn is_at_uri(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("at://") else { return false };
    let parts: Vec<&str> = rest.split('/').collect();
    text.len() <= 8192
        && parts.len() <= 3
        && is_at_identifier(parts[0])
        && parts.get(1).is_none_or(|collection| is_nsid(collection))
        && parts.get(2).is_none_or(|rkey| is_record_key(rkey))
}

/// The three parts of an AT-URI that names a record.
pub fn record_of(uri: &str) -> Option<(&str, &str, &str)> {
    let mut parts = uri.strip_prefix("at://")?.splitn(3, '/');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_offset(text: &str) -> bool {
    text == "Z"
        || (text.len() == 6
            && text.starts_with(['+', '-'])
            && text != "-00:00"
            && digits(&text[1..3], 2)
            && &text[3..4] == ":"
            && digits(&text[4..], 2))
}

/// A date and time in the intersection of RFC 3339 and ISO 8601, upper-case `T` and `Z`, with a zone.
pub fn is_datetime(text: &str) -> bool {
    if !text.is_ascii() || text.len() < 20 || text.len() > 64 {
        return false;
    }
    let (date, time) = (&text[..10], &text[11..19]);
    let shaped = digits(&date[..4], 4)
        && digits(&date[5..7], 2)
        && digits(&date[8..], 2)
        && &text[10..11] == "T"
        && digits(&time[..2], 2)
        && digits(&time[3..5], 2)
        && digits(&time[6..], 2)
        && date.as_bytes()[4] == b'-'
        && date.as_bytes()[7] == b'-'
        && time.as_bytes()[2] == b':'
        && time.as_bytes()[5] == b':';
    let mut zone = &text[19..];
    if let Some(fraction) = zone.strip_prefix('.') {
        let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return false;
        }
        zone = &fraction[count..];
    }
    // The calendar library reads nine places; more are allowed by the protocol and change nothing here.
    shaped && is_offset(zone) && instant(&format!("{}{zone}", &text[..19])).is_some()
}

fn instant(text: &str) -> Option<Timestamp> {
    let at = Timestamp::parse(text).ok()?;
    (at >= Timestamp::from_seconds(-62_167_219_200)).then_some(at)
}

/// The instant that a date in a record names, to the microsecond.
pub fn datetime(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text).ok()
}

/// A language tag after BCP 47 (not looked up in the registry): language, script, region, variants, extensions, private
/// use, in that order and nothing twice. The primary language has two or three lower-case letters.
pub fn is_language(text: &str) -> bool {
    let subtags: Vec<&str> = text.split('-').collect();
    let sized = |tag: &&str| (1..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric());
    if !subtags.iter().all(sized) {
        return false;
    }
    // Registered before there was a grammar, and against it.
    if ["sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE", "en-GB-oed"].contains(&text) {
        return true;
    }
    match (subtags[0], subtags.len()) {
        // `x-…` is private, `i-…` was registered before there was a grammar.
        ("i" | "x" | "X", count) => count > 1,
        (language, _) => {
            (2..=3).contains(&language.len())
                && language.bytes().all(|b| b.is_ascii_lowercase())
                && is_language_rest(&subtags[1..])
        }
    }
}

fn is_language_rest(mut rest: &[&str]) -> bool {
    let letters = |tag: &str, count: usize| tag.len() == count && tag.bytes().all(|b| b.is_ascii_alphabetic());
    let mut take = |fits: &dyn Fn(&str) -> bool, most: usize| {
        let count = rest.iter().take(most).take_while(|tag| fits(tag)).count();
        let (taken, left) = rest.split_at(count);
        rest = left;
        taken
    };
    take(&|tag| letters(tag, 3), 3);
    take(&|tag| letters(tag, 4), 1);
    take(&|tag| letters(tag, 2) || digits(tag, 3), 1);
    let variants = take(&|tag| tag.len() >= 5 || (tag.len() == 4 && tag.as_bytes()[0].is_ascii_digit()), usize::MAX);
    let mut singletons: Vec<&str> = Vec::new();
    loop {
        match take(&|tag| tag.len() == 1, 1) {
            [] => break,
            ["x" | "X"] => {
                return !take(&|_| true, usize::MAX).is_empty() && all_differ(variants) && all_differ(&singletons);
            }
            [singleton] => singletons.push(singleton),
            _ => return false,
        }
        if take(&|tag| tag.len() >= 2, usize::MAX).is_empty() {
            return false;
        }
    }
    take(&|_| true, 1).is_empty() && all_differ(variants) && all_differ(&singletons)
}

fn all_differ(tags: &[&str]) -> bool {
    tags.iter().enumerate().all(|(place, tag)| tags[..place].iter().all(|seen| !seen.eq_ignore_ascii_case(tag)))
}

/// An absolute URI: a scheme, a colon, then no white space; 8192 bytes at most.
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    text.len() <= 8192
        && scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
        && !rest.is_empty()
        && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// A CID as this network writes them: version 1, base 32.
pub fn is_cid(text: &str) -> bool {
    super::cid::Cid::parse(text).is_some()
}
