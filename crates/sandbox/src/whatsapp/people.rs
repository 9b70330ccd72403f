//! People with phones, and how their numbers are written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::model::Book;

/// Someone with WhatsApp.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// The word in addresses.
    pub word: String,
    /// The name in their profile.
    pub name: String,
    /// Their number: country code and the rest, digits only.
    pub digits: String,
    /// The country of the number.
    pub country: String,
    /// Their username, without `@`.
    pub username: Option<String>,
    /// Whether they hide the number behind it.
    pub hides_number: bool,
    /// Whether the phone is switched off.
    pub off: bool,
    /// Whether they let others know what they read.
    pub no_receipts: bool,
    /// The portfolios from which they want no marketing.
    pub no_marketing: BTreeSet<String>,
}

impl Person {
    /// The id by which WhatsApp knows the number.
    pub fn wa_id(&self) -> String {
        wa_id(&self.digits)
    }
}

/// Those who are here from the start. Their numbers are set aside for fiction, or too short to be anybody's.
pub fn seeded() -> BTreeMap<String, Person> {
    let people = [
        ("ann", "Ann Visser", "447700900101", "GB", None),
        ("ben", "Ben Okafor", "447700900102", "GB", Some("ben.okafor")),
        ("carla", "Carla Souza", "5511900000103", "BR", None),
        ("dana", "Dana Reed", "12015550104", "US", None),
        ("emil", "Emil Roth", "4917139200105", "DE", None),
    ];
    let person = |(word, name, digits, country, username): (&str, &str, &str, &str, Option<&str>)| Person {
        word: word.into(),
        name: name.into(),
        digits: digits.into(),
        country: country.into(),
        username: username.map(str::to_owned),
        hides_number: username.is_some(),
        ..Person::default()
    };
    people.map(person).map(|person| (person.word.clone(), person)).into()
}

/// How a number is known to WhatsApp, which is not always how it is dialled: numbers of Brazil lose the ninth digit, those of
/// Mexico get a 1 and those of Argentina a 9 after the country's code.
pub fn wa_id(digits: &str) -> String {
    match digits {
        _ if digits.starts_with("55") && digits.len() == 13 && &digits[4..5] == "9" => {
            format!("{}{}", &digits[..4], &digits[5..])
        }
        _ if digits.starts_with("52") && digits.len() == 12 => format!("521{}", &digits[2..]),
        _ if digits.starts_with("54") && digits.len() == 12 => format!("549{}", &digits[2..]),
        _ => digits.to_owned(),
    }
}

/// The digits of a number as it was written; `None` if it is none.
pub fn digits(written: &str) -> Option<String> {
    let kept: String = written.chars().filter(|letter| !matches!(letter, '+' | ' ' | '-' | '(' | ')')).collect();
    let reads = (7..=15).contains(&kept.len()) && kept.bytes().all(|byte| byte.is_ascii_digit());
    (reads && !kept.starts_with('0')).then_some(kept)
}

/// Whether a text is a user id: `GB.` and letters and digits, or `GB.ENT.` before them.
pub fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    is_country && (1..=128).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The country of a number, where it is one of those that matter here.
pub fn country(digits: &str) -> &'static str {
    let codes = [
        ("1", "US"),
        ("31", "NL"),
        ("32", "BE"),
        ("33", "FR"),
        ("34", "ES"),
        ("39", "IT"),
        ("44", "GB"),
        ("49", "DE"),
        ("52", "MX"),
        ("54", "AR"),
        ("55", "BR"),
        ("81", "JP"),
        ("82", "KR"),
        ("91", "IN"),
    ];
    codes.iter().find(|(code, _)| digits.starts_with(code)).map_or("ZZ", |(_, country)| country)
}

impl Book {
    /// The person with this number, however it is written.
    pub fn by_number(&self, digits: &str) -> Option<&Person> {
        let known = wa_id(digits);
        self.people.values().find(|person| person.wa_id() == known || person.digits == digits)
    }

    /// The person with this id for a portfolio.
    pub fn by_user_id(&self, id: &str, business: &str) -> Option<&Person> {
        self.people.values().find(|person| super::model::user_id(person, business) == id)
    }

    /// Adds a person with this number; gives their word.
    pub fn add_person(&mut self, name: &str, digits: &str) -> String {
        let word = format!("p{digits}");
        let person = Person {
            word: word.clone(),
            name: name.to_owned(),
            digits: digits.to_owned(),
            country: country(digits).to_owned(),
            ..Person::default()
        };
        self.people.insert(word.clone(), person);
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_id_however_it_is_written() {
        assert_eq!(wa_id("5511900000103"), "551100000103");
        assert_eq!(wa_id("551100000103"), "551100000103");
        assert_eq!((&*wa_id("525512345678"), &*wa_id("5491112345678")), ("5215512345678", "5491112345678"));
        assert_eq!(digits("+44 7700 900-101").as_deref(), Some("447700900101"));
        for none in ["", "0770090010", "GB.1", "123456", "1234567890123456"] {
            assert_eq!(digits(none), None, "{none}");
        }
        assert!(is_user_id("GB.13491208655302741918") && is_user_id("US.ENT.12") && !is_user_id("gb.1"));
        let book = Book::seeded();
        assert_eq!(book.by_number("551100000103"), book.by_number("5511900000103"));
    }
}
