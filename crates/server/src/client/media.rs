//! Files on their way to the installation: in pieces, so that a large file survives an unsteady line.

use std::{path::Path, time::Duration};

use reqwest::{Method, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Api, Told, text};

/// One piece, in bytes.
const PIECE: u64 = 8 << 20;
/// How often a piece whose line broke is sent again, from where the installation stands.
const TRIES: u32 = 5;

/// Uploads a file and gives the id of the media asset that it became.
///
/// # Errors
/// See [`Told`].
pub async fn upload(api: &Api, path: &Path, alt: Option<&str>) -> Result<String, Told> {
    let unreadable = |error: std::io::Error| Told::Here(format!("{} cannot be read: {error}", path.display()));
    let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let size = file.metadata().await.map_err(unreadable)?.len();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut body = json!({ "name": name, "size_bytes": size });
    if let Some(alt) = alt {
        body["alt"] = alt.into();
    }
    let upload = api.post_once("/v1/uploads", &body).await?;
    let at = format!("/v1/uploads/{}", text(&upload, "id"));
    let (mut offset, mut tries) = (0, 0);
    while offset < size {
        file.seek(std::io::SeekFrom::Start(offset)).await.map_err(unreadable)?;
        let mut piece = Vec::new();
        (&mut file).take(PIECE).read_to_end(&mut piece).await.map_err(unreadable)?;
        if piece.is_empty() {
            return Err(Told::Here(format!("{} became shorter while it was read", path.display())));
        }
        let length = piece.len() as u64;
        match send(api, &at, offset, piece).await {
            Ok(_) => (offset, tries) = (offset + length, 0),
            Err(Told::Here(_)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(500)).await;
                offset = api.get(&at).await?["received_bytes"].as_u64().unwrap_or(offset);
            }
            Err(told) => return Err(told),
        }
    }
    let media = api.post_once(&format!("{at}/finish"), &json!({})).await?;
    Ok(text(&media, "id").to_owned())
}

async fn send(api: &Api, at: &str, offset: u64, piece: Vec<u8>) -> Result<Value, Told> {
    api.send_with(at, |http, url| {
        http.request(Method::PATCH, url)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            .header("upload-offset", offset)
            .body(piece)
    })
    .await
}
