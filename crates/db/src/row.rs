//! One row of a result; cells are read by the column's name.

use std::sync::Arc;

use base::{Id, Timestamp, ids::Kind};

use crate::{Error, Value};

/// One row. A wrong column name or type is [`Error::Misuse`], whose text lists the columns.
#[derive(Debug, Clone)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

/// Writes the plain and the `opt_` form of a question.
macro_rules! cells {
    ($($(#[$doc:meta])* $plain:ident $optional:ident -> $type:ty: $read:expr;)*) => {
        $($(#[$doc])*
        pub fn $plain(&self, column: &str) -> Result<$type, Error> {
            self.$optional(column)?.ok_or_else(|| Error::misuse(format!("column `{column}` is NULL")))
        }

        /// The same, or `None` for NULL.
        pub fn $optional(&self, column: &str) -> Result<Option<$type>, Error> {
            let value = self.value(column)?;
            if *value == Value::Null {
                return Ok(None);
            }
            let read: fn(&Value) -> Option<$type> = $read;
            read(value).map(Some).ok_or_else(|| wrong(column, value, stringify!($type)))
        })*
    };
}

fn wrong(column: &str, value: &Value, wanted: &str) -> Error {
    Error::misuse(format!("column `{column}` holds {} and cannot be read as {wanted}", value.kind()))
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// The names of the columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The cell as it is.
    pub fn value(&self, column: &str) -> Result<&Value, Error> {
        let place = self.columns.iter().position(|name| name == column);
        place.and_then(|place| self.values.get(place)).ok_or_else(|| {
            Error::misuse(format!("there is no column `{column}`; the statement gives {}", self.columns.join(", ")))
        })
    }

    cells! {
        /// Text.
        text opt_text -> String: |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        };
        /// A whole number.
        int opt_int -> i64: |value| match value {
            Value::Int(number) => Some(*number),
            _ => None,
        };
        /// Yes or no; SQLite's 0 and 1 count.
        bool opt_bool -> bool: |value| match value {
            Value::Bool(yes) => Some(*yes),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            _ => None,
        };
        /// A number with a fraction; a whole number counts, as SQLite gives one for `1.0 * 3` and the like.
        float opt_float -> f64: |value| match value {
            Value::Float(number) => Some(*number),
            Value::Int(number) => Some(*number as f64),
            _ => None,
        };
        /// Bytes.
        bytes opt_bytes -> Vec<u8>: |value| match value {
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        };
        /// An instant, kept as microseconds.
        timestamp opt_timestamp -> Timestamp: |value| match value {
            Value::Int(micros) => Some(Timestamp::from_micros(*micros)),
            _ => None,
        };
        /// JSON, kept as text.
        json opt_json -> serde_json::Value: |value| match value {
            Value::Text(text) => serde_json::from_str(text).ok(),
            _ => None,
        };
    }

    /// An id of kind `K`, kept as text.
    pub fn id<K: Kind>(&self, column: &str) -> Result<Id<K>, Error> {
        self.opt_id(column)?.ok_or_else(|| Error::misuse(format!("column `{column}` is NULL")))
    }

    /// The same, or `None` for NULL.
    pub fn opt_id<K: Kind>(&self, column: &str) -> Result<Option<Id<K>>, Error> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => {
                text.parse().map(Some).map_err(|why| Error::misuse(format!("column `{column}`: {why}")))
            }
            other => Err(wrong(column, other, K::SCHEMA)),
        }
    }
}
