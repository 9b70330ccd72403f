//! All differences between the two engines' SQL.
//!
//! A statement is written once, with `$1 $2 …` for its arguments and a word in braces where the engines differ:
//!
//! | write | PostgreSQL | SQLite |
//! |---|---|---|
//! | `{skip_locked}` | `FOR UPDATE SKIP LOCKED` | nothing: there is one writer |
//! | `{for_update}` | `FOR UPDATE` | nothing: there is one writer |
//! | `{for_share}` | `FOR SHARE` | nothing: there is one writer |
//! | `{greatest}(a, b)` / `{least}(a, b)` | `GREATEST` / `LEAST` | `MAX` / `MIN` |
//! | `{ilike}` | `ILIKE` | `LIKE`, which ignores the case of ASCII letters |
//! | `{now_micros}` | the server's clock in microseconds | the machine's clock, to the millisecond |
//! | `{as_json}` (after a column, before `->>`) | `::json` | nothing |
//! | `{among $2}` (after a column) | `= ANY($2::TEXT[])` | `IN (SELECT value FROM json_each($2))` |
//! | `{given: id TEXT, n BIGINT}`, in place of `FROM` | the given rows as a table `given` | nothing: it runs once for each |
//! | `given.n` | that table's column | the row's second argument |
//!
//! What `{among $2}` looks in is one argument, [`crate::Value::Texts`]: a statement is the same however long the list is, and
//! nothing is found in an empty one.
//!
//! Other braces are left alone, so JSON in a literal is safe.
//!
//! A statement over **given rows** applies to many rows of arguments: PostgreSQL gets all of them in one statement ([`crate::Tx::execute_each`], [`crate::Tx::send_many`]), SQLite runs it once for each.

use std::borrow::Cow;

use crate::Error;

/// The engine behind a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The embedded engine.
    Sqlite,
    /// The server.
    Postgres,
}

const WORDS: &[(&str, &str, &str)] = &[
    ("skip_locked", "FOR UPDATE SKIP LOCKED", ""),
    ("for_update", "FOR UPDATE", ""),
    ("for_share", "FOR SHARE", ""),
    ("greatest", "GREATEST", "MAX"),
    ("least", "LEAST", "MIN"),
    ("ilike", "ILIKE", "LIKE"),
    (
        "now_micros",
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        "CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER) * 1000",
    ),
    ("as_json", "::json", ""),
];

/// Statements that would cut a transaction short or reach around it.
const FORBIDDEN: &[&str] =
    &["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "ATTACH", "DETACH", "VACUUM"];

impl Dialect {
    /// Whether the database runs on a machine of its own, whose clock may differ from ours (R-23). An embedded one asks
    /// this machine.
    pub fn has_its_own_clock(self) -> bool {
        self == Self::Postgres
    }

    /// The statement in this engine's words. Without a brace in it nothing is copied.
    ///
    /// # Errors
    /// [`Error::Misuse`] for a word in braces that is not in the table above, and for a statement that would end or
    /// begin a transaction.
    pub fn expand<'sql>(self, sql: &'sql str) -> Result<Cow<'sql, str>, Error> {
        refuse_transaction_control(sql)?;
        if let Some(given) = Given::find(sql)? {
            let plain = given.in_words_of(self);
            return Ok(Cow::Owned(self.expand(&plain)?.into_owned()));
        }
        if !sql.contains('{') {
            return Ok(Cow::Borrowed(sql));
        }
        let mut out = String::with_capacity(sql.len() + 32);
        let mut rest = sql;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let taken = if let Some(name) = word(rest) {
                out.push_str(self.meaning(name)?);
                name.len() + 2
            } else if let Some(list) = list(rest) {
                out.push_str(&self.among(list));
                list.len() + "{among }".len()
            } else {
                out.push('{');
                1
            };
            rest = &rest[taken..];
        }
        out.push_str(rest);
        Ok(Cow::Owned(out))
    }

    /// What `{among $2}` means.
    fn among(self, list: &str) -> String {
        match self {
            Self::Postgres => format!("= ANY({list}::TEXT[])"),
            Self::Sqlite => format!("IN (SELECT value FROM json_each({list}))"),
        }
    }

    fn meaning(self, name: &str) -> Result<&'static str, Error> {
        let found = WORDS.iter().find(|(known, _, _)| *known == name).ok_or_else(|| {
            let known: Vec<_> = WORDS.iter().map(|(known, _, _)| *known).collect();
            Error::misuse(format!("`{{{name}}}` means nothing in a statement; known are {}", known.join(", ")))
        })?;
        Ok(match self {
            Self::Postgres => found.1,
            Self::Sqlite => found.2,
        })
    }
}

/// A statement over given rows: the SQL before and after its table, and the table's columns with their types.
struct Given<'sql> {
    before: &'sql str,
    columns: Vec<(&'sql str, &'sql str)>,
    after: &'sql str,
}

const GIVEN: &str = "{given:";

/// Whether a statement is one over given rows.
pub(crate) fn is_over_given_rows(sql: &str) -> bool {
    sql.contains(GIVEN)
}

impl<'sql> Given<'sql> {
    fn find(sql: &'sql str) -> Result<Option<Self>, Error> {
        let Some((before, rest)) = sql.split_once(GIVEN) else { return Ok(None) };
        let (list, after) = rest
            .split_once('}')
            .ok_or_else(|| Error::misuse("`{given:` has no `}`; write {given: id TEXT, n BIGINT}"))?;
        let columns = list.split(',').map(|column| column.trim().split_once(' ')).collect::<Option<_>>();
        let columns = columns.ok_or_else(|| {
            Error::misuse(format!("`{list}` is not a list of names and types; write {{given: id TEXT, n BIGINT}}"))
        })?;
        Ok(Some(Self { before, columns, after }))
    }

    fn in_words_of(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Postgres => format!("{}{}{}", self.before, self.table(), self.after),
            Dialect::Sqlite => self.with_numbers(&format!("{}{}", self.before, self.after)),
        }
    }

    /// The rows, each with its place among them.
    fn table(&self) -> String {
        let (mut arrays, mut names) = (String::new(), String::new());
        for (place, (name, kind)) in (1..).zip(&self.columns) {
            arrays.push_str(&format!("{}${place}::{kind}[]", if place > 1 { ", " } else { "" }));
            names.push_str(&format!("{name}, "));
        }
        format!("FROM unnest({arrays}) WITH ORDINALITY AS given({names}place)")
    }

    /// `given.name` as the number of that argument; an unknown name is left for the engine to reject.
    fn with_numbers(&self, sql: &str) -> String {
        let mut pieces = sql.split("given.");
        let mut out = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let end =
                piece.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(piece.len());
            match self.columns.iter().position(|(name, _)| *name == &piece[..end]) {
                Some(place) => out.push_str(&format!("${}", place + 1)),
                None => out.push_str(&format!("given.{}", &piece[..end])),
            }
            out.push_str(&piece[end..]);
        }
        out
    }
}

/// The word in `{word}` at the beginning of `text`, if there is one.
fn word(text: &str) -> Option<&str> {
    let end = text.find('}')?;
    let name = &text[1..end];
    (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')).then_some(name)
}

/// The parameter in `{among $2}` at the beginning of `text`, if there is one.
fn list(text: &str) -> Option<&str> {
    let (list, _) = text.strip_prefix("{among ")?.split_once('}')?;
    let number = list.strip_prefix('$')?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(list)
}

fn refuse_transaction_control(sql: &str) -> Result<(), Error> {
    let begin = sql.trim_start();
    let first = begin.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
    if FORBIDDEN.iter().any(|word| word.eq_ignore_ascii_case(first)) {
        return Err(Error::misuse(format!("`{first}` is not for closures: Db::write and Db::read begin and end them")));
    }
    Ok(())
}

/// Rewrites `$3` to `?3`, because SQLite takes `$3` for a *name* and numbers it by its first appearance. Gives the
/// highest number too. Text in quotes and comments stays as it is.
pub(crate) fn number_parameters(sql: &str) -> (String, usize) {
    let mut out = String::with_capacity(sql.len());
    let mut highest = 0;
    let mut rest = sql;
    while let Some(at) = rest.find(['\'', '"', '$', '-', '/']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = match rest.as_bytes() {
            [b'$', digit, ..] if digit.is_ascii_digit() => {
                let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
                highest = highest.max(rest[1..=digits].parse().unwrap_or(0));
                out.push('?');
                out.push_str(&rest[1..=digits]);
                rest = &rest[1 + digits..];
                continue;
            }
            [quote @ (b'\'' | b'"'), ..] => rest[1..].find(*quote as char).map_or(rest.len(), |end| end + 2),
            [b'-', b'-', ..] => rest.find('\n').map_or(rest.len(), |end| end + 1),
            [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 1,
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    (out, highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_braces_become_each_engines_own() {
        let sql = "UPDATE t SET n = {greatest}(n, $1), doc = '{}' WHERE id IN (SELECT id FROM t {skip_locked})";
        assert_eq!(
            Dialect::Postgres.expand(sql).expect("known words"),
            "UPDATE t SET n = GREATEST(n, $1), doc = '{}' WHERE id IN (SELECT id FROM t FOR UPDATE SKIP LOCKED)"
        );
        assert_eq!(
            Dialect::Sqlite.expand(sql).expect("known words"),
            "UPDATE t SET n = MAX(n, $1), doc = '{}' WHERE id IN (SELECT id FROM t )"
        );
    }

    #[test]
    fn a_statement_without_braces_is_not_copied_and_an_unknown_word_is_refused() {
        assert!(matches!(Dialect::Sqlite.expand("SELECT $1"), Ok(Cow::Borrowed("SELECT $1"))));
        let said = Dialect::Sqlite.expand("SELECT {nonsense}").expect_err("unknown").to_string();
        assert!(said.contains("nonsense") && said.contains("skip_locked"), "{said}");
        assert!(matches!(Dialect::Sqlite.expand(r#"SELECT '{"a":{}}'"#), Ok(text) if text == r#"SELECT '{"a":{}}'"#));
    }

    #[test]
    fn a_list_is_an_array_here_and_json_there() {
        let sql = "SELECT id FROM t WHERE a = $1 AND id {among $2}";
        assert_eq!(
            Dialect::Postgres.expand(sql).expect("a list"),
            "SELECT id FROM t WHERE a = $1 AND id = ANY($2::TEXT[])"
        );
        assert_eq!(
            Dialect::Sqlite.expand(sql).expect("a list"),
            "SELECT id FROM t WHERE a = $1 AND id IN (SELECT value FROM json_each($2))"
        );
        assert_eq!(Dialect::Sqlite.expand("SELECT '{among them}'").expect("no list"), "SELECT '{among them}'");
    }

    #[test]
    fn given_rows_are_a_table_here_and_arguments_there() {
        let sql = "UPDATE t SET n = given.n + {greatest}(n, 1) {given: id TEXT, n BIGINT} WHERE t.id = given.id";
        assert_eq!(
            Dialect::Postgres.expand(sql).expect("columns"),
            "UPDATE t SET n = given.n + GREATEST(n, 1) FROM unnest($1::TEXT[], $2::BIGINT[]) WITH ORDINALITY AS \
             given(id, n, place) WHERE t.id = given.id"
        );
        assert_eq!(Dialect::Sqlite.expand(sql).expect("columns"), "UPDATE t SET n = $2 + MAX(n, 1)  WHERE t.id = $1");
        for odd in ["SELECT 1 {given: id TEXT", "SELECT 1 {given: id}"] {
            let said = Dialect::Sqlite.expand(odd).expect_err("no list").to_string();
            assert!(said.contains("{given: id TEXT, n BIGINT}"), "{said}");
        }
        assert!(Dialect::Sqlite.expand("SELECT given.odd {given: id TEXT}").expect("left").contains("given.odd"));
    }

    #[test]
    fn a_closure_cannot_end_its_own_transaction() {
        for sql in ["COMMIT", "  rollback", "savepoint x", "BEGIN;", "vacuum"] {
            assert!(matches!(Dialect::Postgres.expand(sql), Err(Error::Misuse(_))), "{sql}");
        }
        assert!(Dialect::Postgres.expand("ENDURE").is_ok(), "whole words only");
    }

    #[test]
    fn parameters_are_numbered_but_quotes_and_comments_stay() {
        let sql = "SELECT '$1 it''s', \"$2\", $2, $10 - 1 /* $3 */ FROM t -- $4\n WHERE a = $1";
        assert_eq!(
            number_parameters(sql),
            ("SELECT '$1 it''s', \"$2\", ?2, ?10 - 1 /* $3 */ FROM t -- $4\n WHERE a = ?1".to_owned(), 10)
        );
    }
}
