//! Values on their way to PostgreSQL and back.

use std::error::Error as StdError;

use tokio_postgres::{
    Row as RawRow,
    types::{IsNull, ToSql, Type, private::BytesMut},
};

use crate::{Error, Value};

/// What is sent for a parameter, as the type that the statement declares for it.
#[derive(Debug)]
pub(super) enum Parameter<'a> {
    /// An argument.
    One(&'a Value),
    /// A column of given rows, as an array.
    Column(Vec<&'a Value>),
}

/// The argument does not fit what PostgreSQL takes the parameter for.
#[derive(Debug, thiserror::Error)]
#[error(
    "PostgreSQL takes this parameter for {wanted}, but the argument is {given}; change the argument, or write a CAST \
     around the parameter"
)]
pub(super) struct WrongType {
    wanted: String,
    given: &'static str,
}

type Sent = Result<IsNull, Box<dyn StdError + Sync + Send>>;

impl ToSql for Parameter<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Sent {
        let value = match self {
            Self::One(value) => *value,
            Self::Column(values) => {
                return values.iter().copied().map(Parameter::One).collect::<Vec<_>>().to_sql(wanted, out);
            }
        };
        let wrong = || WrongType { wanted: wanted.name().to_owned(), given: value.kind() };
        match (value, wanted) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(number), &Type::INT8) => number.to_sql(wanted, out),
            (Value::Int(number), &Type::INT4) => i32::try_from(*number).map_err(|_| wrong())?.to_sql(wanted, out),
            (Value::Int(number), &Type::INT2) => i16::try_from(*number).map_err(|_| wrong())?.to_sql(wanted, out),
            (Value::Int(number), &Type::FLOAT8) => (*number as f64).to_sql(wanted, out),
            (Value::Float(number), &Type::FLOAT8) => number.to_sql(wanted, out),
            (Value::Bool(yes), &Type::BOOL) => yes.to_sql(wanted, out),
            (Value::Text(text), &(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)) => {
                text.to_sql(wanted, out)
            }
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(wanted, out),
            (Value::Texts(texts), &Type::TEXT_ARRAY) => texts.to_sql(wanted, out),
            _ => Err(wrong().into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Whether it fits depends on the value; `to_sql` says so in words.
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// The cell at `place`, as one of our values.
pub(super) fn cell(row: &RawRow, place: usize) -> Result<Value, Error> {
    let column = &row.columns()[place];
    let value = match *column.type_() {
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => row.try_get::<_, Option<String>>(place).map(into),
        Type::INT8 => row.try_get::<_, Option<i64>>(place).map(into),
        Type::INT4 => row.try_get::<_, Option<i32>>(place).map(into),
        Type::INT2 => row.try_get::<_, Option<i16>>(place).map(into),
        Type::OID => row.try_get::<_, Option<u32>>(place).map(into),
        Type::BOOL => row.try_get::<_, Option<bool>>(place).map(into),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(place).map(into),
        Type::FLOAT4 => row.try_get::<_, Option<f32>>(place).map(|number| into(number.map(f64::from))),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place).map(into),
        Type::VOID => return Ok(Value::Null),
        ref other => return Err(unreadable(column.name(), other)),
    };
    value.map_err(|_| Error::Other(format!("column `{}` cannot be read", column.name())))
}

fn into<T: Into<Value>>(cell: Option<T>) -> Value {
    cell.into()
}

fn unreadable(column: &str, found: &Type) -> Error {
    let advice = match *found {
        Type::NUMERIC => " (SUM and AVG of whole numbers give it); write CAST(… AS BIGINT) or DOUBLE PRECISION",
        Type::JSON | Type::JSONB => "; write ->> or CAST(… AS TEXT)",
        _ => "; only TEXT, BIGINT, BOOLEAN, DOUBLE PRECISION and BYTEA are portable",
    };
    Error::misuse(format!("column `{column}` is of PostgreSQL's type {}{advice}", found.name()))
}
