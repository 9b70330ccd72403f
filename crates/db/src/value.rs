//! What can be stored: the values that both engines keep in the same way.

use std::{borrow::Cow, fmt};

use base::{Id, Timestamp, ids::Kind};

use crate::Error;

/// One argument of a statement or one cell of a row.
///
/// There is no type for instants, ids or JSON: an instant is an [`Value::Int`] of microseconds, the others are text.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// `TEXT`.
    Text(String),
    /// `BIGINT`.
    Int(i64),
    /// `BOOLEAN`; SQLite keeps it as 0 or 1.
    Bool(bool),
    /// `DOUBLE PRECISION`.
    Float(f64),
    /// `BYTEA`.
    Bytes(Vec<u8>),
    /// A list that a column is looked for in: `WHERE id {among $2}`. Cannot be stored.
    Texts(Vec<String>),
}

/// Shows the kind and size only: values may be secrets.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Texts(texts) => write!(f, "Texts({})", texts.len()),
            other => f.write_str(other.kind()),
        }
    }
}

impl Value {
    /// A list for `{among $n}`.
    pub fn among(texts: impl IntoIterator<Item = impl fmt::Display>) -> Self {
        Self::Texts(texts.into_iter().map(|text| text.to_string()).collect())
    }

    /// The name of the kind, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "Null",
            Self::Text(_) => "Text",
            Self::Int(_) => "Int",
            Self::Bool(_) => "Bool",
            Self::Float(_) => "Float",
            Self::Bytes(_) => "Bytes",
            Self::Texts(_) => "Texts",
        }
    }

    /// Refuses values that only one engine could store, so that a mistake shows on either engine.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match self {
            Self::Text(text) if has_nul(text) => Err(Error::misuse(
                "text with a NUL character cannot be stored (PostgreSQL has no place for it); remove it or store bytes",
            )),
            Self::Texts(texts) if texts.iter().any(|text| has_nul(text)) => Err(Error::misuse(
                "text with a NUL character is nowhere stored, so nothing is found by it; leave it out",
            )),
            Self::Float(number) if number.is_nan() => Err(Error::misuse(
                "a number that is not a number cannot be stored (SQLite would make it NULL); store NULL instead",
            )),
            _ => Ok(()),
        }
    }
}

fn has_nul(text: &str) -> bool {
    text.as_bytes().contains(&0)
}

macro_rules! value_from {
    ($($from:ty => |$it:ident| $to:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($it: $from) -> Self {
                $to
            }
        })*
    };
}

value_from! {
    String => |it| Self::Text(it);
    &String => |it| Self::Text(it.clone());
    &str => |it| Self::Text(it.to_owned());
    Cow<'_, str> => |it| Self::Text(it.into_owned());
    i64 => |it| Self::Int(it);
    &i64 => |it| Self::Int(*it);
    i32 => |it| Self::Int(it.into());
    i16 => |it| Self::Int(it.into());
    u32 => |it| Self::Int(it.into());
    u16 => |it| Self::Int(it.into());
    u8 => |it| Self::Int(it.into());
    bool => |it| Self::Bool(it);
    f64 => |it| Self::Float(it);
    Vec<u8> => |it| Self::Bytes(it);
    &Vec<u8> => |it| Self::Bytes(it.clone());
    &[u8] => |it| Self::Bytes(it.to_vec());
    Timestamp => |it| Self::Int(it.as_micros());
    &Timestamp => |it| Self::Int(it.as_micros());
    serde_json::Value => |it| Self::Text(it.to_string());
    &serde_json::Value => |it| Self::Text(it.to_string());
    // No count in Fanfare comes near the end of `i64`; one that does stays at the end.
    u64 => |it| Self::Int(i64::try_from(it).unwrap_or(i64::MAX));
    usize => |it| Self::Int(i64::try_from(it).unwrap_or(i64::MAX));
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(it: &[u8; N]) -> Self {
        Self::Bytes(it.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(it: [u8; N]) -> Self {
        Self::Bytes(it.to_vec())
    }
}

impl<K: Kind> From<Id<K>> for Value {
    fn from(it: Id<K>) -> Self {
        Self::Text(it.to_string())
    }
}

impl<K: Kind> From<&Id<K>> for Value {
    fn from(it: &Id<K>) -> Self {
        Self::Text(it.to_string())
    }
}

impl From<&Value> for Value {
    fn from(it: &Value) -> Self {
        it.clone()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Null, Into::into)
    }
}

/// The arguments of a statement: `args![id, "text", 3, None::<i64>]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Value::from($value)),*] as &[$crate::Value]
    };
}
