//! A Rust file, read just well enough: what is code, what is in a string, what is a test.

use std::path::{Path, PathBuf};

use crate::repo;

/// A file.
pub struct Source {
    /// From the top of the repository.
    pub path: PathBuf,
    /// As it stands there.
    pub text: String,
    /// The same lines, with comments and what is in strings blanked.
    pub code: Vec<String>,
    /// String literals with the line on which they begin, counted from 1.
    pub strings: Vec<(usize, String)>,
    /// For each line: is it part of a test?
    tests: Vec<bool>,
}

impl Source {
    /// The Rust files under a folder.
    pub fn all(folder: &str) -> Vec<Self> {
        let rust = |path: &PathBuf| path.extension().is_some_and(|end| end == "rs");
        repo::files(folder).into_iter().filter(rust).map(|path| Self::read(&path, repo::text(&path))).collect()
    }

    /// From its text.
    pub fn read(path: &Path, text: String) -> Self {
        let (code, strings) = split(&text);
        let code: Vec<_> = code.lines().map(str::to_owned).collect();
        let tests = if is_test_file(path) { vec![true; code.len()] } else { test_lines(&code) };
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

/// Files that hold tests or what only tests use.
fn is_test_file(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default();
    let named = ["tests", "testing", "test_kit"].iter().any(|name| stem == *name);
    let folder = path
        .components()
        .any(|part| ["tests", "testing", "examples", "benches"].iter().any(|it| part.as_os_str() == *it));
    named || folder
}

/// Marks each item behind `#[cfg(test)]`, to its closing brace or semicolon.
fn test_lines(code: &[String]) -> Vec<bool> {
    let mut tests = vec![false; code.len()];
    let mut at = 0;
    while at < code.len() {
        if !code[at].trim_start().starts_with("#[cfg(test)]") {
            at += 1;
            continue;
        }
        let (mut depth, mut line, mut ended) = (0_i32, at, false);
        while line < code.len() && !ended {
            tests[line] = true;
            let rest = if line == at { code[line].replacen("#[cfg(test)]", "", 1) } else { code[line].clone() };
            for letter in rest.chars() {
                match letter {
                    '{' | '[' | '(' => depth += 1,
                    '}' | ']' | ')' => {
                        depth -= 1;
                        ended |= depth == 0 && letter == '}';
                    }
                    ';' | ',' => ended |= depth == 0,
                    _ => {}
                }
            }
            line += 1;
        }
        at = line;
    }
    tests
}

/// Code with everything else blanked, and the strings.
fn split(text: &str) -> (String, Vec<(usize, String)>) {
    let mut reader =
        Reader { rest: text, line: 1, code: String::with_capacity(text.len()), strings: Vec::new(), last: ' ' };
    while !reader.rest.is_empty() {
        reader.next();
    }
    (reader.code, reader.strings)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    code: String,
    strings: Vec<(usize, String)>,
    last: char,
}

impl Reader<'_> {
    fn next(&mut self) {
        let in_word = self.last.is_alphanumeric() || self.last == '_';
        if self.rest.starts_with("//") {
            self.blank(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.blank(block_comment(self.rest));
        } else if let Some((open, hashes)) = raw_string(self.rest).filter(|_| !in_word) {
            let close = format!("\"{}", "#".repeat(hashes));
            let end = self.rest[open..].find(&close).map_or(self.rest.len(), |at| open + at);
            self.string(open, end, (end + close.len()).min(self.rest.len()));
        } else if self.rest.starts_with('"') {
            let end = quoted(self.rest);
            self.string(1, end, (end + 1).min(self.rest.len()));
        } else if let Some(end) = letter(self.rest) {
            self.blank(end);
        } else if let Some(next) = self.rest.chars().next() {
            self.code.push(next);
            self.line += usize::from(next == '\n');
            self.last = next;
            self.rest = &self.rest[next.len_utf8()..];
        }
    }

    fn string(&mut self, from: usize, to: usize, end: usize) {
        self.strings.push((self.line, self.rest[from..to].to_owned()));
        self.code.push('"');
        self.blank(end);
        self.code.push('"');
    }

    fn blank(&mut self, end: usize) {
        let breaks = self.rest[..end].matches('\n').count();
        self.code.extend(std::iter::repeat_n('\n', breaks));
        self.line += breaks;
        self.last = ' ';
        self.rest = &self.rest[end..];
    }
}

/// Where a raw string's text begins, and how many `#` it has.
fn raw_string(rest: &str) -> Option<(usize, usize)> {
    let prefix = ["br", "cr", "r"].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let hashes = rest[prefix.len()..].chars().take_while(|c| *c == '#').count();
    rest[prefix.len() + hashes..].starts_with('"').then_some((prefix.len() + hashes + 1, hashes))
}

/// Where a string's closing quote is.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, next) in rest.char_indices().skip(1) {
        match next {
            '"' if !escaped => return at,
            _ => escaped = next == '\\' && !escaped,
        }
    }
    rest.len()
}

/// The length of a character literal; a lifetime is none.
fn letter(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return inner.get(2..)?.find('\'').map(|at| at + 4);
    }
    let first = inner.chars().next()?.len_utf8();
    inner.get(first..)?.starts_with('\'').then_some(first + 2)
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let tail = &rest.as_bytes()[at..];
        if tail.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
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
    fn what_stands_behind_cfg_test_is_a_test() {
        let source = read(
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n#[cfg(test)]\nuse d::e;\nfn f() {}\n",
        );
        let product: Vec<_> = source.product().map(|(line, _)| line).collect();
        assert_eq!(product, [1, 6, 9]);
        assert!(Source::read(Path::new("a/src/tests/b.rs"), "fn a() {}".to_owned()).is_test(1));
    }
}
