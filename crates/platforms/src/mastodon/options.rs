//! What an author can choose for a post on Mastodon besides its text.

use base::{Text, say};
use connector::Part;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    facts::Facts,
    languages::{self, Known},
};

/// Who may see a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Visibility {
    Public,
    Unlisted,
    Private,
    Direct,
}

impl Visibility {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Unlisted => "unlisted",
            Visibility::Private => "private",
            Visibility::Direct => "direct",
        }
    }

    /// In a sentence: the post is …
    pub(crate) fn said(self) -> Text {
        match self {
            Visibility::Public => say!("public"),
            Visibility::Unlisted => say!("quiet public"),
            Visibility::Private => say!("for followers"),
            Visibility::Direct => say!("for mentioned people"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        serde_json::from_value(Value::from(text)).ok()
    }

    /// Public is 0; the higher, the fewer people.
    pub(crate) fn narrowness(self) -> u8 {
        self as u8
    }
}

/// Who may quote a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum QuotePolicy {
    Public,
    Followers,
    Nobody,
}

/// A variant's options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    pub visibility: Option<Visibility>,
    pub thread_visibility: Option<Visibility>,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub quote_approval_policy: Option<QuotePolicy>,
}

impl Options {
    /// Reads options; none at all (`null`) are the defaults.
    pub(crate) fn read(options: &Value) -> Result<Self, serde_json::Error> {
        if options.is_null() { Ok(Self::default()) } else { Self::deserialize(options) }
    }

    /// The first part's visibility: as chosen, else the account's own default, else public. It is always sent, so that
    /// a change of the account's default between writing and sending changes nothing.
    pub(crate) fn first_visibility(&self, facts: &Facts) -> Visibility {
        let own = || facts.privacy.as_deref().and_then(Visibility::parse);
        self.visibility.or_else(own).unwrap_or(Visibility::Public)
    }

    /// The visibility of this part. What follows a public post is unlisted unless chosen otherwise: it is there for
    /// those who open the thread and does not fill public timelines. After a narrower post it stays as narrow.
    pub(crate) fn visibility_of(&self, position: usize, facts: &Facts) -> Visibility {
        match (self.first_visibility(facts), self.thread_visibility) {
            (first, _) if position == 0 => first,
            (_, Some(chosen)) => chosen,
            (Visibility::Public, None) => Visibility::Unlisted,
            (first, None) => first,
        }
    }

    /// The language as the server writes it; none that it does not know.
    pub(crate) fn language_there(&self) -> Option<&'static str> {
        match languages::of(self.language.as_deref()?) {
            Known::Same(code) | Known::Wider(code) => Some(code),
            Known::No => None,
        }
    }

    /// The content warning, if there is one.
    pub(crate) fn spoiler(&self) -> Option<&str> {
        Some(self.spoiler_text.trim()).filter(|text| !text.is_empty())
    }

    /// The content warning of a part without text, if the server will show it as the text instead.
    pub(crate) fn moved_warning(&self, part: &Part, facts: &Facts) -> Option<&str> {
        let moves = part.text.trim().is_empty() && part.quote.is_none() && facts.moves_warning_into_text();
        self.spoiler().filter(|_| moves)
    }

    /// A content warning hides what is attached too.
    pub(crate) fn hides_media(&self) -> bool {
        self.sensitive || self.spoiler().is_some()
    }
}

/// What a language code looks like: letters, and perhaps a region or script (BCP 47).
const LANGUAGE_PATTERN: &str = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$";

/// Whether a text can be a language code.
pub(crate) fn is_language_code(text: &str) -> bool {
    let mut words = text.split(['-', '_']);
    let fits = |word: &str, min: usize, max: usize| (min..=max).contains(&word.len());
    words.next().is_some_and(|word| fits(word, 2, 3) && word.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && words.all(|word| fits(word, 2, 8) && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The JSON Schema of [`Options`].
pub(crate) fn schema() -> Value {
    let visibilities = json!([
        { "const": "public", "title": say!("Public"), "description": say!("Everyone, and in public timelines") },
        { "const": "unlisted", "title": say!("Quiet public"), "description": say!("Everyone, but not in public timelines") },
        { "const": "private", "title": say!("Followers"), "description": say!("Only followers") },
        { "const": "direct", "title": say!("Mentioned people"), "description": say!("Only the people mentioned in the post") },
    ]);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": [
            "visibility", "thread_visibility", "spoiler_text", "sensitive", "language", "quote_approval_policy",
        ],
        "properties": {
            "visibility": {
                "title": say!("Who can see it"), "oneOf": visibilities,
                "description": say!("Leave empty for the account's own default.")
            },
            "thread_visibility": {
                "title": say!("Who can see the rest of a thread"), "oneOf": visibilities,
                "description": say!("For all parts but the first. If empty: quiet public after a public post, otherwise the same as the first.")
            },
            "spoiler_text": {
                "title": say!("Content warning"), "type": "string", "maxLength": 5000,
                "description": say!("Shown instead of the post until opened, for every part. It counts towards the length \
                    of the text.")
            },
            "sensitive": {
                "title": say!("Hide media until opened"), "type": "boolean", "default": false
            },
            "language": {
                "title": say!("Language"), "type": "string", "pattern": LANGUAGE_PATTERN,
                "description": say!("Its code, like en, nl, kab or zh-TW. Leave empty for the account's own language.")
            },
            "quote_approval_policy": {
                "title": say!("Who can quote it"), "type": "string",
                "oneOf": [
                    { "const": "public", "title": say!("Everyone") },
                    { "const": "followers", "title": say!("Followers") },
                    { "const": "nobody", "title": say!("No one") },
                ],
                "description": say!("Mastodon 4.5 or later. Posts for followers or mentioned people can never be quoted by others.")
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_and_the_reader_agree() {
        let schema = jsonschema::validator_for(&schema()).expect("a valid schema");
        for (options, good) in [
            (json!({}), true),
            (json!({ "visibility": "direct", "thread_visibility": "public" }), true),
            (
                json!({ "spoiler_text": "x", "sensitive": true, "language": "nl", "quote_approval_policy": "nobody" }),
                true,
            ),
            (json!({ "language": "zh-TW" }), true),
            (json!({ "visibility": "secret" }), false),
            (json!({ "scheduled_at": "2099-01-01T00:00:00Z" }), false),
            (json!({ "sensitive": "yes" }), false),
            (json!({ "quote_approval_policy": "friends" }), false),
        ] {
            assert_eq!(schema.is_valid(&options), good, "{options}");
            assert_eq!(Options::read(&options).is_ok(), good, "{options}");
        }
        assert_eq!(Options::read(&Value::Null).expect("defaults"), Options::default());
    }

    #[test]
    fn the_pattern_of_a_language_and_its_reader_agree() {
        let schema = jsonschema::validator_for(&schema()).expect("a valid schema");
        for (code, good) in [
            ("en", true),
            ("EN", true),
            ("kab", true),
            ("pt-BR", true),
            ("zh_TW", true),
            ("sr-Latn-RS", true),
            ("e", false),
            ("English", false),
            ("en-", false),
            ("en US", false),
            ("", false),
        ] {
            assert_eq!(schema.is_valid(&json!({ "language": code })), good, "{code}");
            assert_eq!(is_language_code(code), good, "{code}");
        }
    }

    #[test]
    fn a_thread_under_a_public_post_is_quiet_and_a_narrow_one_stays_narrow() {
        let facts = |privacy: Option<&str>| Facts { privacy: privacy.map(str::to_owned), ..Facts::default() };
        let plain = Options::default();
        assert_eq!(plain.visibility_of(0, &facts(None)), Visibility::Public);
        assert_eq!(plain.visibility_of(1, &facts(None)), Visibility::Unlisted);
        assert_eq!(plain.visibility_of(0, &facts(Some("private"))), Visibility::Private);
        assert_eq!(plain.visibility_of(3, &facts(Some("private"))), Visibility::Private);
        assert_eq!(plain.visibility_of(0, &facts(Some("friends-only"))), Visibility::Public);
        let chosen = Options { thread_visibility: Some(Visibility::Public), ..Options::default() };
        assert_eq!(chosen.visibility_of(1, &facts(None)), Visibility::Public);
    }
}
