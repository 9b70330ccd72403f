//! What changed between two versions of a profile, in plain words.

use std::collections::{BTreeMap, BTreeSet};

use base::{Text, say};
use serde_json::Value;

use super::Profile;

/// A sentence for each change from `old` to `new`; none if they say the same.
pub fn differences(old: &Profile, new: &Profile) -> Vec<Text> {
    let (old, new) = (flat(old), flat(new));
    let paths: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
    let paths = paths.into_iter().filter(|path| path != "version");
    paths.filter_map(|path| sentence(&path, old.get(&path), new.get(&path))).collect()
}

fn sentence(path: &str, old: Option<&String>, new: Option<&String>) -> Option<Text> {
    let what = label(path);
    Some(match (old, new) {
        (old, new) if old == new => return None,
        (Some(was), Some(is)) => say!("Changed: {what}, from “{was}” to “{is}”."),
        (None, Some(is)) => say!("Added: {what}, “{is}”."),
        (Some(was), None) => say!("Removed: {what}, “{was}”."),
        (None, None) => return None,
    })
}

/// What a field is called.
fn label(path: &str) -> Text {
    let (head, tail) = path.split_once('.').unwrap_or((path, ""));
    match (head, tail) {
        ("effective", _) => say!("the date from which it applies"),
        ("controller", "name") => say!("the controller's legal name"),
        ("controller", "email") => say!("a contact address for privacy"),
        ("controller", "country") => say!("the controller's country"),
        ("controller", "authority") => say!("the supervisory authority"),
        ("controller", "authority_url") => say!("the website of the supervisory authority"),
        ("ages", "minimum") => say!("the minimum age"),
        ("ages", "eu") => say!("the minimum age in the European Union"),
        ("rights", "answer_days") => say!("the number of days in which requests are answered"),
        ("purposes", _) => say!("who decides about the purpose {name}", name = tail),
        ("retention", _) => say!("the number of days that {name} is kept", name = tail),
        ("cookies", _) => say!("a cookie"),
        ("platforms", _) => say!("a platform"),
        ("processors", _) => say!("the processor {name}", name = tail),
        ("transfers", _) => say!("a country where data is stored"),
        ("promises", _) => say!("a promise"),
        _ => Text::verbatim(path),
    }
}

/// Each field with its value. What has no order is named by itself, so that moving it is no change.
fn flat(profile: &Profile) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let value = serde_json::to_value(profile).unwrap_or_default();
    walk(&value, String::new(), &mut found);
    found
}

fn scalars(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(scalars).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null => Vec::new(),
        other => vec![other.to_string()],
    }
}

fn walk(value: &Value, path: String, found: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| walk(value, below(name), found)),
        Value::Array(items) => {
            for item in items {
                let Value::Object(fields) = item else {
                    walk(item, below(item.as_str().unwrap_or_default()), found);
                    continue;
                };
                let name = item["name"].as_str().unwrap_or_default();
                let said = fields.iter().filter(|(field, _)| *field != "name").flat_map(|(_, value)| scalars(value));
                found.insert(below(name), said.collect::<Vec<_>>().join(", "));
            }
        }
        Value::Null => {}
        Value::String(text) => drop(found.insert(path, text.clone())),
        other => drop(found.insert(path, other.to_string())),
    }
}
