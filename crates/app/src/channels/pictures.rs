//! Pictures of channels. They are fetched once, made small and kept, so that a browser never asks a platform for one: that
//! would tell the platform who works with the channel, and when.

use std::time::Duration;

use base::{Scope, ids::ChannelId};
use bytes::{Bytes, BytesMut};
use connector::{ImageRules, http::Transport};
use futures::StreamExt as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::store;
use crate::{App, events, fault::Fault, media::library};

/// The largest picture that is fetched, in bytes.
const FETCHED_BYTES_MAX: u64 = 4 << 20;
/// How long fetching one may take.
const FETCH_MAX: Duration = Duration::from_secs(20);
/// The longest side of a stored picture, in pixels: twice the largest that is shown.
const SIDE_MAX: u32 = 128;
/// The largest stored picture, in bytes.
const STORED_BYTES_MAX: u64 = 48 << 10;
/// How many pictures one run fetches.
const AT_ONCE: u32 = 20;

/// A stored picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// A JPEG or PNG file.
    pub bytes: Bytes,
    /// Names it: another picture has another digest.
    pub digest: String,
}

/// A channel's picture, if it has one.
///
/// # Errors
/// Channel not found; those of the database.
pub async fn picture(app: &App, scope: &Scope, id: ChannelId) -> Result<Option<Picture>, Fault> {
    super::get(app, scope, id).await?;
    let workspace = scope.workspace();
    app.read(async move |tx| store::picture(tx, workspace, id).await).await
}

/// Fetches the pictures that are due, and returns how many were stored. One that can't be had is left out until the next check
/// of its channel: the channel is shown with its initials.
///
/// # Errors
/// Those of the database.
pub async fn fetch_pictures(app: &App) -> Result<usize, Fault> {
    let due = app.read(async move |tx| store::pictures_due(tx, AT_ONCE).await).await?;
    let mut count = 0;
    for store::PictureDue { channel, workspace, from } in due {
        let picture = match fetched(app, &from).await {
            Ok(bytes) => library::fit(app, workspace, bytes, &rules()).await.map(|(bytes, _)| bytes).ok(),
            Err(error) => {
                tracing::info!(%channel, error = %error, "the picture of {channel} could not be fetched");
                None
            }
        };
        let picture = picture.map(|bytes| Picture { digest: hex::encode(&Sha256::digest(&bytes)[..12]), bytes });
        count += usize::from(picture.is_some());
        let now = app.clock.now();
        app.write(async move |tx| {
            let is_new = store::put_picture(tx, channel, &from, picture.as_ref()).await?;
            if is_new && picture.is_some() {
                events::emit(tx, workspace, "channel.changed", &channel.to_string(), json!({}), now).await?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(count)
}

async fn fetched(app: &App, from: &str) -> Result<Bytes, Transport> {
    let fetch = async {
        let mut body = app.guard.fetch(from, FETCHED_BYTES_MAX).await?.body;
        let mut bytes = BytesMut::new();
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece?);
        }
        Ok(bytes.freeze())
    };
    let in_time = tokio::time::timeout(FETCH_MAX, fetch).await;
    in_time.unwrap_or_else(|_| Err(Transport::Lost("it took too long".to_owned())))
}

fn rules() -> ImageRules {
    ImageRules {
        count_max: 1,
        mime: vec!["image/jpeg".to_owned(), "image/png".to_owned()],
        bytes_max: STORED_BYTES_MAX,
        side_max: SIDE_MAX,
        pixels_max: u64::from(SIDE_MAX) * u64::from(SIDE_MAX),
        source: String::new(),
    }
}
