//! `docs/inventory.md`: what Fanfare stores about people, column by column, for those who do not read TOML.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use toml::{Table, Value};

/// What it is made from.
pub const SOURCE: &str = "crates/app/src/privacy/inventory.toml";
/// What is said of each column, in the order of the document.
const SAID: &[&str] = &["category", "subject", "purpose", "basis", "retention", "export", "erase"];

/// The document.
///
/// # Errors
/// If the inventory cannot be read or a table has no default.
pub fn text(source: &str) -> Result<String> {
    let inventory: Table = toml::from_str(source).context("the inventory cannot be read")?;
    let part = |name: &str| inventory.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
    let mut text = format!(
        "<!-- Made from {SOURCE} by `cargo xtask generate`. -->\n\n\
         # What Fanfare stores\n\n\
         Every column of every table: what kind of data it is and about whom, what for and on which ground, how long, and what \
         an export and an erasure do with it. A test compares this with the schema, so nothing is stored that is not here.\n"
    );
    text.push_str("\n## Purposes\n\n| purpose | in words |\n|---|---|\n");
    for (name, words) in part("purposes") {
        let _ = writeln!(text, "| {name} | {} |", words.as_str().unwrap_or_default());
    }
    text.push_str("\n## How long\n\n| retention | days | from |\n|---|---|---|\n");
    for (name, rule) in part("retention") {
        let days = rule.get("days").and_then(Value::as_integer).map_or("-".to_owned(), |days| days.to_string());
        let from = rule.get("from").and_then(Value::as_str).unwrap_or_default();
        let _ = writeln!(text, "| {name} | {days} | {from} |");
    }
    for (name, table) in part("tables") {
        text.push_str(&section(&name, &table).with_context(|| format!("the table {name}"))?);
    }
    Ok(text)
}

/// One table: columns of which the same is said share a line.
fn section(name: &str, table: &Value) -> Result<String> {
    let default = table.get("default").and_then(Value::as_table).context("it has no default")?;
    let listed = table.get("columns").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut lines: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    let mut add = |column: &str, said: Vec<String>| match lines.iter_mut().find(|(other, _)| *other == said) {
        Some((_, columns)) => columns.push(format!("`{column}`")),
        None => lines.push((said, vec![format!("`{column}`")])),
    };
    listed.for_each(|column| add(column, said(default, None)));
    for (column, difference) in table.get("except").and_then(Value::as_table).into_iter().flatten() {
        add(column, said(default, difference.as_table()));
    }
    let mut text = format!("\n## `{name}`\n\n| columns | {} |\n|---|{}\n", SAID.join(" | "), "---|".repeat(SAID.len()));
    for (said, columns) in lines {
        let _ = writeln!(text, "| {} | {} |", columns.join(", "), said.join(" | "));
    }
    Ok(text)
}

fn said(default: &Table, difference: Option<&Table>) -> Vec<String> {
    let word = |key: &str| difference.and_then(|table| table.get(key)).or_else(|| default.get(key))?.as_str();
    SAID.iter().map(|key| word(key).unwrap_or("-").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_differs_in_what_it_names_only() {
        let source = "[purposes]\na = \"To a.\"\n[retention]\nlong = { days = 9, from = \"then\" }\n[tables.posts]\n\
                      default = { category = \"content\", subject = \"member\", purpose = \"a\", basis = \"contract\", retention = \"long\", export = \"include\", erase = \"delete\" }\n\
                      columns = [\"id\", \"body\"]\nexcept.made_by = { category = \"activity\" }\n";
        let text = text(source).expect("readable");
        assert!(text.contains("| long | 9 | then |"), "{text}");
        assert!(
            text.contains("| `id`, `body` | content | member | a | contract | long | include | delete |"),
            "{text}"
        );
        assert!(text.contains("| `made_by` | activity | member | a | contract | long | include | delete |"), "{text}");
    }
}
