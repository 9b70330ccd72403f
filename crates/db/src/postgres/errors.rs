//! PostgreSQL's error codes (manual, appendix A) in this crate's words.

use std::error::Error as _;

use tokio_postgres::{
    Error as Raw,
    error::{DbError, SqlState},
};

use super::parameters::WrongType;
use crate::Error;

/// For errors of reaching the server.
pub(super) fn on_connect(raw: &Raw) -> Error {
    match raw.as_db_error() {
        Some(told) if told.code() == &SqlState::TOO_MANY_CONNECTIONS => Error::Busy(told.message().to_owned()),
        Some(told) => Error::Connection(told.message().to_owned()),
        None => Error::Connection(with_cause(raw)),
    }
}

/// For errors of preparing a statement.
pub(super) fn on_prepare(raw: &Raw) -> Error {
    on_run(raw)
}

/// For errors of a commit: without an answer it is unknown whether it happened.
pub(super) fn on_commit(raw: &Raw) -> Error {
    match on_run(raw) {
        Error::Connection(why) => Error::CommitUnknown(why),
        other => other,
    }
}

/// For errors of running a statement.
pub(super) fn on_run(raw: &Raw) -> Error {
    if let Some(told) = raw.as_db_error() {
        return by_code(told);
    }
    if let Some(wrong) = raw.source().and_then(|cause| cause.downcast_ref::<WrongType>()) {
        return Error::misuse(format!("{raw} (counted from 0): {wrong}"));
    }
    Error::Connection(with_cause(raw))
}

fn with_cause(raw: &Raw) -> String {
    raw.source().map_or_else(|| raw.to_string(), |cause| format!("{raw}: {cause}"))
}

fn by_code(told: &DbError) -> Error {
    let code = told.code();
    match *code {
        SqlState::UNIQUE_VIOLATION => Error::Unique { constraint: unique_columns(told) },
        SqlState::FOREIGN_KEY_VIOLATION => Error::ForeignKey,
        SqlState::NOT_NULL_VIOLATION => Error::Check { rule: qualified(told, told.column()) },
        SqlState::CHECK_VIOLATION => Error::Check { rule: told.constraint().unwrap_or("a check").to_owned() },
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Error::Serialization { attempts: 1 },
        SqlState::READ_ONLY_SQL_TRANSACTION => Error::misuse("a read may not write; use Db::write"),
        SqlState::DISK_FULL => Error::Full,
        SqlState::LOCK_NOT_AVAILABLE | SqlState::QUERY_CANCELED => Error::Busy(told.message().to_owned()),
        SqlState::FEATURE_NOT_SUPPORTED if told.routine() == Some("RevalidateCachedQuery") => stale(),
        _ => by_class(told),
    }
}

/// A prepared statement's answer has another shape since the schema changed: forget it and run again.
fn stale() -> Error {
    Error::Serialization { attempts: 1 }
}

/// Messages of these classes are about the statement or the server and never contain a value.
fn by_class(told: &DbError) -> Error {
    let (code, text) = (told.code().code(), told.message());
    match &code[..2] {
        "42" | "0A" => Error::misuse(format!("SQL: {text}")),
        "08" | "57" => Error::Connection(text.to_owned()),
        "53" | "55" => Error::Busy(text.to_owned()),
        "58" | "28" | "3D" => Error::Other(text.to_owned()),
        "22" => Error::Other(format!("a value does not fit (PostgreSQL error {code})")),
        _ => Error::Other(format!("PostgreSQL error {code}")),
    }
}

/// `table.a, table.b`, in SQLite's format. The detail has the columns as `(a, b)=(…, …)`, in every language.
fn unique_columns(told: &DbError) -> String {
    let detail = told.detail().unwrap_or_default();
    let columns = detail.find('(').and_then(|open| detail[open + 1..].split_once(")=(")).map(|(columns, _)| columns);
    match columns.filter(|columns| !columns.contains('(')) {
        Some(columns) => columns.split(", ").map(|column| qualified(told, Some(column))).collect::<Vec<_>>().join(", "),
        None => format!("index '{}'", told.constraint().unwrap_or("?")),
    }
}

fn qualified(told: &DbError, column: Option<&str>) -> String {
    format!("{}.{}", told.table().unwrap_or("?"), column.unwrap_or("?").trim_matches('"'))
}
