//! A Rust file as tokens: which parts are code, strings and tests.

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proc_macro2::{Delimiter, Literal, Span, TokenStream, TokenTree};

use crate::repo;

/// A file.
pub struct Source {
    /// From the top of the repository.
    pub path: PathBuf,
    /// The lines as written.
    pub text: String,
    /// The same lines, with comments and the contents of strings blanked.
    pub code: Vec<String>,
    /// String literals with the line on which they begin, counted from 1.
    pub strings: Vec<(usize, String)>,
    /// For each line: is it part of a test?
    tests: Vec<bool>,
}

impl Source {
    /// The Rust files under a folder of the crates, read once for all rules.
    pub fn all(folder: &str) -> impl Iterator<Item = &'static Self> {
        ALL.iter().filter(move |source| source.path.starts_with(folder))
    }

    /// From its text.
    pub fn read(path: &Path, text: String) -> Self {
        let mut reader = Reader { text: &text, ..Reader::default() };
        // What is no Rust does not compile either, which says why.
        reader.read(text.parse().unwrap_or_default());
        reader.until(text.len());
        let Reader { code, strings, tests, .. } = reader;
        let code: Vec<_> = code.lines().map(str::to_owned).collect();
        let is_test = |line| is_test_file(path) || tests.iter().any(|item| item.contains(&(line + 1)));
        let tests = (0..code.len()).map(is_test).collect();
        Self { path: path.to_owned(), text, code, strings, tests }
    }

    /// Whether the line (counted from 1) belongs to tests.
    pub fn is_test(&self, line: usize) -> bool {
        self.tests.get(line.saturating_sub(1)).copied().unwrap_or(false)
    }

    /// The lines of code that are no tests, counted from 1.
    pub fn product(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.iter().enumerate().map(|(at, code)| (at + 1, code.as_str())).filter(|(line, _)| !self.is_test(*line))
    }

    /// The strings outside tests.
    pub fn product_strings(&self) -> impl Iterator<Item = (usize, &str)> {
        let strings = self.strings.iter().map(|(line, text)| (*line, text.as_str()));
        strings.filter(|(line, _)| !self.is_test(*line))
    }
}

static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let files = ["crates", "xtask"].into_iter().flat_map(repo::files);
    let rust = files.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    rust.map(|path| Source::read(&path, repo::text(&path))).collect()
});

/// Files that hold tests or what only tests use.
fn is_test_file(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default();
    let named = ["tests", "testing", "test_kit"].iter().any(|name| stem == *name);
    let folder = path
        .components()
        .any(|part| ["tests", "testing", "examples", "benches"].iter().any(|it| part.as_os_str() == *it));
    named || folder
}

/// Code with everything else blanked, the strings, and the lines of each item behind `#[cfg(test)]`.
#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    code: String,
    strings: Vec<(usize, String)>,
    tests: Vec<RangeInclusive<usize>>,
    /// How much of the text was read.
    at: usize,
}

impl Reader<'_> {
    fn read(&mut self, tokens: TokenStream) {
        let mut trees = tokens.into_iter().peekable();
        let mut test_begins = None;
        while let Some(tree) = trees.next() {
            let lines = tree.span().start().line..=tree.span().end().line;
            let ends_item = match &tree {
                TokenTree::Group(group) => {
                    let is_cfg_test = group.delimiter() == Delimiter::Bracket
                        && group.stream().to_string().replace(' ', "") == "cfg(test)";
                    test_begins = test_begins.or(is_cfg_test.then_some(*lines.start()));
                    self.token(&group.span_open());
                    self.read(group.stream());
                    self.token(&group.span_close());
                    group.delimiter() == Delimiter::Brace
                }
                TokenTree::Literal(literal) => {
                    self.literal(literal);
                    false
                }
                other => {
                    self.token(&other.span());
                    matches!(other, TokenTree::Punct(punct) if [';', ','].contains(&punct.as_char()))
                }
            };
            if ends_item || trees.peek().is_none() {
                self.tests.extend(test_begins.take().map(|begin| begin..=*lines.end()));
            }
        }
    }

    /// A token as written. Those of a doc comment all have the comment's position, and are not code.
    fn token(&mut self, span: &Span) {
        let range = span.byte_range();
        if range.start < self.at {
            return;
        }
        let token = &self.text[range.clone()];
        self.until(range.start);
        self.code.push_str(
            if token.starts_with('/') && token.len() > 1 { blank(token, '\n') } else { token.to_owned() }.as_str(),
        );
        self.at = range.end;
    }

    /// Numbers as written, only the quotes of strings, nothing of characters.
    fn literal(&mut self, literal: &Literal) {
        let range = literal.span().byte_range();
        let token = &self.text[range.clone()];
        let (open, close) = (token.find('"'), token.rfind('"'));
        if range.start < self.at || !token.ends_with(['"', '#', '\'']) {
            return self.token(&literal.span());
        }
        self.until(range.start);
        if let Some((open, close)) = open.zip(close).filter(|_| !token.ends_with('\'')) {
            self.strings.push((literal.span().start().line, token[open + 1..close].to_owned()));
            self.code.extend(["\"", &blank(token, '\n'), "\""]);
        }
        self.at = range.end;
    }

    /// The text between tokens: spaces and comments.
    fn until(&mut self, end: usize) {
        self.code += &blank(&self.text[self.at..end], ' ');
        self.at = end;
    }
}

/// Its line breaks, and spaces if they are to be kept.
fn blank(text: &str, kept: char) -> String {
    text.chars().filter(|letter| *letter == '\n' || *letter == kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Source {
        Source::read(Path::new("a/src/b.rs"), text.to_owned())
    }

    #[test]
    fn strings_and_comments_are_no_code() {
        let source = read(
            "let a = \"one // \\\" two\"; // dbg!\nlet b = r#\"raw \"x\" \"#; /* a /* b */ c */ let c = '\"';\nfn d<'a>(x: &'a str) {}\n",
        );
        assert_eq!(source.strings, [(1, "one // \\\" two".to_owned()), (2, "raw \"x\" ".to_owned())]);
        assert_eq!(source.code[2], "fn d<'a>(x: &'a str) {}");
        assert!(!source.code.join("\n").contains("dbg") && source.code[1].contains("let c = ;"), "{:?}", source.code);
    }

    #[test]
    fn a_string_over_lines_keeps_the_count() {
        let source = read("let a = \"one\n two\n\";\nlet b = \"three\";\n");
        assert_eq!(source.strings.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 4]);
    }

    #[test]
    fn code_after_cfg_test_is_a_test() {
        let source = read(
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nuse d::e;\nfn f() {}\n",
        );
        let product: Vec<_> = source.product().map(|(line, _)| line).collect();
        assert_eq!(product, [1, 6, 9]);
        assert!(Source::read(Path::new("a/src/tests/b.rs"), "fn a() {}".to_owned()).is_test(1));
    }
}
