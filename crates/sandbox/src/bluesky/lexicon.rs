//! Checks records and inputs against [`shapes`](super::shapes).
//!
//! Stricter than a real PDS on purpose, where that one stores what no app will show: unknown fields and embed types,
//! and facets that do not lie on the text, are refused here.

use serde_json::{Map, Value};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    cid::Cid,
    shapes::{self, Field, Format, POST, Shape},
    syntax,
};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why} at {path}")]
pub struct Violation {
    /// What is wrong and which limit it breaks.
    pub why: String,
    /// Where, from `$`.
    pub path: String,
}

/// A blob that a record uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// Its content id.
    pub cid: String,
    /// Its type, as the record says.
    pub mime: String,
    /// Its size in bytes, as the record says.
    pub size: u64,
}

/// What differs between releases of the network's software.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    /// The largest image in a post, in bytes.
    pub image_bytes: u64,
    /// Whether galleries are known.
    pub gallery: bool,
}

impl Edition {
    /// The release of 2026.
    pub const NEW: Self = Self { image_bytes: 2_000_000, gallery: true };
    /// Releases before: smaller images, no gallery.
    pub const OLD: Self = Self { image_bytes: 1_000_000, gallery: false };
}

/// Checks an object of a known name; gives the blobs it uses. `path` is where the object stands.
pub fn check(name: &str, value: &Value, path: &str, edition: Edition) -> Result<Vec<BlobRef>, Violation> {
    let mut walk = Walk { edition, blobs: Vec::new() };
    walk.object(name, value, path)?;
    if name == POST {
        check_facets(value, path)?;
    }
    Ok(walk.blobs)
}

/// All blobs anywhere in a record whose lexicon is not known.
pub fn blobs_of(value: &Value) -> Vec<BlobRef> {
    match value {
        Value::Object(map) => blob_of(map).map_or_else(|| map.values().flat_map(blobs_of).collect(), |blob| vec![blob]),
        Value::Array(items) => items.iter().flat_map(blobs_of).collect(),
        _ => Vec::new(),
    }
}

fn blob_of(map: &Map<String, Value>) -> Option<BlobRef> {
    let link = map.get("ref")?.get("$link")?.as_str().filter(|link| Cid::parse(link).is_some())?;
    let mime = map.get("mimeType")?.as_str()?;
    let size = map.get("size")?.as_u64()?;
    (map.get("$type")? == "blob" && map.len() == 4).then(|| BlobRef {
        cid: link.to_owned(),
        mime: mime.to_owned(),
        size,
    })
}

fn bad<T>(why: impl Into<String>, path: &str) -> Result<T, Violation> {
    Err(Violation { why: why.into(), path: path.to_owned() })
}

struct Walk {
    edition: Edition,
    blobs: Vec<BlobRef>,
}

impl Walk {
    fn object(&mut self, name: &str, value: &Value, path: &str) -> Result<(), Violation> {
        let Some(fields) = shapes::object(name) else { return bad(format!("unknown type {name}"), path) };
        let Value::Object(map) = value else { return bad("must be an object", path) };
        if let Some(named) = map.get("$type").filter(|named| *named != name) {
            return bad(format!("`$type` must be {name}, got {named}"), path);
        }
        if let Some(extra) = map.keys().find(|key| *key != "$type" && fields.iter().all(|field| field.name != *key)) {
            return bad(format!("{name} has no field `{extra}`; no app would show it"), path);
        }
        fields.iter().try_for_each(|field| self.field(field, map, path))
    }

    fn field(&mut self, field: &Field, map: &Map<String, Value>, path: &str) -> Result<(), Violation> {
        match map.get(field.name) {
            Some(value) => self.value(&field.shape, value, &format!("{path}.{}", field.name)),
            None if field.required => bad(format!("missing required field `{}`", field.name), path),
            None => Ok(()),
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) -> Result<(), Violation> {
        match shape {
            Shape::Text { bytes, graphemes, format } => check_text(value, *bytes, *graphemes, *format, path),
            Shape::TextOrNull(_) if value.is_null() => Ok(()),
            Shape::TextOrNull(format) => check_text(value, 0, 0, *format, path),
            Shape::Int(least) => match value.as_i64() {
                Some(number) if number >= *least => Ok(()),
                _ => bad(format!("must be a whole number of at least {least}, got {value}"), path),
            },
            Shape::Bool if value.is_boolean() => Ok(()),
            Shape::Bool => bad("must be true or false", path),
            Shape::Blob(accept, most) => self.blob(accept, *most, value, path),
            Shape::List(each, most) => self.list(each, *most, value, path),
            Shape::Ref(name) => self.object(name, value, path),
            Shape::OneOf(names) => self.one_of(names, value, path),
            Shape::Any if value.is_object() => Ok(()),
            Shape::Any => bad("must be an object", path),
        }
    }

    fn list(&mut self, each: &Shape, most: usize, value: &Value, path: &str) -> Result<(), Violation> {
        let Value::Array(items) = value else { return bad("must be a list", path) };
        if most > 0 && items.len() > most {
            return bad(format!("must not have more than {most} elements, got {}", items.len()), path);
        }
        items.iter().enumerate().try_for_each(|(place, item)| self.value(each, item, &format!("{path}[{place}]")))
    }

    fn one_of(&mut self, names: &[&'static str], value: &Value, path: &str) -> Result<(), Violation> {
        let Some(named) = value.get("$type").and_then(Value::as_str) else {
            return bad("must be an object with a `$type`", path);
        };
        // `#main` may be left out, and is here, so the short form is the only one.
        match names.iter().find(|name| **name == named) {
            Some(name) if *name == "app.bsky.embed.gallery" && !self.edition.gallery => {
                bad(format!("unknown type {name}"), path)
            }
            Some(name) => self.object(name, value, path),
            None => bad(format!("unknown type {named}; expected one of {}", names.join(", ")), path),
        }
    }

    fn blob(&mut self, accept: &[&str], most: u64, value: &Value, path: &str) -> Result<(), Violation> {
        let Some(blob) = value.as_object().and_then(blob_of) else {
            return bad("must be a blob: `$type`, `ref`, `mimeType` and `size` as uploadBlob answered", path);
        };
        let most = if accept == ["image/*"] { most.min(self.edition.image_bytes) } else { most };
        let fits = |pattern: &&str| {
            **pattern == blob.mime || pattern.strip_suffix('*').is_some_and(|start| blob.mime.starts_with(start))
        };
        if !accept.iter().any(fits) {
            return bad(format!("wrong type of file, {} (expected {})", blob.mime, accept.join(" or ")), path);
        }
        if blob.size > most {
            return bad(format!("blob too big (maximum {most}, got {})", blob.size), path);
        }
        self.blobs.push(blob);
        Ok(())
    }
}

fn check_text(value: &Value, bytes: usize, graphemes: usize, format: Format, path: &str) -> Result<(), Violation> {
    let Value::String(text) = value else { return bad("must be a string", path) };
    if bytes > 0 && text.len() > bytes {
        return bad(format!("must not be longer than {bytes} bytes, got {}", text.len()), path);
    }
    if graphemes > 0 && text.len() > graphemes {
        let count = text.graphemes(true).count();
        if count > graphemes {
            return bad(format!("must not be longer than {graphemes} graphemes, got {count}"), path);
        }
    }
    if let Some(wanted) = misses(text, format) {
        return bad(format!("must be {wanted}, got `{text}`"), path);
    }
    Ok(())
}

/// What the text should have been, if it is not.
fn misses(text: &str, format: Format) -> Option<&'static str> {
    let (fits, wanted): (fn(&str) -> bool, _) = match format {
        Format::Free => return None,
        Format::DateTime => (syntax::is_datetime, "a date like 2030-01-31T09:30:00.000Z"),
        Format::AtUri => (syntax::is_at_uri, "an AT-URI"),
        Format::Cid => (syntax::is_cid, "a content id"),
        Format::Did => (syntax::is_did, "a DID"),
        Format::Handle => (syntax::is_handle, "a handle"),
        Format::AtIdentifier => (syntax::is_at_identifier, "a DID or a handle"),
        Format::Nsid => (syntax::is_nsid, "an NSID"),
        Format::RecordKey => (syntax::is_record_key, "a record key"),
        Format::Language => (syntax::is_language, "a BCP 47 language tag"),
        Format::Uri => (syntax::is_uri, "an absolute URI"),
    };
    (!fits(text)).then_some(wanted)
}

/// Facets must lie inside the text, begin and end between characters, and follow each other without overlap.
fn check_facets(post: &Value, path: &str) -> Result<(), Violation> {
    let text = post["text"].as_str().unwrap_or_default();
    let mut end_of_last = 0;
    for (place, facet) in post["facets"].as_array().into_iter().flatten().enumerate() {
        let path = format!("{path}.facets[{place}].index");
        let edge = |name: &str| facet["index"][name].as_u64().and_then(|edge| usize::try_from(edge).ok());
        let (Some(start), Some(end)) = (edge("byteStart"), edge("byteEnd")) else {
            return bad("must have `byteStart` and `byteEnd`", &path);
        };
        if start >= end || end > text.len() {
            return bad(format!("{start}..{end} does not lie inside the {} bytes of the text", text.len()), &path);
        }
        if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return bad(format!("{start}..{end} cuts a character of the text in two"), &path);
        }
        if start < end_of_last {
            return bad(format!("{start}..{end} begins before the facet before it ends"), &path);
        }
        end_of_last = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn post(more: Value) -> Value {
        let mut post = json!({"$type": POST, "text": "✨ hi", "createdAt": "2026-11-22T01:00:00.000Z"});
        post.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        post
    }

    fn said(value: &Value) -> String {
        check(POST, value, "$.record", Edition::NEW).map_or_else(|violation| violation.to_string(), |_| String::new())
    }

    #[test]
    fn text_is_counted_in_graphemes_and_in_bytes() {
        let family = "👨‍👩‍👧‍👦";
        assert_eq!(family.len(), 25);
        assert_eq!(said(&post(json!({"text": family.repeat(120)}))), "");
        assert_eq!(
            said(&post(json!({"text": family.repeat(121)}))),
            "must not be longer than 3000 bytes, got 3025 at $.record.text"
        );
        assert_eq!(said(&post(json!({"text": "é".repeat(300)}))), "");
        assert!(said(&post(json!({"text": "é".repeat(301)}))).contains("300 graphemes, got 301"));
    }

    #[test]
    fn facets_must_lie_on_the_text() {
        let facet = |start: u64, end: u64| {
            json!({"index": {"byteStart": start, "byteEnd": end},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "hi"}]})
        };
        assert_eq!(said(&post(json!({"facets": [facet(0, 3), facet(4, 6)]}))), "");
        assert!(said(&post(json!({"facets": [facet(4, 50)]}))).contains("inside the 6 bytes"));
        assert!(said(&post(json!({"facets": [facet(1, 3)]}))).contains("cuts a character"));
        assert!(said(&post(json!({"facets": [facet(4, 4)]}))).contains("does not lie inside"));
        assert!(said(&post(json!({"facets": [facet(0, 6), facet(4, 6)]}))).contains("before the facet before it"));
    }

    #[test]
    fn what_no_app_would_show_is_refused() {
        assert!(said(&post(json!({"embed": {"$type": "com.example.poll"}}))).contains("unknown type com.example.poll"));
        assert!(said(&post(json!({"mood": "fine"}))).contains("no field `mood`"));
        assert!(said(&post(json!({"createdAt": "yesterday"}))).contains("must be a date"));
        assert!(said(&post(json!({"langs": ["en", "nl", "de", "fr"]}))).contains("more than 3 elements"));
        assert!(said(&post(json!({"tags": ["x".repeat(65)]}))).contains("64 graphemes"));
        assert!(said(&json!({"$type": POST, "text": "no date"})).contains("missing required field `createdAt`"));
    }

    #[test]
    fn blobs_are_held_to_type_and_size_where_they_are_used() {
        let image = |mime: &str, size: u64| {
            let cid = Cid::of(super::super::cid::Codec::Raw, b"x").to_string();
            post(json!({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "",
                "image": {"$type": "blob", "ref": {"$link": cid}, "mimeType": mime, "size": size}}]}}))
        };
        assert_eq!(check(POST, &image("image/png", 2_000_000), "$", Edition::NEW).expect("fits").len(), 1);
        assert_eq!(
            said(&image("image/png", 2_000_001)),
            "blob too big (maximum 2000000, got 2000001) at $.record.embed.images[0].image"
        );
        assert!(said(&image("video/mp4", 5)).contains("expected image/*"));
        assert!(check(POST, &image("image/png", 1_000_001), "$", Edition::OLD).is_err());
    }
}
