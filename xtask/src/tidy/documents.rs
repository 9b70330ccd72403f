//! Links between documents lead somewhere, decisions are numbered once, and every platform has its page.

use std::{collections::BTreeMap, path::Path};

use super::Finding;
use crate::repo;

/// Runs over everything that people read.
pub fn check() -> Vec<Finding> {
    let is_document = |path: &Path| path.extension().is_some_and(|end| end == "md");
    let documents: Vec<_> = repo::files("").into_iter().filter(|path| is_document(path)).collect();
    let mut findings: Vec<_> = documents.iter().flat_map(|path| dead_links(path, &repo::text(path))).collect();
    let decisions = documents.iter().filter(|path| path.starts_with("docs/decisions"));
    findings.extend(numbered_twice(decisions.filter_map(|path| path.file_name()?.to_str())));
    for platform in repo::platforms() {
        let page = format!("docs/platforms/{platform}.md");
        if !repo::root().join(&page).exists() {
            findings.push(Finding::at(
                page,
                0,
                "a platform without a page: what it can do, its limits, how its app is set up",
            ));
        }
    }
    findings
}

fn dead_links(path: &Path, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !elsewhere && !repo::root().join(path).with_file_name(file).exists() {
                findings.push(Finding::at(path, at + 1, format!("the link to `{target}` leads nowhere")));
            }
        }
    }
    findings
}

fn numbered_twice<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for name in names {
        let number = name.split('-').next().unwrap_or_default();
        let path = Path::new("docs/decisions").join(name);
        if number.len() != 4 || !number.chars().all(|c| c.is_ascii_digit()) {
            findings.push(Finding::at(path, 0, "a decision is named NNNN-title.md"));
        } else if let Some(other) = numbers.insert(number, name) {
            findings.push(Finding::at(path, 0, format!("{other} has the same number")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_in_order() {
        super::super::assert_none(&check());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text = "[a](README.md) [b](https://example.com) [c](#here)\n[d](nowhere.md) and [e](docs/gone.md#part)\n";
        let lines: Vec<_> = dead_links(Path::new("README.md"), text).iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [2, 2]);
    }

    #[test]
    fn a_number_belongs_to_one_decision() {
        assert_eq!(numbered_twice(["0001-a.md", "0002-b.md"].into_iter()), []);
        assert_eq!(numbered_twice(["0001-a.md", "0001-b.md", "3-c.md"].into_iter()).len(), 2);
    }
}
