//! How the bytes of a media asset leave: as what they are, in parts, and unable to do anything (S-61).

use std::ops::Range;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Code, Problem, ids::MediaId, say};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::put_header;
use crate::{
    App,
    http::{May, Path, ProblemBody, Query, Refusal, Result, rights::MediaRead},
    media::{FileType, assets, library},
};

/// A browser that opens a file as a page may do nothing with it (S-61).
const POLICY: &str = "default-src 'none'; sandbox";

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(file))
}

/// Which form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    /// A still, upright image of at most 480 pixels a side, for lists. A video has none.
    Thumbnail,
}

/// Which form, and where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadFile {
    /// Leave it out for the file itself.
    #[param(inline)]
    rendition: Option<Form>,
    /// The workspace, where `Fanfare-Workspace` cannot be sent (`<img>`).
    #[expect(dead_code, reason = "it is read where the standing is made, before the handler runs")]
    workspace: Option<String>,
}

/// The file of a media asset, or a part of it (`Range: bytes=0-1023`).
#[utoipa::path(
    get, path = "/v1/media/{media}/file", tag = "Media", operation_id = "get_media_file",
    params(("media" = MediaId, Path), ReadFile, ("Range" = Option<String>, Header, description = "One range of bytes")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "*/*"),
        (status = 206, body = Vec<u8>, content_type = "*/*"),
        (status = 304, description = "`If-None-Match` has its `ETag`"),
        (status = 404, body = ProblemBody), (status = 416, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("media:read"))),
)]
async fn file(
    State(app): State<App>,
    scope: May<MediaRead>,
    Path(id): Path<MediaId>,
    Query(query): Query<ReadFile>,
    headers: HeaderMap,
) -> Result<Response> {
    let mut asset = assets::get(&app, &scope, id).await?;
    if query.rendition == Some(Form::Thumbnail) {
        asset = library::thumbnail(&app, scope.workspace(), asset).await?;
    }
    let served = Served {
        key: &asset.blob_key,
        mime: &asset.mime,
        size_bytes: asset.size_bytes,
        sha256: &asset.sha256,
        name: &asset.file_name,
        cached: "private, max-age=3600",
    };
    served.answer(&app, &headers).await
}

/// A file that leaves.
pub(super) struct Served<'a> {
    /// Where its bytes are.
    pub(super) key: &'a str,
    pub(super) mime: &'a str,
    pub(super) size_bytes: u64,
    pub(super) sha256: &'a str,
    /// The name under which a browser saves it; its ending is that of its type.
    pub(super) name: &'a str,
    /// `Cache-Control`.
    pub(super) cached: &'static str,
}

impl Served<'_> {
    /// The file, or the part that the request wants.
    pub(super) async fn answer(&self, app: &App, headers: &HeaderMap) -> Result<Response> {
        let tag = format!("\"{}\"", self.sha256);
        let said = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        if said(header::IF_NONE_MATCH)
            .is_some_and(|tags| tags.split(',').any(|one| matches!(one.trim(), "*") || one.trim() == tag))
        {
            return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
        }
        // A part of another version would not fit; there is only one version, but a client may ask (RFC 9110 §13.1.5).
        let wanted = said(header::RANGE).filter(|_| said(header::IF_RANGE).is_none_or(|known| known == tag));
        let range = match asked(wanted, self.size_bytes) {
            Asked::Whole => None,
            Asked::Part(range) => Some(range),
            Asked::Outside => return Ok(outside(self.size_bytes)),
        };
        let opened = assets::open_key(app, self.key, range.clone()).await?;
        let mut answer = Body::from_stream(opened.body).into_response();
        let length = opened.range.end - opened.range.start;
        if range.is_some() {
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            let (first, last) = (opened.range.start, opened.range.end.saturating_sub(1));
            put_header(&mut answer, header::CONTENT_RANGE, &format!("bytes {first}-{last}/{}", opened.size_bytes));
        }
        let file_type = FileType::of_mime(self.mime).unwrap_or(FileType::Jpeg);
        for (name, text) in [
            (header::CONTENT_TYPE, self.mime),
            (header::CONTENT_LENGTH, &length.to_string()),
            (header::CONTENT_DISPOSITION, &disposition(self.name, file_type)),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::ACCEPT_RANGES, "bytes"),
            (header::CACHE_CONTROL, self.cached),
            (header::ETAG, &tag),
        ] {
            put_header(&mut answer, name, text);
        }
        Ok(answer)
    }
}

fn outside(size: u64) -> Response {
    let problem = Problem::new(Code::RangeOutside, say!("The file has {size} bytes, counted from 0."));
    let mut answer = Refusal(problem).into_response();
    put_header(&mut answer, header::CONTENT_RANGE, &format!("bytes */{size}"));
    answer
}

/// Which bytes a request wants.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Outside,
}

/// Reads a `Range` (RFC 9110 §14.2). One that cannot be read, or names several ranges, means the whole file.
fn asked(header: Option<&str>, size: u64) -> Asked {
    let Some((first, last)) = header.and_then(|text| text.trim().strip_prefix("bytes=")?.split_once('-')) else {
        return Asked::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Asked::Whole,
    };
    if range.start < range.end { Asked::Part(range) } else { Asked::Outside }
}

/// How a browser is to save the file: under its name, but with the ending of what it is (S-61).
fn disposition(name: &str, file_type: FileType) -> String {
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 5 => stem,
        _ => name,
    };
    let name = format!("{stem}.{}", file_type.extension());
    let plain = |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("inline; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_http_says() {
        for (said, wanted) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-", Asked::Part(2..10)),
            ("bytes=8-99", Asked::Part(8..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-99", Asked::Part(0..10)),
            ("bytes=0-18446744073709551615", Asked::Part(0..10)),
            ("bytes=10-", Asked::Outside),
            ("bytes=10-12", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=5-3", Asked::Whole),
            ("bytes=0-1,4-5", Asked::Whole),
            ("pages=1-2", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
        ] {
            assert_eq!(asked(Some(said), 10), wanted, "{said}");
        }
        assert_eq!(asked(None, 10), Asked::Whole);
    }

    #[test]
    fn s_61_a_file_is_saved_with_the_ending_of_what_it_is() {
        let saved = disposition("evil.html", FileType::Jpeg);
        assert_eq!(saved, "inline; filename=\"evil.jpg\"; filename*=UTF-8''evil.jpg");
        let saved = disposition("Grüße \"5\"; x=1", FileType::Mp4);
        assert_eq!(
            saved,
            "inline; filename=\"Gr__e _5_; x=1.mp4\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%225%22%3B%20x%3D1.mp4"
        );
        assert!(disposition(".png", FileType::Png).contains("\".png.png\""));
    }
}
