//! Reads the part of YAML in which the official description is written: blocks, plain and quoted texts that may go over
//! several lines, empty lists and maps.

use serde_json::{Map, Value};

struct Line<'a> {
    indent: usize,
    text: &'a str,
}

/// The document as JSON.
pub fn read(document: &str) -> Value {
    let lines: Vec<Line<'_>> =
        document.lines().map(|line| Line { indent: line.len() - line.trim_start().len(), text: line.trim() }).collect();
    block(&lines, &mut 0, 0)
}

fn skip_empty(lines: &[Line<'_>], at: &mut usize) {
    while lines.get(*at).is_some_and(|line| line.text.is_empty()) {
        *at += 1;
    }
}

/// A list or map whose lines stand at this indent, or deeper than what is above.
fn block(lines: &[Line<'_>], at: &mut usize, least: usize) -> Value {
    skip_empty(lines, at);
    let Some(first) = lines.get(*at).filter(|line| line.indent >= least) else { return Value::Null };
    let indent = first.indent;
    if first.text == "-" || first.text.starts_with("- ") { list(lines, at, indent) } else { map(lines, at, indent) }
}

fn list(lines: &[Line<'_>], at: &mut usize, indent: usize) -> Value {
    let mut items = Vec::new();
    while let Some(line) = lines.get(*at) {
        if line.text.is_empty() {
            *at += 1;
            continue;
        }
        let Some(rest) = line.text.strip_prefix('-').filter(|_| line.indent == indent) else { break };
        let rest_at = indent + 1 + (rest.len() - rest.trim_start().len());
        let rest = rest.trim_start();
        if rest.is_empty() {
            *at += 1;
            items.push(block(lines, at, indent + 1));
        } else if key(rest).is_some() || rest.starts_with("- ") {
            // The rest of the line is the first of a block that goes on below.
            let mut inner = vec![Line { indent: rest_at, text: rest }];
            let mut end = *at + 1;
            while lines.get(end).is_some_and(|line| line.text.is_empty() || line.indent >= rest_at) {
                inner.push(Line { indent: lines[end].indent, text: lines[end].text });
                end += 1;
            }
            *at = end;
            items.push(block(&inner, &mut 0, rest_at));
        } else {
            items.push(scalar(lines, at, rest, indent + 1));
        }
    }
    Value::Array(items)
}

fn map(lines: &[Line<'_>], at: &mut usize, indent: usize) -> Value {
    let mut known = Map::new();
    while let Some(line) = lines.get(*at) {
        if line.text.is_empty() {
            *at += 1;
            continue;
        }
        let Some((name, rest)) = key(line.text).filter(|_| line.indent == indent) else { break };
        let value = if rest.is_empty() {
            *at += 1;
            skip_empty(lines, at);
            // A list may stand as deep as its name.
            let is_list = lines.get(*at).is_some_and(|line| line.indent == indent && line.text.starts_with('-'));
            block(lines, at, if is_list { indent } else { indent + 1 })
        } else {
            scalar(lines, at, rest, indent + 1)
        };
        known.insert(name, value);
    }
    Value::Object(known)
}

/// The name before a colon, and what stands behind it.
fn key(text: &str) -> Option<(String, &str)> {
    if let Some(quote) = text.chars().next().filter(|letter| ['\'', '"'].contains(letter)) {
        let end = 1 + text[1..].find(quote)?;
        return Some((text[1..end].to_owned(), text[end + 1..].strip_prefix(':')?.trim_start()));
    }
    let end = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
    Some((text[..end].to_owned(), text[end + 1..].trim_start()))
}

/// A text, which goes on in lines that are deeper.
fn scalar(lines: &[Line<'_>], at: &mut usize, first: &str, least: usize) -> Value {
    *at += 1;
    let quote = first.chars().next().filter(|letter| ['\'', '"'].contains(letter));
    let mut whole = first.to_owned();
    let goes_on = |whole: &str, line: &Line<'_>| match quote {
        Some(quote) => !ends(whole, quote),
        None => !line.text.is_empty() && line.indent >= least,
    };
    while let Some(line) = lines.get(*at).filter(|line| goes_on(&whole, line)) {
        whole.push(' ');
        whole.push_str(line.text);
        *at += 1;
    }
    match quote {
        Some('\'') => Value::from(whole[1..whole.len() - 1].replace("''", "'")),
        Some(_) => serde_json::from_str(&whole).unwrap_or_else(|_| Value::from(whole.trim_matches('"'))),
        None => serde_json::from_str(&whole).unwrap_or_else(|_| Value::from(whole)),
    }
}

fn ends(whole: &str, quote: char) -> bool {
    let inside = &whole[1..];
    match quote {
        '\'' => inside.replace("''", "").ends_with('\''),
        _ => {
            let before = inside.strip_suffix('"');
            before.is_some_and(|text| text.chars().rev().take_while(|letter| *letter == '\\').count() % 2 == 0)
        }
    }
}
