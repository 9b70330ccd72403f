//! SQLite's error codes in this crate's words.

use std::io::ErrorKind;

use rusqlite::{Error as Raw, ffi};

use crate::Error;

/// For errors of preparing a statement. Their text is only about the SQL, so it is kept.
pub(super) fn on_prepare(raw: Raw) -> Error {
    match &raw {
        Raw::SqlInputError { msg, .. } => Error::misuse(format!("SQL: {msg}")),
        Raw::SqliteFailure(code, Some(text)) if code.code == rusqlite::ErrorCode::Unknown => {
            Error::misuse(format!("SQL: {text}"))
        }
        _ => on_run(raw),
    }
}

/// For errors of running a statement. Their text may quote a value, so only names of columns are taken from it.
pub(super) fn on_run(raw: Raw) -> Error {
    match raw {
        Raw::SqliteFailure(code, text) => by_code(code.extended_code, text.as_deref().unwrap_or_default()),
        Raw::SqlInputError { msg, .. } => Error::misuse(format!("SQL: {msg}")),
        Raw::MultipleStatement => Error::misuse("one statement at a time"),
        other => Error::misuse(format!("SQLite: {}", kind_of(&other))),
    }
}

fn kind_of(raw: &Raw) -> &'static str {
    match raw {
        Raw::InvalidParameterCount(..) => "the number of arguments is wrong",
        Raw::InvalidColumnIndex(_) | Raw::InvalidColumnName(_) => "there is no such column",
        Raw::ExecuteReturnedResults => "the statement gives rows",
        _ => "the driver refused the call",
    }
}

fn by_code(code: i32, text: &str) -> Error {
    // What follows the last `: ` of a constraint's message are names of columns or of the check.
    let names = || text.split_once("failed: ").map_or("a constraint", |(_, names)| names).to_owned();
    match code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            Error::Unique { constraint: names() }
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => Error::ForeignKey,
        ffi::SQLITE_CONSTRAINT_NOTNULL | ffi::SQLITE_CONSTRAINT_CHECK => Error::Check { rule: names() },
        _ => by_family(code, std::io::Error::last_os_error().kind()),
    }
}

/// `refusal` is what the system said to the last call that failed on this thread: SQLite keeps it to itself.
fn by_family(code: i32, refusal: ErrorKind) -> Error {
    let text = ffi::code_to_str(code);
    match code & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => Error::Busy("another process holds the file".into()),
        ffi::SQLITE_FULL => Error::Full,
        // The index of the log could not grow: nothing was written yet, and this is how a full disk shows there.
        _ if code == ffi::SQLITE_IOERR_SHMSIZE => Error::Full,
        // A quota that is used up is a full disk for the account that has it. SQLite knows only the disk's own word for that.
        _ if code == ffi::SQLITE_IOERR_WRITE && refusal == ErrorKind::QuotaExceeded => Error::Full,
        // after these, the state on disk is unknown.
        ffi::SQLITE_IOERR | ffi::SQLITE_CORRUPT | ffi::SQLITE_NOTADB => Error::Fatal(text.into()),
        ffi::SQLITE_READONLY if code == ffi::SQLITE_READONLY => {
            Error::misuse("a read may not write; use Db::write (or the file is read-only)")
        }
        ffi::SQLITE_READONLY => Error::Fatal(text.into()),
        ffi::SQLITE_CANTOPEN => Error::Connection(text.into()),
        _ => Error::Other(format!("SQLite error {code}: {text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32, text: &str) -> Error {
        on_run(Raw::SqliteFailure(ffi::Error::new(code), Some(text.into())))
    }

    #[test]
    fn r_21_failed_syncs_and_damaged_files_are_fatal_but_a_full_disk_is_not() {
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert!(matches!(failure(code, "x"), Error::Fatal(_)), "{code}");
        }
        for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            assert_eq!(failure(code, "database or disk is full"), Error::Full);
        }
    }

    #[test]
    fn a_quota_that_is_used_up_is_a_full_disk_but_a_sync_that_failed_for_it_is_fatal() {
        assert_eq!(by_family(ffi::SQLITE_IOERR_WRITE, ErrorKind::QuotaExceeded), Error::Full);
        for (code, refusal) in [
            (ffi::SQLITE_IOERR_WRITE, ErrorKind::Other),
            (ffi::SQLITE_IOERR_FSYNC, ErrorKind::QuotaExceeded),
            (ffi::SQLITE_IOERR_READ, ErrorKind::QuotaExceeded),
        ] {
            assert!(matches!(by_family(code, refusal), Error::Fatal(_)), "{code} {refusal:?}");
        }
    }

    #[test]
    fn no_text_of_a_running_statement_is_passed_on() {
        let said = failure(ffi::SQLITE_ERROR, "bad JSON path: 'my secret'").to_string();
        assert!(!said.contains("secret"), "{said}");
    }
}
