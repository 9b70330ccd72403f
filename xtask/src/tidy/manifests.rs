//! Versions stand once, in the workspace; every crate keeps the workspace's lints; no dependency is carried along unused; one
//! integration-test program per crate.

use std::collections::BTreeSet;

use super::{Finding, source::Source, walls::dependencies};
use crate::repo;

/// What every crate takes from the workspace.
const SHARED: &[&str] = &["version", "edition", "rust-version", "license", "publish"];
/// Dependencies that are not named in code, with the reason.
const UNNAMED: &[(&str, &str)] = &[];

/// Runs over every manifest.
pub fn check() -> Vec<Finding> {
    let crates = repo::folders("crates").into_iter().map(|name| format!("crates/{name}"));
    let all: Vec<_> = crates.chain(["xtask".to_owned()]).collect();
    let mut findings: Vec<_> = all.iter().flat_map(|folder| of(folder)).collect();
    let used: BTreeSet<_> = all
        .iter()
        .flat_map(|folder| dependencies(&repo::text(format!("{folder}/Cargo.toml"))))
        .map(|(_, name, _)| name)
        .collect();
    findings.extend(unused_by_all(&repo::text("Cargo.toml"), &used));
    findings
}

fn of(folder: &str) -> Vec<Finding> {
    let path = format!("{folder}/Cargo.toml");
    let text = repo::text(&path);
    let mut findings = shared(&path, &text);
    let code =
        Source::all(folder).flat_map(|source| source.code.iter().map(String::as_str)).collect::<Vec<_>>().join("\n");
    for (line, name, _) in dependencies(&text) {
        let named = code.contains(&name.replace('-', "_")) || UNNAMED.iter().any(|(unnamed, _)| *unnamed == name);
        if !named {
            findings.push(Finding::at(&path, line, format!("`{name}` is not used by {folder}: remove the line")));
        }
    }
    let programs = repo::files(&format!("{folder}/tests"));
    let top = programs.iter().filter(|file| file.components().count() == folder.split('/').count() + 2);
    if top.count() > 1 {
        findings.push(Finding::at(
            format!("{folder}/tests"),
            0,
            "several integration-test programs: each is linked by itself; make them modules of one",
        ));
    }
    findings
}

fn shared(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in SHARED {
        if !text.contains(&format!("\n{key}.workspace = true")) {
            findings.push(Finding::at(path, 0, format!("`{key}.workspace = true` is missing")));
        }
    }
    if !text.contains("[lints]\nworkspace = true") {
        findings.push(Finding::at(path, 0, "the workspace's lints are missing: [lints] workspace = true"));
    }
    for (line, name, _) in dependencies(text) {
        let written = text.lines().nth(line - 1).unwrap_or_default();
        if !(written.contains(".workspace = true") || written.contains("workspace = true")) {
            let what = format!(
                "`{name}` has a version of its own: put it in [workspace.dependencies] and write `{name}.workspace = true`"
            );
            findings.push(Finding::at(path, line, what));
        }
    }
    findings
}

fn unused_by_all(workspace: &str, used: &BTreeSet<String>) -> Vec<Finding> {
    let carried = dependencies(workspace).into_iter().filter(|(_, name, _)| !used.contains(name));
    let what = |name: &str| format!("no crate uses `{name}`: remove the line");
    carried.map(|(line, name, _)| Finding::at("Cargo.toml", line, what(&name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_in_order() {
        super::super::assert_none(&check());
    }

    #[test]
    fn a_version_of_its_own_and_missing_lints_are_found() {
        let text = "[package]\nname = \"a\"\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n[dependencies]\nserde = \"1\"\nbase.workspace = true\n";
        let found: Vec<_> = shared("a/Cargo.toml", text).into_iter().map(|finding| finding.what).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("publish") && found[1].contains("lints") && found[2].contains("serde"), "{found:?}");
    }

    #[test]
    fn an_unused_version_is_found() {
        let used = BTreeSet::from(["serde".to_owned()]);
        let found = unused_by_all("[workspace.dependencies]\nserde = \"1\"\nleft-over = \"2\"\n", &used);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [3]);
    }
}
