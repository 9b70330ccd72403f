//! SQL is allowed only in a feature's `store.rs`, in `crates/db` and in `migrations/`, so that all uses of a table can be found.

use std::path::Path;

use super::{Finding, source::Source};

/// Files with SQL that are no store, each with its reason.
const ALLOWED: &[(&str, &str)] = &[(
    "crates/app/src/secrets/rotation.rs",
    "re-sealing walks the sealed columns of every feature's tables; their names come from secrets/columns.rs",
)];

/// The program itself reads a few figures for the operator and for itself: how many values are sealed, which nodes live, what the
/// metrics count. It reads them whole and changes nothing.
const READS_ONLY: &str = "crates/server/src";

/// Runs over every crate but `db`.
pub fn check() -> Vec<Finding> {
    let crates = ["base", "connector", "platforms", "sandbox", "app", "server"];
    let sources = crates.into_iter().flat_map(|name| Source::all(&format!("crates/{name}/src")).collect::<Vec<_>>());
    sources.filter(|source| !may(&source.path)).flat_map(statements).collect()
}

fn may(path: &Path) -> bool {
    let named = path.file_name().is_some_and(|name| name == "store.rs");
    let within = path.components().any(|part| part.as_os_str() == "store");
    named || within || ALLOWED.iter().any(|(allowed, _)| path == Path::new(allowed))
}

fn statements(source: &Source) -> Vec<Finding> {
    let reads = source.path.starts_with(READS_ONLY);
    let found =
        source.product_strings().filter(|(_, text)| is_statement(text) && !(reads && text.starts_with("SELECT ")));
    let what = "SQL outside a store.rs: move the statement to the feature's store and call it from here";
    found.map(|(line, _)| Finding::at(&source.path, line, what)).collect()
}

fn is_statement(text: &str) -> bool {
    let pairs = [
        ("SELECT ", " FROM "),
        ("INSERT INTO ", " "),
        ("UPDATE ", " SET "),
        ("DELETE FROM ", ""),
        ("CREATE TABLE ", ""),
        ("CREATE INDEX ", ""),
        ("ALTER TABLE ", ""),
        ("WITH ", " SELECT "),
    ];
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    pairs.iter().any(|(begin, then)| flat.strip_prefix(begin).is_some_and(|rest| rest.contains(then)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_only_in_stores() {
        super::super::assert_none(&check());
    }

    #[test]
    fn every_exception_is_still_there_and_needed() {
        for (path, _) in ALLOWED {
            let source = Source::read(Path::new(path), crate::repo::text(path));
            assert!(!statements(&source).is_empty(), "{path} needs no exception any more");
        }
    }

    #[test]
    fn a_statement_is_distinguished_from_a_sentence() {
        for statement in [
            "SELECT id\n   FROM posts",
            "INSERT INTO posts (id) VALUES ($1)",
            "UPDATE posts SET a = 1",
            "DELETE FROM a",
        ] {
            assert!(is_statement(statement), "{statement}");
        }
        for sentence in ["SELECT a platform", "DELETE", "UPDATE your settings", "post"] {
            assert!(!is_statement(sentence), "{sentence}");
        }
        assert!(may(Path::new("crates/app/src/posts/store.rs")) && !may(Path::new("crates/app/src/posts/mod.rs")));
    }
}
