//! `fields=id,children.limit(5){id,media_type}`: which fields of an object are asked for, and of the objects in it. Some
//! fields name their object: `mentioned_media.media_id(17){id}`.

use serde_json::{Map, Value};

/// A field that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// How many items of a list.
    pub limit: Option<usize>,
    /// What else stands behind it: `summary` and `true` of `.summary(true)`.
    pub more: Vec<(String, String)>,
    /// The fields of the objects in it; all that it has by itself if absent.
    pub sub: Option<Vec<Field>>,
}

impl Field {
    /// A field by itself.
    pub fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), limit: None, more: Vec::new(), sub: None }
    }

    /// Whether this stands behind it, and is not `false`.
    pub fn has(&self, name: &str) -> bool {
        self.more.iter().any(|(known, value)| known == name && !matches!(value.as_str(), "false" | "0"))
    }
}

/// Reads the parameter; `None` if it does not read.
pub fn read(text: &str) -> Option<Vec<Field>> {
    let mut rest = text.trim();
    let fields = list(&mut rest)?;
    rest.is_empty().then_some(fields)
}

fn list(rest: &mut &str) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    loop {
        *rest = rest.trim_start();
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            // A comma at the end is forgiven.
            return Some(fields);
        }
        *rest = after;
        let mut field = Field::plain(name);
        while let Some(after) = rest.strip_prefix('.') {
            let (word, after) = after.split_once('(')?;
            let (value, after) = after.split_once(')')?;
            *rest = after;
            match word {
                "limit" => field.limit = Some(value.parse().ok()?),
                word => field.more.push((word.to_owned(), value.to_owned())),
            }
        }
        if let Some(after) = rest.strip_prefix('{') {
            *rest = after;
            field.sub = Some(list(rest)?);
            *rest = rest.trim_start().strip_prefix('}')?;
        }
        fields.push(field);
        match rest.trim_start().strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(fields),
        }
    }
}

/// The asked fields of an object, with its id; `Err` names the field that there is not. A known field without a value
/// is left out of the answer, as the Graph API does.
///
/// # Errors
/// The name of the first field that this kind of object does not have.
pub fn select(
    fields: &[Field],
    known: &[&str],
    value: &mut dyn FnMut(&Field) -> Result<Option<Value>, String>,
) -> Result<Value, String> {
    let mut object = Map::new();
    let id = Field::plain("id");
    for field in fields.iter().chain([&id]) {
        if !known.contains(&field.name.as_str()) {
            return Err(field.name.clone());
        }
        if let Some(value) = value(field)? {
            object.insert(field.name.clone(), value);
        }
    }
    Ok(Value::Object(object))
}

/// Of a plain object, what the sub-fields ask for.
pub fn cut(object: &Value, field: &Field) -> Value {
    match (&field.sub, object) {
        (Some(sub), Value::Object(all)) => {
            let kept = sub.iter().filter_map(|field| Some((field.name.clone(), all.get(&field.name)?.clone())));
            Value::Object(kept.collect())
        }
        _ => object.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_with_their_limits_and_sub_fields() {
        let fields = read("id, children.limit(2){id,owner{id}},text,a.summary(true).limit(0)").expect("reads");
        assert_eq!(fields.iter().map(|field| &*field.name).collect::<Vec<_>>(), ["id", "children", "text", "a"]);
        assert!(fields[3].has("summary") && fields[3].limit == Some(0));
        assert!(!read("a.summary(false)").expect("reads")[0].has("summary"));
        let children = &fields[1];
        assert_eq!(children.limit, Some(2));
        let sub = children.sub.as_ref().expect("sub-fields");
        assert_eq!(sub[1].sub.as_ref().expect("deeper")[0].name, "id");
        let named = read("mentioned_media.media_id(17).limit(2){id}").expect("reads");
        assert_eq!((&*named[0].more, named[0].limit), (&[("media_id".into(), "17".into())][..], Some(2)));
        for broken in ["id{", "id}", "a.limit(x)", "a b", "{}", "a.b", "a.b("] {
            assert!(read(broken).is_none(), "{broken}");
        }
    }
}
