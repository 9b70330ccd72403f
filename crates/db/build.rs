//! Embeds the workspace's migration files, so that the binary carries its own schema.
//!
//! A list made here, rather than by a macro, is what makes cargo notice a file that was *added*.

use std::{env, fmt::Write as _, fs, path::PathBuf};

fn main() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../migrations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .map(|entries| entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect())
        .unwrap_or_default();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "sql"));
    files.sort();
    let mut list = String::from("&[\n");
    for file in &files {
        let file = file.canonicalize().expect("a file that was just listed");
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a migration's name is plain text");
        println!("cargo::rerun-if-changed={}", file.display());
        writeln!(list, "    ({name:?}, include_str!({file:?})),").expect("memory");
    }
    list.push(']');
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("migrations.rs");
    fs::write(target, list).expect("the build folder is writable");
}
