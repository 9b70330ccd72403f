//! Tests of the connector: every documented refusal, the body of every kind of post, what is refused beforehand, and the whole
//! of it against the sandbox's twin of LinkedIn.

mod checks;
mod fields;
mod table;
mod twin;

use connector::{Draft, Media, MediaKind, Part, Poll};
use serde_json::Value;

use crate::meta::test_world::{NOW, file, text};

fn with(text_of: &str, media: Vec<Media>) -> Part {
    Part { media, ..text(text_of) }
}

fn chosen(options: Value, parts: Vec<Part>) -> Draft {
    Draft { parts, options, ..Draft::default() }
}

fn photo(id: &str) -> Media {
    file(id, MediaKind::Image, "image/jpeg", Some("A loaf"))
}

fn film() -> Media {
    Media { size_bytes: 80_000, ..file("film", MediaKind::Video, "video/mp4", None) }
}

fn asking(text_of: &str, duration_minutes: u32) -> Part {
    let poll = Poll { options: vec!["Tea".into(), "Coffee".into()], duration_minutes, multiple: false };
    Part { poll: Some(poll), ..text(text_of) }
}

fn sharing(text_of: &str, address: &str) -> Part {
    Part { quote: Some(address.to_owned()), ..text(text_of) }
}
