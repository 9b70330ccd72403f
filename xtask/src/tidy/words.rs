//! Words that are left behind by accident, or that hide a test.

use super::{Finding, source::Source};

/// Text that is forbidden in code, and what to do about it.
const WORDS: &[(&str, &str)] = &[
    (
        "#[ignore",
        "a test that does not run proves nothing: make it run, or delete it; one that lacks a server prints `skipped: reason`",
    ),
    ("todo!(", "write it or leave it out"),
    ("unimplemented!(", "write it or leave it out; a capability that is missing is `None`"),
    ("dbg!(", "use tracing, with the id as a field"),
    ("#[allow(", "write #[expect(.., reason = \"..\")], which tells when it is no longer needed"),
    ("#![allow(", "write #![expect(.., reason = \"..\")], which tells when it is no longer needed"),
];

/// Runs over all Rust files.
pub fn check() -> Vec<Finding> {
    ["crates", "xtask"].iter().flat_map(|folder| Source::all(folder)).flat_map(found).collect()
}

fn found(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, code) in source.code.iter().enumerate() {
        let here = WORDS.iter().filter(|(word, _)| code.contains(word));
        findings.extend(here.map(|(word, advice)| Finding::at(&source.path, at + 1, format!("`{word}`: {advice}"))));
    }
    findings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn nothing_is_left_behind() {
        super::super::assert_none(&check());
    }

    #[test]
    fn words_in_code_are_found_and_in_text_are_not() {
        let text = "dbg!(a);\nlet a = \"todo!()\"; // #[ignore]\n#[ignore]\nfn b() { todo!() }\n";
        let source = Source::read(Path::new("crates/a/src/b.rs"), text.to_owned());
        assert_eq!(found(&source).iter().map(|finding| finding.line).collect::<Vec<_>>(), [1, 3, 4]);
    }
}
