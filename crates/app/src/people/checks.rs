//! The rules for what people type about themselves and their workspaces.

use base::{Secret, Text, problem::FieldError, say};

/// Longest name in letters.
pub const NAME_LETTERS_MAX: usize = 100;
/// Longest e-mail address in bytes (RFC 5321 §4.5.3.1.3, less the brackets).
const EMAIL_BYTES_MAX: usize = 254;

fn wrong(pointer: &str, detail: impl Into<Text>) -> FieldError {
    FieldError { pointer: pointer.to_owned(), detail: detail.into() }
}

/// A name without spaces around it.
pub(crate) fn name(pointer: &str, text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    let letters = text.chars().count();
    if base::text::is_blank(text) || letters > NAME_LETTERS_MAX || text.chars().any(char::is_control) {
        return Err(wrong(
            pointer,
            say!(
                "must have 1 to {name_letters_max} characters and no control characters",
                name_letters_max = NAME_LETTERS_MAX
            ),
        ));
    }
    Ok(text.to_owned())
}

/// An IANA time zone.
pub(crate) fn zone(pointer: &str, text: &str) -> Result<String, FieldError> {
    match jiff::tz::TimeZone::get(text) {
        Ok(zone) if text.len() <= 64 && !zone.is_unknown() => Ok(text.to_owned()),
        _ => Err(wrong(pointer, say!("is not an IANA time zone; write it like Europe/Amsterdam"))),
    }
}

/// A language tag in its short form (BCP 47): `en`, `nl`, `pt-BR`.
pub(crate) fn language(pointer: &str, text: &str) -> Result<String, FieldError> {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let good = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && text.len() <= 35;
    if good {
        Ok(text.to_owned())
    } else {
        Err(wrong(pointer, say!("is not a language tag; write it like en, nl or pt-BR")))
    }
}

/// An e-mail address as it is kept and compared: without spaces around it, in small letters.
pub(crate) fn email(pointer: &str, text: &Secret<String>) -> Result<Secret<String>, FieldError> {
    let text = text.expose().trim().to_lowercase();
    let good = text.split_once('@').is_some_and(|(local, domain)| {
        let labels = domain
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-'));
        (1..=64).contains(&local.len()) && labels && !domain.contains('@')
    });
    let plain =
        text.chars().all(|letter| !letter.is_whitespace() && !letter.is_control() && !"<>()[],;:\\\"".contains(letter));
    if good && plain && text.len() <= EMAIL_BYTES_MAX {
        Ok(Secret::new(text))
    } else {
        Err(wrong(pointer, say!("is not an e-mail address; write it like name@example.org")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_zones_and_languages_are_checked() {
        let email = |text: &str| email("/email", &Secret::from(text)).ok().map(|secret| secret.expose().clone());
        assert_eq!(email(" Jane@Example.ORG ").as_deref(), Some("jane@example.org"));
        for bad in ["", "jane", "@example.org", "a@b@c", "a b@example.org", "a@-x.org", "a@x..org", "<a@x.org>"] {
            assert_eq!(email(bad), None, "{bad}");
        }
        assert!(zone("/zone", "Europe/Amsterdam").is_ok() && zone("/zone", "Europe/Atlantis").is_err());
        assert!(language("/language", "pt-BR").is_ok() && language("/language", "English").is_err());
        assert!(name("/name", "  ").is_err() && name("/name", "\u{200b}").is_err());
    }

    #[test]
    fn every_zone_a_browser_says_is_known_whatever_the_host_has() {
        // The table is the program's own: no file of the host is asked.
        let table = format!("{:?}", jiff::tz::db());
        assert!(table.contains("Bundled") && !table.contains("ZoneInfo("), "{table}");
        for name in [
            "UTC",
            "GMT",
            "Etc/UTC",
            "Etc/GMT+5",
            "Europe/Amsterdam",
            "Asia/Calcutta",
            "Asia/Kolkata",
            "Europe/Kiev",
            "Europe/Kyiv",
            "US/Pacific",
            "America/Buenos_Aires",
            "Asia/Katmandu",
            "Asia/Saigon",
            "Asia/Rangoon",
            "Atlantic/Faeroe",
            "Pacific/Enderbury",
            "America/Indianapolis",
            "America/Godthab",
            "Australia/ACT",
            "EST5EDT",
        ] {
            assert!(zone("/zone", name).is_ok(), "{name}");
        }
        for wrong in ["", "Mars/Olympus", "Europe/", "+05:30", "Etc/Unknown"] {
            assert!(zone("/zone", wrong).is_err(), "{wrong}");
        }
    }
}
