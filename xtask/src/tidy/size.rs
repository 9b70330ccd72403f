//! A file carries one subject. Most have a hundred or two hundred lines; one with nine hundred has several subjects.

use std::path::Path;

use super::Finding;
use crate::repo;

/// Lines.
const MAX: usize = 900;
/// What people write.
const KINDS: &[&str] = &["rs", "sql", "ts", "tsx", "css", "mjs", "md", "toml"];
/// Made from code.
const GENERATED: &[&str] = &["docs/openapi.json", "docs/problems.md", "docs/inventory.md", "web/src/api/schema.d.ts"];

/// Runs over everything that people write.
pub fn check() -> Vec<Finding> {
    repo::files("")
        .into_iter()
        .filter(|path| is_written(path))
        .filter_map(|path| too_long(&path, &repo::text(&path)))
        .collect()
}

fn is_written(path: &Path) -> bool {
    let kind = path.extension().is_some_and(|end| KINDS.iter().any(|kind| end == *kind));
    let generated = GENERATED.iter().any(|file| path == Path::new(file))
        || path.components().any(|part| part.as_os_str() == "generated");
    kind && !generated
}

fn too_long(path: &Path, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    (lines > MAX).then(|| {
        Finding::at(path, 0, format!("{lines} lines; {MAX} are the most: split it where a second subject begins"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_too_long() {
        super::super::assert_none(&check());
    }

    #[test]
    fn nine_hundred_lines_are_the_most() {
        assert!(too_long(Path::new("a.rs"), &"\n".repeat(900)).is_none());
        assert!(too_long(Path::new("a.rs"), &"\n".repeat(901)).is_some());
        assert!(!is_written(Path::new("Cargo.lock")) && is_written(Path::new("a/b.tsx")));
    }
}
