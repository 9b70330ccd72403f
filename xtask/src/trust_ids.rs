//! `cargo xtask trust-ids`: which requirements have a test that is named after them?
//!
//! The requirements are a document beside the repository (`XTASK_TRUST`, else `../shared/trust.md`). Where it is not, there
//! is nothing to compare with, and the command says so.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use anyhow::Result;

use crate::repo;

/// The prefixes of the ids, in the order of the report.
const FAMILIES: &[&str] = &["P", "PD", "S", "R", "F"];

/// A requirement: its family and its number.
type Id = (String, u32);

/// Prints the ids with and without a test.
pub fn run() -> Result<bool> {
    let path = repo::variable("XTASK_TRUST").map_or_else(|| repo::root().join("../shared/trust.md"), PathBuf::from);
    let Ok(document) = std::fs::read_to_string(&path) else {
        println!("skipped: {} cannot be read; XTASK_TRUST names the document with the requirements", path.display());
        return Ok(true);
    };
    let (wanted, tests) = (required(&document), tests());
    for family in FAMILIES {
        let ids: Vec<_> = wanted.iter().filter(|(prefix, _)| prefix == family).collect();
        let (with, without): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| tests.contains_key(*id));
        println!("{family}: {} of {} have a test", with.len(), with.len() + without.len());
        for id in with {
            println!("  {:6} {}", name(id), tests[id].iter().cloned().collect::<Vec<_>>().join(", "));
        }
        println!("  without a test: {}", without.into_iter().map(name).collect::<Vec<_>>().join(" "));
    }
    let unknown: Vec<_> = tests.keys().filter(|id| !wanted.contains(*id)).map(name).collect();
    if !unknown.is_empty() {
        println!("named in tests but not in the document: {}", unknown.join(" "));
    }
    Ok(true)
}

fn name((family, number): &Id) -> String {
    format!("{family}-{number:0width$}", width = if family == "P" { 3 } else { 2 })
}

/// The ids that a document sets out in bold: `**S-01**`, `**P-010/012**`, `**P-132/134/136-140**`.
fn required(document: &str) -> BTreeSet<Id> {
    let mut ids = BTreeSet::new();
    for bold in document.split("**").skip(1).step_by(2) {
        let Some((family, numbers)) = bold.split_once('-').filter(|(family, _)| FAMILIES.contains(family)) else {
            continue;
        };
        for range in numbers.split('/') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
                ids.extend((first..=last).map(|number| (family.to_owned(), number)));
            }
        }
    }
    ids
}

/// Every test that is named after a requirement, in Rust and in the browser tests.
fn tests() -> BTreeMap<Id, BTreeSet<String>> {
    let mut found: BTreeMap<Id, BTreeSet<String>> = BTreeMap::new();
    let written = |path: &PathBuf| path.extension().is_some_and(|end| ["rs", "ts", "tsx"].iter().any(|it| end == *it));
    for path in [repo::files("crates"), repo::files("web"), repo::files("xtask")].concat().into_iter().filter(written) {
        for test in names(&repo::text(&path)) {
            for id in ids_in(test) {
                found.entry(id).or_default().insert(test.to_owned());
            }
        }
    }
    found
}

/// The names of tests: after `fn`, or in `test('…')`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let rust = text.lines().filter_map(|line| line.split_once("fn ").map(|(_, rest)| rest));
    let browser = text.lines().filter_map(|line| {
        let (_, rest) = line.split_once("test(").or_else(|| line.split_once("it("))?;
        Some(rest.trim_start_matches(['\'', '"', '`']))
    });
    rust.chain(browser).map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default())
}

/// The ids at the head of a name: `r_36_r_44_a_thread_…` has two, and so has `p_010_012_…`.
fn ids_in(name: &str) -> Vec<Id> {
    let (mut ids, mut family) = (Vec::new(), None);
    for word in name.split('_') {
        let upper = word.to_uppercase();
        if FAMILIES.contains(&upper.as_str()) {
            family = Some(upper);
        } else if let (Some(family), true, Ok(number)) = (&family, word.len() > 1, word.parse()) {
            ids.push((family.clone(), number));
        } else {
            break;
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(family: &str, number: u32) -> Id {
        (family.to_owned(), number)
    }

    #[test]
    fn a_document_names_single_ids_lists_and_ranges() {
        let ids = required("- _A._ **S-01** text **not an id** **P-132/134/136-138** and **R-44** but GR-04");
        let expected = [id("P", 132), id("P", 134), id("P", 136), id("P", 137), id("P", 138), id("R", 44), id("S", 1)];
        assert_eq!(ids.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_test_may_be_named_after_more_than_one() {
        assert_eq!(ids_in("r_36_r_44_a_thread_goes_on"), [id("R", 36), id("R", 44)]);
        assert_eq!(ids_in("p_010_012_only_the_address_is_wanted"), [id("P", 10), id("P", 12)]);
        assert_eq!(ids_in("s_86_a_bucket"), [id("S", 86)]);
        assert!(ids_in("a_post_of_26_parts").is_empty() && ids_in("p_is_a_letter").is_empty());
    }

    #[test]
    fn names_stand_behind_fn_and_in_browser_tests() {
        let text = "    async fn s_01_sealed() {\n  test('p_150_only_our_cookies', async () => {\n// fn\n";
        let found: Vec<_> = names(text).filter(|name| !ids_in(name).is_empty()).collect();
        assert_eq!(found, ["s_01_sealed", "p_150_only_our_cookies"]);
    }
}
