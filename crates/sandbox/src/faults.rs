//! Faults as they happen on the wire. The knobs say which; this says how.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::StreamExt as _;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::{Fault, When};

/// The answer is to be a broken connection.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox broke the connection, as a knob told it to")]
pub(crate) struct Broken;

/// What a fault does before the request has its effect: an answer that takes its place, or nothing.
pub(crate) async fn before(fault: Option<&Fault>) -> Option<Result<Response<Body>, Broken>> {
    match fault? {
        Fault::Reset { when: When::Before } => Some(Err(Broken)),
        Fault::Status { when: When::Before, status, body, headers } => Some(Ok(invented(*status, body, headers))),
        Fault::Hang { ms, when: When::Before } => {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
            None
        }
        _ => None,
    }
}

/// What a fault does to the answer of a request that had its effect.
pub(crate) async fn after(fault: Fault, answer: Response<Body>) -> Result<Response<Body>, Broken> {
    match fault {
        Fault::Reset { when: When::After } => Err(Broken),
        Fault::Status { when: When::After, status, body, headers } => Ok(invented(status, &body, &headers)),
        Fault::Hang { ms, when: When::After } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            Ok(answer)
        }
        Fault::EmptyBody => Ok(Response::new(Body::empty())),
        Fault::HtmlBody => Ok(html("<!doctype html><title>One moment</title><h1>Checking your browser</h1>")),
        Fault::Truncate | Fault::HangAfterHeaders { .. } | Fault::MalformedJson | Fault::SlowBody { .. } => {
            maimed(fault, answer).await
        }
        Fault::HugeBody { bytes } => Ok(huge(bytes)),
        Fault::Reset { .. } | Fault::Status { .. } | Fault::Hang { .. } => Ok(answer),
    }
}

fn invented(
    status: u16,
    body: &Option<String>,
    headers: &std::collections::BTreeMap<String, String>,
) -> Response<Body> {
    let mut answer = Response::new(Body::from(body.clone().unwrap_or_default()));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

fn html(text: &'static str) -> Response<Body> {
    let mut answer = Response::new(Body::from(text));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    answer
}

/// Sends part of the true body, or all of it slowly, under the true length.
async fn maimed(fault: Fault, answer: Response<Body>) -> Result<Response<Body>, Broken> {
    let (mut parts, body) = answer.into_parts();
    let whole = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let half = whole.slice(..whole.len() / 2);
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = match fault {
        Fault::MalformedJson => Body::from(half),
        Fault::SlowBody { ms_per_byte } => Body::from_stream(drip(whole, ms_per_byte)),
        Fault::HangAfterHeaders { ms } => {
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len().max(1)));
            Body::from_stream(broken_after(Bytes::new(), Duration::from_millis(ms)))
        }
        _ => {
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len().max(1)));
            Body::from_stream(broken_after(half, Duration::from_millis(20)))
        }
    };
    Ok(Response::from_parts(parts, body))
}

fn drip(whole: Bytes, ms_per_byte: u64) -> impl futures::Stream<Item = Result<Bytes, Broken>> {
    futures::stream::iter(0..whole.len()).then(move |place| {
        let byte = whole.slice(place..=place);
        async move {
            tokio::time::sleep(Duration::from_millis(ms_per_byte)).await;
            Ok(byte)
        }
    })
}

fn broken_after(first: Bytes, wait: Duration) -> impl futures::Stream<Item = Result<Bytes, Broken>> {
    let end = futures::stream::once(async move {
        tokio::time::sleep(wait).await;
        Err(Broken)
    });
    futures::stream::iter((!first.is_empty()).then_some(Ok(first))).chain(end)
}

fn huge(bytes: u64) -> Response<Body> {
    const PIECE: u64 = 64 * 1024;
    let zeros = Bytes::from(vec![b' '; PIECE as usize]);
    let pieces = futures::stream::iter(0..bytes.div_ceil(PIECE)).map(move |place| {
        let left = bytes - place * PIECE;
        Ok::<_, Broken>(zeros.slice(..usize::try_from(left.min(PIECE)).unwrap_or(0)))
    });
    let mut answer = Response::new(Body::from_stream(pieces));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    answer
}
