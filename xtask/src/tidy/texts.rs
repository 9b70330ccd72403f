//! What Fanfare says to people has its Dutch: a catalogue (`nl.json`) beside the code has each `say!` of that code, with the
//! same values, and nothing that no code says any more.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use base::words::placeholders;
use proc_macro2::{TokenStream, TokenTree};

use super::{Finding, source::Source};
use crate::repo;

/// Where a sentence stands: the file and the line.
type Sentences = BTreeMap<String, (PathBuf, usize)>;

/// Runs over all code that speaks.
pub fn check() -> Vec<Finding> {
    let mut areas: BTreeMap<PathBuf, Sentences> = BTreeMap::new();
    let mut findings = Vec::new();
    for source in Source::all("crates") {
        findings.extend(unsaid(source));
        let said = said(source);
        if let Some(catalogue) = catalogue_of(&source.path).filter(|_| !said.is_empty()) {
            let of_file = said.into_iter().map(|(line, sentence)| (sentence, (source.path.clone(), line)));
            areas.entry(catalogue).or_default().extend(of_file);
        }
    }
    let problems = areas.entry("crates/base/src/nl.json".into()).or_default();
    for code in base::Code::ALL {
        for sentence in [code.title(), code.remedy()] {
            problems.insert(sentence.to_owned(), ("crates/base/src/problem.rs".into(), 0));
        }
    }
    findings.extend(areas.iter().flat_map(|(catalogue, said)| compared(catalogue, said, &repo::text(catalogue))));
    findings
}

/// What is told to people, and which argument holds the words.
const TELLS: &[(&str, &str, usize)] = &[
    ("Problem", "new", 1),
    ("Problem", "field", 1),
    ("Failure", "rejected", 1),
    ("Failure", "unknown", 1),
    ("Failure", "new", 2),
    ("Issue", "error", 2),
    ("Issue", "warning", 2),
];

/// Words for people that are written as they stand, without `say!`: they would be English in every language.
fn unsaid(source: &Source) -> Vec<Finding> {
    // The measuring programs and the networks' twins speak to developers.
    if ["crates/bench", "crates/sandbox"].iter().any(|folder| source.path.starts_with(folder)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    bare(source.text.parse().unwrap_or_default(), &mut found);
    found.retain(|line| !source.is_test(*line));
    let finding = |line| Finding::at(&source.path, line, "these words are for people: write them with `say!`");
    found.into_iter().map(finding).collect()
}

fn bare(tokens: TokenStream, found: &mut Vec<usize>) {
    let trees: Vec<_> = tokens.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Group(group) = tree else { continue };
        let before: Vec<_> = trees[at.saturating_sub(4)..at].iter().map(ToString::to_string).collect();
        if let [kind, _, _, call] = &before[..]
            && let Some((.., place)) = TELLS.iter().find(|(known, name, _)| known == kind && name == call)
        {
            let arguments: Vec<_> = group.stream().into_iter().collect();
            let words = arguments.split(|token| token.to_string() == ",").nth(*place).and_then(<[_]>::first);
            found.extend(words.filter(|word| is_bare(word)).map(|word| word.span().start().line));
        }
        bare(group.stream(), found);
    }
}

fn is_bare(word: &TokenTree) -> bool {
    match word {
        TokenTree::Literal(literal) => literal.to_string().starts_with('"'),
        TokenTree::Ident(name) => *name == "format",
        _ => false,
    }
}

/// The catalogue for a file: that of its platform, else of its crate.
fn catalogue_of(path: &Path) -> Option<PathBuf> {
    let names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
    match names[..] {
        ["crates", "platforms", "src", platform, _, ..] => {
            Some(["crates", "platforms", "src", platform, "nl.json"].iter().collect())
        }
        ["crates", name, "src", ..] => Some(["crates", name, "src", "nl.json"].iter().collect()),
        _ => None,
    }
}

fn compared(catalogue: &Path, said: &Sentences, text: &str) -> Vec<Finding> {
    let Ok(dutch) = serde_json::from_str::<BTreeMap<String, String>>(text) else {
        return vec![Finding::whole(catalogue, "is not a JSON object of English sentences and Dutch ones")];
    };
    let mut findings = Vec::new();
    for (sentence, (path, line)) in said {
        match dutch.get(sentence) {
            None => {
                findings.push(Finding::at(path, *line, format!("`{sentence}` has no Dutch in {}", catalogue.display())))
            }
            Some(dutch) if placeholders(dutch) != placeholders(sentence) => {
                let what = format!("the Dutch of `{sentence}` has other values: `{dutch}`");
                findings.push(Finding::whole(catalogue, what));
            }
            Some(_) => {}
        }
    }
    let unused = dutch.keys().filter(|sentence| !said.contains_key(*sentence));
    findings.extend(unused.map(|sentence| Finding::whole(catalogue, format!("nothing says `{sentence}`"))));
    findings
}

/// The sentences of `say!` outside tests, with their lines.
fn said(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // What is no Rust does not compile either, which says why.
    walk(source.text.parse().unwrap_or_default(), &mut found);
    found.retain(|(line, _)| !source.is_test(*line));
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut before = [None, None];
    for tree in tokens {
        if let TokenTree::Group(group) = &tree {
            if before == [Some("say".to_owned()), Some("!".to_owned())]
                && let Some(TokenTree::Literal(literal)) = group.stream().into_iter().next()
            {
                found.push((literal.span().start().line, unescaped(&literal.to_string())));
            }
            walk(group.stream(), found);
        }
        before = [before[1].take(), Some(tree.to_string())];
    }
}

/// What a string literal means.
fn unescaped(literal: &str) -> String {
    let inner = literal.trim_matches('"');
    let (mut out, mut rest) = (String::new(), inner.chars().peekable());
    while let Some(letter) = rest.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match rest.next() {
            Some('\n') => while rest.next_if(|next| next.is_whitespace()).is_some() {},
            Some('n') => out.push('\n'),
            Some('u') => {
                let code: String = rest.by_ref().skip(1).take_while(|next| *next != '}').collect();
                out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_said_is_said_in_dutch() {
        super::super::assert_none(&check());
    }

    #[test]
    fn a_sentence_without_dutch_with_other_values_or_unused_is_found() {
        let text = "fn a(max: u32) { b(say!(\"Takes {max} of \\\n     those.\"), base::say!(\"\\u{201c}{x}\\u{201d} is wrong.\", x = 1), say!(\"New.\")) }\n#[cfg(test)]\nmod tests { fn c() { say!(\"In a test.\"); } }\n";
        let source = Source::read(Path::new("crates/a/src/b.rs"), text.to_owned());
        let found: Vec<_> = said(&source).into_iter().map(|(_, sentence)| sentence).collect();
        assert_eq!(found, ["Takes {max} of those.", "\u{201c}{x}\u{201d} is wrong.", "New."]);
        let said = found.into_iter().map(|sentence| (sentence, (PathBuf::from("b.rs"), 1))).collect();
        let dutch = r#"{"Takes {max} of those.": "Neemt er {most}.", "\u201c{x}\u201d is wrong.": "“{x}” klopt niet.", "Old.": "Oud."}"#;
        let findings = compared(Path::new("nl.json"), &said, dutch);
        let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].contains("`New.` has no Dutch") && told[1].contains("other values") && told[2].contains("`Old.`"),
            "{told:?}"
        );
    }

    #[test]
    fn words_without_say_are_found() {
        let text = "fn a() { Problem::new(Code::A, \"Bare words.\"); b(Issue::error(\"rule\", format!(\"{at}/x\"), format!(\"Bare {x}.\"), S)); Problem::field(\"/a\", say!(\"Said.\")); Failure::new(o, k, detail) }\n";
        let source = Source::read(Path::new("crates/a/src/b.rs"), text.to_owned());
        assert_eq!(unsaid(&source).len(), 2);
    }

    #[test]
    fn a_platform_has_its_own_catalogue() {
        let of = |path: &str| catalogue_of(Path::new(path)).map(|found| found.display().to_string());
        assert_eq!(of("crates/platforms/src/x/check.rs").as_deref(), Some("crates/platforms/src/x/nl.json"));
        assert_eq!(of("crates/app/src/posts/http.rs").as_deref(), Some("crates/app/src/nl.json"));
        assert_eq!(of("xtask/src/main.rs"), None);
    }
}
