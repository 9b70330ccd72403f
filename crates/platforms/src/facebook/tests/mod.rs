//! Tests of the connector: every documented code, the fields of every kind of post, what is refused beforehand, flows against
//! canned answers, and the whole of it against the sandbox's twin of Facebook.

mod checks;
mod connecting;
mod fields;
mod flows;
mod table;
mod twin;

use std::sync::Arc;

use base::TestClock;
use bytes::Bytes;
use connector::{AppCredentials, Draft, Media, MediaKind, Part, PartJob, Remote, Tokens};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::meta::test_world::{Journal, NOW, World, draft, text};

/// A page is signed in.
fn world_of(origin: &str) -> World {
    world_by(origin, TestClock::at(NOW))
}

fn world_by(origin: &str, clock: TestClock) -> World {
    let world = World::at(origin, &["graph", "www", "video"], json!({}), clock);
    World { tokens: signed_in("PAGE-TOKEN"), account_id: "1055".to_owned(), ..world }
}

fn app(values: &[(&str, &str)]) -> AppCredentials {
    let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    AppCredentials { instance: None, values }
}

fn signed_in(token: &str) -> Tokens {
    Tokens { access: Some(token.into()), ..Tokens::default() }
}

fn with(text_of: &str, media: Vec<Media>) -> Part {
    Part { media, ..text(text_of) }
}

fn chosen(options: Value, parts: Vec<Part>) -> Draft {
    Draft { parts, options, ..Draft::default() }
}

fn job<'a>(draft: &'a Draft, earlier: &'a [Remote]) -> PartJob<'a> {
    PartJob { draft, position: earlier.len(), earlier, op_id: "op", begun_at: NOW }
}

fn file(bytes: &[u8], kind: MediaKind, alt: Option<&str>) -> Media {
    let bytes = Bytes::copy_from_slice(bytes);
    let (width, height) = if kind == MediaKind::Video { (1080, 1920) } else { (640, 480) };
    Media {
        id: hex::encode(&bytes[..bytes.len().min(4)]),
        kind,
        mime: if kind == MediaKind::Video { "video/mp4" } else { "image/jpeg" }.into(),
        size_bytes: bytes.len() as u64,
        width,
        height,
        duration_ms: (kind == MediaKind::Video).then_some(5_000),
        video_codec: None,
        animated: false,
        alt: alt.map(str::to_owned),
        sha256: hex::encode(Sha256::digest(&bytes)),
        source: Arc::new(bytes),
    }
}

fn photo(bytes: &str) -> Media {
    file(bytes.as_bytes(), MediaKind::Image, Some("A cat"))
}

fn film() -> Media {
    file(b"0123456789", MediaKind::Video, None)
}
