//! A sentence with its names filled in.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::{Language, Reader, Value};

/// `template` with its values in place of the names. A name without a value stays as it stands.
pub(super) fn filled(template: &str, values: &[(Cow<'static, str>, Value)], reader: &Reader) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, inner, after)) = next(rest) {
        out.push_str(before);
        let mut pieces = inner.split('|');
        let name = pieces.next().unwrap_or_default();
        match (values.iter().find(|(known, _)| known == name), pieces.next().zip(pieces.next())) {
            (Some((_, Value::Number(1))), Some((one, _))) => out.push_str(one),
            (Some(_), Some((_, many))) => out.push_str(many),
            (Some((_, value)), None) => out.push_str(&value.said_to(reader)),
            (None, _) => {
                out.push('{');
                out.push_str(inner);
                out.push('}');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The names in a sentence, each once and sorted: what a translation must have too.
pub fn placeholders(sentence: &str) -> Vec<&str> {
    let (mut rest, mut names) = (sentence, Vec::new());
    while let Some((_, inner, after)) = next(rest) {
        names.extend(inner.split('|').next());
        rest = after;
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (inner, after) = rest.split_once('}')?;
    Some((before, inner, after))
}

impl Value {
    fn said_to(&self, reader: &Reader) -> String {
        match self {
            Self::Text(text) => text.said_to(reader),
            Self::Number(number) => grouped(*number, reader.language),
            Self::Size(bytes) => size(*bytes, reader.language),
            Self::Time(at) => time(*at, reader),
        }
    }
}

/// Numbers of five digits and more in groups of three.
fn grouped(number: i64, language: Language) -> String {
    let digits = number.unsigned_abs().to_string();
    if digits.len() < 5 {
        return number.to_string();
    }
    let mark = match language {
        Language::English => ',',
        Language::Dutch => '.',
    };
    let mut out = String::from(if number < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// In the unit that people use, with at most two decimals: `976.56 kB`.
fn size(bytes: u64, language: Language) -> String {
    let (unit, name) = match bytes {
        0..1_000 => return format!("{bytes} {}", if bytes == 1 { "byte" } else { "bytes" }),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let hundredths = bytes / (unit / 100);
    let whole = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let whole = whole.trim_end_matches('0').trim_end_matches('.');
    match language {
        Language::English => format!("{whole} {name}"),
        Language::Dutch => format!("{} {name}", whole.replace('.', ",")),
    }
}

/// `30 November 2026, 10:00`, with `UTC` if the reader's zone is not known.
fn time(at: crate::Timestamp, reader: &Reader) -> String {
    const MONTHS: [[&str; 12]; 2] = [
        [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
    ];
    let Ok(instant) = jiff::Timestamp::from_microsecond(at.as_micros()) else { return at.to_string() };
    let zoned = instant.to_zoned(reader.zone.clone().unwrap_or(TimeZone::UTC));
    let months = match reader.language {
        Language::English => &MONTHS[0],
        Language::Dutch => &MONTHS[1],
    };
    let month = usize::try_from(zoned.month() - 1).ok().and_then(|at| months.get(at)).copied().unwrap_or_default();
    let zone = if reader.zone.is_some() { "" } else { " UTC" };
    format!("{} {month} {}, {:02}:{:02}{zone}", zoned.day(), zoned.year(), zoned.hour(), zoned.minute())
}
