//! Tests of the connector: every documented code, the fields of every kind of post, what is refused beforehand, flows against
//! canned answers, and the whole of it against the sandbox's twin of Instagram.

mod checks;
mod fields;
mod flows;
mod table;
mod twin;

use base::TestClock;
use connector::{MediaKind, Part, PartKind, Remote};
use serde_json::{Value, json};

use crate::meta::test_world::{Journal, NOW, World, draft, file, job, text};

fn world_of(origin: &str) -> World {
    let facts = json!({ "username": "acme", "account_type": "BUSINESS" });
    World::at(origin, &["www", "api", "graph"], facts, TestClock::at(NOW))
}

fn remote(id: &str) -> Remote {
    Remote { id: id.into(), url: format!("https://www.instagram.com/p/S{id}/"), extra: Value::Null }
}

/// An image of 4:5.
fn image(id: &str, alt: Option<&str>) -> connector::Media {
    connector::Media { width: 1080, height: 1350, ..file(id, MediaKind::Image, "image/jpeg", alt) }
}

/// A video of 9:16 and five seconds.
fn film(id: &str) -> connector::Media {
    connector::Media { width: 1080, height: 1920, ..file(id, MediaKind::Video, "video/mp4", None) }
}

fn part(words: &str, media: Vec<connector::Media>) -> Part {
    Part { media, ..text(words) }
}

fn comment(words: &str) -> Part {
    Part { kind: PartKind::Comment, ..text(words) }
}
