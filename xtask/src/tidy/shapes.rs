//! Types that clients see are in `http.rs`, separate from domain types, so that each can change without the other.
//!
//! A closed list of words (an enum such as a publication's state) may be described where it is defined: its words are the
//! API's words. A struct may not.

use super::{Finding, source::Source};
use std::path::Path;

/// Structs that are shapes and part of the product's own language at once, each with its reason.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "crates/app/src/posts/content.rs",
        "PartContent",
        "kept as JSON and given back as it was sent: one form for all three",
    ),
    ("crates/app/src/posts/content.rs", "MediaRef", "a part of `PartContent`"),
    ("crates/app/src/schedule/recurrence.rs", "Repeat", "kept as JSON and given back as it was sent"),
    ("crates/app/src/publishing/explain.rs", "Telling", "one line of a story, which is only ever told"),
];

/// Runs over the product.
pub fn check() -> Vec<Finding> {
    let sources = Source::all("crates/app/src").filter(|source| !is_http(&source.path));
    sources.flat_map(described).collect()
}

fn is_http(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "http.rs") || path.components().any(|part| part.as_os_str() == "http")
}

fn described(source: &Source) -> Vec<Finding> {
    let lines: Vec<_> = source.product().collect();
    let mut findings = Vec::new();
    for (at, (line, code)) in lines.iter().enumerate() {
        if !(code.contains("derive(") && code.contains("ToSchema")) {
            continue;
        }
        let item = lines[at + 1..].iter().map(|(_, code)| code.trim()).find(|code| is_item(code)).unwrap_or_default();
        let Some((_, rest)) = item.split_once("struct ") else { continue };
        let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if !ALLOWED.iter().any(|(path, allowed, _)| source.path == Path::new(path) && name == *allowed) {
            let what = format!(
                "`{name}` is a public shape (ToSchema): it belongs to the feature's http.rs, made from the domain type there"
            );
            findings.push(Finding::at(&source.path, *line, what));
        }
    }
    findings
}

fn is_item(code: &str) -> bool {
    code.contains("struct ") || code.contains("enum ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_shapes_stand_in_http_files() {
        super::super::assert_none(&check());
    }

    #[test]
    fn every_exception_is_still_needed() {
        for (path, name, _) in ALLOWED {
            assert!(
                crate::repo::text(path).contains(&format!("struct {name}")),
                "{path} has no struct {name} any more"
            );
        }
    }

    #[test]
    fn a_struct_is_found_and_a_list_of_words_is_not() {
        let text = "#[derive(Debug, utoipa::ToSchema)]\n/// A post.\npub struct Post {\n}\n#[derive(ToSchema)]\npub enum State { A }\n#[derive(Debug)]\nstruct Other;\n";
        let source = Source::read(Path::new("crates/app/src/posts/mod.rs"), text.to_owned());
        assert_eq!(described(&source).iter().map(|finding| finding.line).collect::<Vec<_>>(), [1]);
        assert!(
            is_http(Path::new("crates/app/src/http/refusal.rs")) && !is_http(Path::new("crates/app/src/posts/mod.rs"))
        );
    }
}
