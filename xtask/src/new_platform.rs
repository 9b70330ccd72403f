//! `cargo xtask new-platform <id>`: a new platform from the template, which is a small network that exists nowhere. Its two
//! folders are compiled and tested like any other's, so that what is copied works.
//!
//! The new platform is not offered: its connector stands in no list until a person puts it there. Its tests fail until every line
//! is filled in that the template marks, and name these lines.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::{
    repo::{self, TEMPLATE},
    runs,
};

/// Its name for people; its type is named by the id.
const NAME: &str = "Notice Board";
/// Lines of the template that say that it is one.
const ABOUT_ITSELF: &str = "Template only:";

/// What to make.
#[derive(Args)]
pub struct NewPlatform {
    /// The platform's id: small letters, as in addresses and folders (`bluesky`).
    id: String,
    /// Its name, as people know it; by default the id with a capital.
    #[arg(long)]
    name: Option<String>,
}

/// Lays it out in the repository.
pub fn run(asked: &NewPlatform) -> Result<bool> {
    let name = asked.name.clone().unwrap_or_else(|| capital(&asked.id));
    for path in lay_out(repo::root(), &asked.id, &name)? {
        println!("  {}", path.display());
    }
    // The lists are in order again.
    let in_order = runs::shown(&mut runs::cargo("fmt", &["--all"]))?;
    println!(
        "\n{name} is laid out and not offered yet. What to fill in, line by line:\n  \
         cargo test -p platforms -p sandbox {}::\n\
         When that passes: tests against the twin, a line in `all()` of crates/platforms/src/lib.rs, the demo, and\n  \
         cargo xtask crash",
        asked.id
    );
    Ok(in_order)
}

/// Copies the template and adds the lines to the lists; gives the paths that were made or changed.
fn lay_out(root: &Path, id: &str, name: &str) -> Result<Vec<PathBuf>> {
    let is_id = id.len() > 1 && id.bytes().all(|byte| byte.is_ascii_lowercase());
    ensure!(is_id, "`{id}` is no id for a platform: small letters only, such as `bluesky`");
    ensure!(!name.is_empty() && !name.contains(['"', '\\']), "`{name}` is no name for a platform");
    let folders = ["crates/platforms/src", "crates/sandbox/src"];
    for folder in folders {
        ensure!(!root.join(folder).join(id).exists(), "{folder}/{id} is there already");
    }
    let port = port(&fs_files(&root.join(folders[1]))?);
    let written = |text: &str| renamed(text, id, name).replace("port: 4099", &format!("port: {port}"));
    let mut made = Vec::new();
    for folder in folders {
        let from = Path::new(folder).join(TEMPLATE);
        for file in fs_files(&root.join(&from))? {
            let inner = file.strip_prefix(root.join(&from))?;
            let to = match inner.to_str() {
                Some("guide.md") => Path::new("docs/platforms").join(format!("{id}.md")),
                Some("guide.nl.md") => Path::new("docs/platforms").join(format!("{id}.nl.md")),
                _ => Path::new(folder).join(id).join(inner),
            };
            write(root, &to, &written(&fs::read_to_string(&file)?))?;
            made.push(to);
        }
    }
    let lists = [
        ("crates/platforms/src/lib.rs", format!("pub mod {id};\n")),
        ("crates/sandbox/src/lib.rs", format!("pub mod {id};\n")),
        ("crates/sandbox/src/networks.rs", format!("    /// {name}.\n    {} = {id},\n", capital(id))),
    ];
    for (list, line) in lists {
        let text = fs::read_to_string(root.join(list))?;
        write(root, Path::new(list), &listed(&text, &line).with_context(|| format!("{list} has no template"))?)?;
        made.push(list.into());
    }
    Ok(made)
}

/// The template's text for another platform.
fn renamed(text: &str, id: &str, name: &str) -> String {
    let own = text.lines().filter(|line| !line.contains(ABOUT_ITSELF)).map(|line| format!("{line}\n"));
    let text = own.collect::<String>().replace("//!\n//!\n", "//!\n");
    text.replace(NAME, name).replace(&capital(TEMPLATE), &capital(id)).replace(TEMPLATE, id)
}

/// A list with one more line, before the template's.
fn listed(text: &str, line: &str) -> Option<String> {
    let entry = text.find(&format!("mod {TEMPLATE};")).or_else(|| text.find(&format!("= {TEMPLATE},")))?;
    // Attributes and comments above it belong to it.
    let mut at = text[..entry].rfind('\n')? + 1;
    while let Some(before) = text[..at].trim_end_matches('\n').rfind('\n').map(|end| end + 1) {
        let above = text[before..at].trim_start();
        if !(above.starts_with("#[") || above.starts_with("//")) {
            break;
        }
        at = before;
    }
    Some(format!("{}{line}{}", &text[..at], &text[at..]))
}

/// The first port after those of the other networks.
fn port(twins: &[PathBuf]) -> u16 {
    let ports = twins.iter().filter_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        text.split_once("    port: ")?.1.split_once(',')?.0.parse::<u16>().ok()
    });
    ports.filter(|port| *port < 4099).max().map_or(4001, |last| last + 1)
}

fn capital(id: &str) -> String {
    let mut letters = id.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// All files below a folder.
fn fs_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("{} can't be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(fs_files(&path)?),
            false => files.push(path),
        }
    }
    files.sort();
    Ok(files)
}

fn write(root: &Path, path: &Path, text: &str) -> Result<()> {
    let Some(folder) = path.parent() else { bail!("{} is no file", path.display()) };
    fs::create_dir_all(root.join(folder))?;
    fs::write(root.join(path), text).with_context(|| format!("{} can't be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The folders that the command reads, in a folder of their own.
    fn copied() -> tempfile::TempDir {
        let copy = tempfile::tempdir().expect("a folder");
        let template = ["crates/platforms/src", "crates/sandbox/src"].map(|folder| format!("{folder}/{TEMPLATE}"));
        let files = template.iter().flat_map(|folder| repo::files(folder));
        let lists = ["crates/platforms/src/lib.rs", "crates/sandbox/src/lib.rs", "crates/sandbox/src/networks.rs"];
        let twins = repo::files("crates/sandbox/src").into_iter().filter(|path| path.ends_with("mod.rs"));
        for path in files.chain(lists.map(PathBuf::from)).chain(twins) {
            write(copy.path(), &path, &repo::text(&path)).expect("copied");
        }
        copy
    }

    #[test]
    fn a_new_platform_is_laid_out_under_its_own_name_and_stands_in_the_lists_but_is_not_offered() {
        let copy = copied();
        let made = lay_out(copy.path(), "crowsnest", "Crow's Nest").expect("laid out");
        let text = |path: &str| fs::read_to_string(copy.path().join(path)).unwrap_or_default();
        let wanted = [
            "crates/platforms/src/crowsnest/mod.rs",
            "crates/platforms/src/crowsnest/tests.rs",
            "crates/platforms/src/crowsnest/icon.svg",
            "crates/platforms/src/crowsnest/nl.json",
            "crates/sandbox/src/crowsnest/mod.rs",
            "crates/sandbox/src/crowsnest/tests.rs",
            "docs/platforms/crowsnest.md",
            "docs/platforms/crowsnest.nl.md",
        ];
        for path in wanted {
            assert!(made.contains(&PathBuf::from(path)) && !text(path).is_empty(), "{path} of {made:?}");
        }
        for path in &made {
            let text = text(path.to_str().expect("a name"));
            let is_list = ["lib.rs", "networks.rs"].iter().any(|list| path.ends_with(list));
            let said = |word: &str| text.to_lowercase().contains(word);
            assert!(
                is_list || !(said(TEMPLATE) || said("notice board") || said("template only")),
                "{}",
                path.display()
            );
        }
        let connector = text("crates/platforms/src/crowsnest/mod.rs");
        for line in ["impl Connector for Crowsnest {", "    id: \"crowsnest\",", "    name: \"Crow's Nest\","] {
            assert!(connector.contains(line), "{line}");
        }
        let lists = [text("crates/platforms/src/lib.rs"), text("crates/sandbox/src/lib.rs")];
        assert!(lists.iter().all(|list| list.contains("\npub mod crowsnest;\n#[cfg(test)]\nmod noticeboard;\n")));
        assert!(!lists[0].contains("crowsnest::Crowsnest"), "it is not offered");
        assert!(text("crates/sandbox/src/networks.rs").contains("    /// Crow's Nest.\n    Crowsnest = crowsnest,\n"));
        let ports = |port: &str| {
            fs_files(&copy.path().join("crates/sandbox/src"))
                .expect("files")
                .iter()
                .filter(|file| fs::read_to_string(file).is_ok_and(|text| text.contains(&format!("    port: {port},"))))
                .count()
        };
        let port = text("crates/sandbox/src/crowsnest/mod.rs");
        let port = port.split_once("    port: ").and_then(|(_, rest)| rest.split_once(',')).expect("a port").0;
        assert_eq!((ports(port), port.len()), (1, 4), "a port of its own");
        assert!(lay_out(copy.path(), "crowsnest", "Crow's Nest").is_err(), "what is there is not written over");
        for id in ["X2", "", "../up", "two words"] {
            assert!(lay_out(copy.path(), id, "Name").is_err(), "{id}");
        }
    }
}
