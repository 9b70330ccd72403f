//! Where things are in the repository, and the files that people wrote.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders with generated files.
const NOT_OURS: &[&str] = &[".git", "target", "node_modules", "data", "dist", ".results"];

/// The top of the repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// An environment variable of this tool.
pub fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "these choose how tests run; they are no settings of the product")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether this runs in CI (`CI=true`).
pub fn is_ci() -> bool {
    variable("CI").is_some_and(|value| value != "false" && value != "0")
}

/// Every file under `folder` (from the top of the repository), as paths from there, in order.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let kept = !NOT_OURS.iter().any(|other| name == *other);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && kept => walk(&path, found),
            Ok(kind) if kind.is_file() => found.extend(path.strip_prefix(root()).map(Path::to_owned)),
            _ => {}
        }
    }
}

/// The text of a file, by its path from the top of the repository; empty if it is gone or no text.
pub fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// The platform that exists nowhere, of which others are made: the name of its two folders.
pub const TEMPLATE: &str = "noticeboard";

/// The ids of the platforms: a folder each, beside the template and the rooms that connectors share: all of them, and those of
/// Meta's platforms.
pub fn platforms() -> Vec<String> {
    let others = ["kit", "meta", TEMPLATE];
    folders("crates/platforms/src").into_iter().filter(|name| !others.contains(&name.as_str())).collect()
}

/// The names of the folders directly in `folder`, in order.
pub fn folders(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
