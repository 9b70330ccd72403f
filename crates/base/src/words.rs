//! What Fanfare says to people, in the reader's language.
//!
//! A [`Text`] is a message and its values. The English sentence stands in the code and is the key: `say!("X takes {max}
//! characters.")`. Other languages are in catalogues beside the code (`nl.json`: the English sentence and the Dutch one), and
//! a sentence that a catalogue lacks is said in English. Who reads is known by the task ([`read_by`]); logs and what is stored are
//! not said in anybody's language: a log has English, and the database the message with its values, so that it can be said
//! to a later reader.
//!
//! Words that are not ours (a platform's answer, a name, an address) are a text of their own words.

mod catalogue;
#[doc(hidden)]
pub mod given;
mod reader;
mod stored;
mod template;

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

pub use catalogue::{add_dutch, dutch};
pub use reader::{Language, Reader, read_by, reader};
pub use stored::{keep, tell};
pub use template::placeholders;
pub use words::say;

use crate::{Id, Timestamp, ids::Kind};

/// Something to say to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Inner);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inner {
    /// A message of ours: the English sentence and what its names stand for.
    Message(Cow<'static, str>, Vec<(Cow<'static, str>, Value)>),
    /// Words that are not ours.
    Plain(String),
    /// Several texts, and what stands between them.
    Joined(Vec<Text>, Cow<'static, str>),
}

/// What a name in a message stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number; large ones are grouped as the language does it.
    Number(i64),
    /// An instant; said in the reader's zone.
    Time(Timestamp),
    /// A size in bytes; said in kB, MB or GB.
    Size(u64),
    /// Words: ours or not.
    Text(Text),
}

/// A size in bytes, as a value of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

impl Text {
    /// A message without values; `say!` makes it.
    pub const fn constant(sentence: &'static str) -> Self {
        Self(Inner::Message(Cow::Borrowed(sentence), Vec::new()))
    }

    /// A message with values; `say!` makes it.
    pub fn with(sentence: &'static str, values: Vec<(&'static str, Value)>) -> Self {
        let values = values.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
        Self(Inner::Message(Cow::Borrowed(sentence), values))
    }

    /// Words that are not ours: they are the same in every language.
    pub fn verbatim(words: impl Into<String>) -> Self {
        Self(Inner::Plain(words.into()))
    }

    /// Several texts with this between them.
    pub fn joined(texts: impl IntoIterator<Item = Text>, between: &'static str) -> Self {
        let mut texts: Vec<_> = texts.into_iter().collect();
        match texts.len() {
            1 => texts.remove(0),
            _ => Self(Inner::Joined(texts, Cow::Borrowed(between))),
        }
    }

    /// Words that are not ours in a row: `image/png, image/jpeg`.
    pub fn list<T: Into<String>>(words: impl IntoIterator<Item = T>) -> Self {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        Self::verbatim(words.join(", "))
    }

    /// This and then another sentence. A full stop comes between them if there is none.
    #[must_use]
    pub fn then(self, next: impl Into<Text>) -> Self {
        let stop = if self.english().ends_with(['.', '!', '?', '…']) { " " } else { ". " };
        Self::joined([self, next.into()], stop)
    }

    /// In English: for logs and for what programs compare.
    pub fn english(&self) -> String {
        self.said_to(&Reader::default())
    }

    /// In the language of who reads the answer at hand.
    pub fn said(&self) -> String {
        self.said_to(&reader())
    }

    /// The instant that stands for a name in it.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        let Inner::Message(_, values) = &self.0 else { return None };
        values.iter().find_map(|(known, value)| match value {
            Value::Time(at) if known == name => Some(*at),
            _ => None,
        })
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Inner::Message(sentence, _) => sentence.is_empty(),
            Inner::Plain(words) => words.is_empty(),
            Inner::Joined(texts, _) => texts.is_empty(),
        }
    }

    /// In the language of this reader.
    pub fn said_to(&self, reader: &Reader) -> String {
        match &self.0 {
            Inner::Plain(words) => words.clone(),
            Inner::Joined(texts, between) => {
                texts.iter().map(|text| text.said_to(reader)).collect::<Vec<_>>().join(between)
            }
            Inner::Message(sentence, values) => {
                let template = match reader.language {
                    Language::English => None,
                    Language::Dutch => dutch(sentence),
                };
                template::filled(template.unwrap_or(sentence), values, reader)
            }
        }
    }
}

/// In English, as for the log.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.english())
    }
}

/// In the language of who reads the answer at hand; inside [`keep`] as it is stored.
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if stored::is_keeping() {
            return self.to_json().serialize(serializer);
        }
        serializer.serialize_str(&self.said())
    }
}

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Self::from_json(&value).ok_or_else(|| serde::de::Error::custom("a text is a string or a message with values"))
    }
}

impl utoipa::PartialSchema for Text {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl utoipa::ToSchema for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.english() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.english() == *other
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::verbatim(words)
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::verbatim(words)
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

/// What can stand in a message.
pub trait ToValue {
    /// As a value.
    fn value(&self) -> Value;
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn value(&self) -> Value {
        (**self).value()
    }
}

macro_rules! values {
    ($($of:ty => |$it:ident| $value:expr;)*) => {
        $(impl ToValue for $of {
            fn value(&self) -> Value {
                let $it = self;
                $value
            }
        })*
    };
}

values! {
    str => |it| Value::Text(Text::verbatim(it));
    String => |it| Value::Text(Text::verbatim(it.as_str()));
    Cow<'_, str> => |it| Value::Text(Text::verbatim(it.as_ref()));
    char => |it| Value::Text(Text::verbatim(it.to_string()));
    Text => |it| Value::Text(it.clone());
    Timestamp => |it| Value::Time(*it);
    Size => |it| Value::Size(it.0);
    i64 => |it| Value::Number(*it);
    i32 => |it| Value::Number((*it).into());
    u8 => |it| Value::Number((*it).into());
    u16 => |it| Value::Number((*it).into());
    u32 => |it| Value::Number((*it).into());
    u64 => |it| Value::Number(i64::try_from(*it).unwrap_or(i64::MAX));
    u128 => |it| Value::Number(i64::try_from(*it).unwrap_or(i64::MAX));
    usize => |it| Value::Number(i64::try_from(*it).unwrap_or(i64::MAX));
}

impl<K: Kind> ToValue for Id<K> {
    fn value(&self) -> Value {
        Value::Text(Text::verbatim(self.to_string()))
    }
}

#[cfg(test)]
mod tests;
