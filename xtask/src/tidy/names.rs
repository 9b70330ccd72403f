//! The product does not know the platforms by name: what differs between them is data in `About` and `Limits`.

use super::{Finding, source::Source};
use crate::repo;

/// Crates that hold for every platform there is and will be.
const BLIND: &[&str] = &["crates/base/src", "crates/connector/src", "crates/db/src", "crates/app/src"];

/// Runs over the crates that must not ask who a connector is.
pub fn check() -> Vec<Finding> {
    let platforms = repo::platforms();
    let sources = BLIND.iter().flat_map(|folder| Source::all(folder));
    sources.flat_map(|source| named(source, &platforms)).collect()
}

fn named(source: &Source, platforms: &[String]) -> Vec<Finding> {
    let is_one = |text: &str| platforms.iter().any(|platform| text.eq_ignore_ascii_case(platform));
    let strings = source.product_strings().filter(|(_, text)| is_one(text)).map(|(line, text)| {
        let what =
            format!("\"{text}\" is a platform's id: ask its connector what it can do (About, Limits), not who it is");
        Finding::at(&source.path, line, what)
    });
    let long = platforms.iter().filter(|platform| platform.len() > 3);
    let words: Vec<_> = long.map(|platform| platform.to_lowercase()).collect();
    let code = source.product().filter_map(|(line, code)| {
        let code = code.to_lowercase();
        let word = words.iter().find(|word| code.contains(*word))?;
        Some(Finding::at(
            &source.path,
            line,
            format!("code that names `{word}` belongs to crates/platforms/src/{word}"),
        ))
    });
    strings.chain(code).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_product_names_no_platform() {
        super::super::assert_none(&check());
    }

    #[test]
    fn an_id_in_a_string_and_a_name_in_code_are_found() {
        let text = "if id == \"x\" {}\nlet y = \"x=1\";\nfn for_bluesky() {} // bluesky\n#[cfg(test)]\nmod tests { const A: &str = \"x\"; }\n";
        let source = Source::read(Path::new("crates/app/src/a.rs"), text.to_owned());
        let found = named(&source, &["bluesky".to_owned(), "x".to_owned()]);
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [1, 3]);
    }
}
