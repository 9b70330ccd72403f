//! Texts as they are stored: the message with its values, so that a later reader gets it in their language.

use std::{borrow::Cow, cell::Cell};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{Inner, Text, Value};
use crate::Timestamp;

thread_local! {
    static KEEPING: Cell<bool> = const { Cell::new(false) };
}

pub(super) fn is_keeping() -> bool {
    KEEPING.get()
}

/// A value as JSON in which texts are not said yet: [`tell`] says them.
pub fn keep(value: &impl Serialize) -> Json {
    let before = KEEPING.replace(true);
    let kept = serde_json::to_value(value).unwrap_or(Json::Null);
    KEEPING.set(before);
    kept
}

/// Says the texts in what was kept, in the language of who reads the answer at hand.
pub fn tell(kept: &mut Json) {
    match kept {
        Json::Object(members) if members.contains_key(SAY) => {
            if let Some(text) = Text::from_json(kept) {
                *kept = Json::String(text.said());
            }
        }
        Json::Object(members) => members.values_mut().for_each(tell),
        Json::Array(items) => items.iter_mut().for_each(tell),
        _ => {}
    }
}

const SAY: &str = "$say";
const WITH: &str = "with";
const BETWEEN: &str = "between";
const AT: &str = "at";
const BYTES: &str = "bytes";

impl Text {
    /// For a text column. Words that are not ours are stored as they are.
    pub fn stored(&self) -> String {
        match self.to_json() {
            Json::String(words) => words,
            message => message.to_string(),
        }
    }

    /// From a text column: what [`Text::stored`] gave, or words of any other origin.
    pub fn from_stored(stored: &str) -> Self {
        let message = stored.starts_with("{\"").then(|| serde_json::from_str(stored).ok()).flatten();
        message.and_then(|json: Json| Self::from_json(&json)).unwrap_or_else(|| Self::verbatim(stored))
    }

    pub(super) fn to_json(&self) -> Json {
        match &self.0 {
            Inner::Plain(words) => Json::String(words.clone()),
            Inner::Joined(texts, between) => {
                json!({ SAY: texts.iter().map(Self::to_json).collect::<Vec<_>>(), BETWEEN: between })
            }
            Inner::Message(sentence, values) if values.is_empty() => json!({ SAY: sentence }),
            Inner::Message(sentence, values) => {
                let values: Map<_, _> =
                    values.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect();
                json!({ SAY: sentence, WITH: values })
            }
        }
    }

    pub(super) fn from_json(json: &Json) -> Option<Self> {
        let members = match json {
            Json::String(words) => return Some(Self::verbatim(words.as_str())),
            other => other.as_object()?,
        };
        match members.get(SAY)? {
            Json::String(sentence) => {
                let values = members.get(WITH).and_then(Json::as_object).into_iter().flatten();
                let values = values.map(|(name, value)| Some((Cow::Owned(name.clone()), Value::from_json(value)?)));
                Some(Self(Inner::Message(Cow::Owned(sentence.clone()), values.collect::<Option<_>>()?)))
            }
            Json::Array(texts) => {
                let between = members.get(BETWEEN).and_then(Json::as_str).unwrap_or(" ").to_owned();
                let texts = texts.iter().map(Self::from_json).collect::<Option<_>>()?;
                Some(Self(Inner::Joined(texts, Cow::Owned(between))))
            }
            _ => None,
        }
    }
}

impl Value {
    fn to_json(&self) -> Json {
        match self {
            Self::Number(number) => json!(number),
            Self::Time(at) => json!({ AT: at.as_micros() }),
            Self::Size(bytes) => json!({ BYTES: bytes }),
            Self::Text(text) => text.to_json(),
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Number(number) => number.as_i64().map(Self::Number),
            Json::Object(members) if members.contains_key(AT) => {
                members[AT].as_i64().map(|micros| Self::Time(Timestamp::from_micros(micros)))
            }
            Json::Object(members) if members.contains_key(BYTES) => members[BYTES].as_u64().map(Self::Size),
            other => Text::from_json(other).map(Self::Text),
        }
    }
}
