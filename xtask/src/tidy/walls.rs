//! Which crate may depend on which. Product code asks a connector what it can do, never which one it is; a connector knows one
//! network's HTTP and JSON and no table or route; a sandbox network is written without a look at the connector.

use super::{Finding, source::Source};
use crate::repo;

/// A crate, the crates of this workspace it may name, and those that only its tests may.
const WALLS: &[(&str, &[&str], &[&str])] = &[
    ("crates/words", &[], &[]),
    ("crates/base", &["words"], &[]),
    ("crates/connector", &["base"], &[]),
    ("crates/platforms", &["base", "connector"], &["sandbox"]),
    ("crates/sandbox", &["base"], &[]),
    ("crates/db", &["base"], &[]),
    ("crates/pixels", &[], &[]),
    ("crates/trust", &["base"], &[]),
    ("crates/app", &["base", "connector", "db", "pixels", "trust"], &[]),
    ("crates/server", &["base", "connector", "db", "app", "platforms", "sandbox", "trust"], &[]),
    ("crates/bench", &["base", "connector", "db", "app", "platforms", "sandbox", "server"], &[]),
    ("crates/bench", &["base", "connector", "db", "app"], &[]),
    ("xtask", &["base"], &[]),
];

/// What the product part of a crate may not depend on, and why.
const NOT_FOR: &[(&str, &[&str], &str)] = &[
    ("crates/base", &["axum", "reqwest", "rusqlite", "tokio-postgres"], "it holds words and does no I/O"),
    ("crates/connector", &["axum", "rusqlite", "tokio-postgres"], "it knows no route and no table"),
    (
        "crates/platforms",
        &["axum", "reqwest", "hyper", "rusqlite", "tokio-postgres"],
        "the only way out is connector::http, and it knows no route and no table",
    ),
    (
        "crates/app",
        &["reqwest", "hyper", "rusqlite", "tokio-postgres", "deadpool-postgres", "refinery"],
        "the way out is connector::http, and the database is behind `db`",
    ),
    ("crates/db", &["axum", "reqwest"], "it is the door to the database and nothing else"),
];

/// Runs over every manifest, and over the connectors' code.
pub fn check() -> Vec<Finding> {
    let mut findings: Vec<_> = members().iter().flat_map(|folder| manifest(folder)).collect();
    for source in Source::all("crates/platforms/src") {
        findings.extend(connector_code(source));
    }
    findings
}

fn members() -> Vec<String> {
    let crates = repo::folders("crates").into_iter().map(|name| format!("crates/{name}"));
    crates.chain(["xtask".to_owned()]).collect()
}

fn manifest(folder: &str) -> Vec<Finding> {
    let path = format!("{folder}/Cargo.toml");
    let text = repo::text(&path);
    let ours: Vec<_> = members().iter().filter_map(|member| member.rsplit('/').next().map(str::to_owned)).collect();
    let Some((_, may, tests_may)) = WALLS.iter().find(|(name, ..)| *name == folder) else {
        let what = "a new crate: say in xtask/src/tidy/walls.rs and ARCHITECTURE.md which crates it may name";
        return vec![Finding::at(path, 0, what)];
    };
    let refused = NOT_FOR.iter().find(|(name, ..)| *name == folder);
    dependencies(&text)
        .into_iter()
        .filter_map(|(line, name, for_tests)| {
            let allowed = may.contains(&name.as_str()) || (for_tests && tests_may.contains(&name.as_str()));
            if ours.contains(&name) && !allowed {
                return Some(Finding::at(
                    &path,
                    line,
                    format!("{folder} may not name `{name}`; see ARCHITECTURE.md, Walls"),
                ));
            }
            let (_, names, why) = refused?;
            (!for_tests && names.contains(&name.as_str()))
                .then(|| Finding::at(&path, line, format!("{folder} may not use `{name}`: {why}")))
        })
        .collect()
}

/// The dependencies of a manifest: line, name, and whether only tests have it.
pub fn dependencies(manifest: &str) -> Vec<(usize, String, bool)> {
    let (mut section, mut found) = (String::new(), Vec::new());
    for (at, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
            continue;
        }
        let for_tests = section.ends_with("dev-dependencies");
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        if section.ends_with("dependencies") && !name.is_empty() && !name.starts_with('#') {
            found.push((at + 1, name.to_owned(), for_tests));
        }
    }
    found
}

fn connector_code(source: &Source) -> Vec<Finding> {
    let words = ["db::", "axum::", "rusqlite", "tokio_postgres", "app::", "sandbox::"];
    let named = |code: &str| {
        let starts = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        words.iter().copied().find(|word| code.match_indices(word).any(|(at, _)| starts(at)))
    };
    let lines = source.product().filter_map(|(line, code)| {
        let word = named(code)?;
        Some(Finding::at(
            &source.path,
            line,
            format!("a connector may not name `{word}`: it knows HTTP and JSON of one network"),
        ))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_walls_are_whole() {
        super::super::assert_none(&check());
    }

    #[test]
    fn dependencies_are_found_in_their_sections() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nbase.workspace = true\naxum = { workspace = true }\n[dev-dependencies]\ndb.workspace = true\n";
        let expected = [(4, "base", false), (5, "axum", false), (7, "db", true)];
        assert_eq!(dependencies(text), expected.map(|(line, name, tests)| (line, name.to_owned(), tests)));
    }

    #[test]
    fn a_connector_that_names_a_table_or_a_route_is_found() {
        let text = "use db::Tx;\nuse my_db::Tx; // db::Tx\nfn a() { let r = axum::Router::new(); }\n#[cfg(test)]\nmod tests { use axum::Router; }\n";
        let source = Source::read(Path::new("crates/platforms/src/a/mod.rs"), text.to_owned());
        assert_eq!(connector_code(&source).iter().map(|finding| finding.line).collect::<Vec<_>>(), [1, 3]);
    }
}
