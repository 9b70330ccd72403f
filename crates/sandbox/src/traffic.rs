//! What went over the wire, kept for tests that compare it with the networks' official specifications.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use bytes::Bytes;
use http::{Response, header, request::Parts};
use http_body_util::BodyExt as _;
use serde::Serialize;
use serde_json::Value;

use crate::{Class, Core, Network, faults::Broken};

/// How many exchanges are kept; the oldest go first.
pub const KEPT_EXCHANGES: usize = 20_000;

/// One request and its answer. Headers are left out but for the content types, so no token is kept here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// Which network.
    pub network: Network,
    /// What kind of request.
    pub class: Class,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, undecoded.
    pub query: Option<String>,
    /// The request's content type.
    pub content_type: Option<String>,
    /// The request's body if it is JSON or a form (then an object of texts).
    pub body: Option<Value>,
    /// The answer's status as the twin meant it; a fault may have changed what arrived.
    pub status: u16,
    /// The answer's content type.
    pub answer_type: Option<String>,
    /// The answer's body if it is JSON.
    pub answer: Option<Value>,
}

/// The exchanges of all networks, if recording is on. A clone is the same record.
#[derive(Clone, Default)]
pub struct Traffic {
    on: bool,
    exchanges: Arc<Mutex<std::collections::VecDeque<Exchange>>>,
}

impl Traffic {
    pub(crate) fn new(on: bool) -> Self {
        Self { on, exchanges: Arc::default() }
    }

    /// Whether exchanges are kept.
    pub fn is_on(&self) -> bool {
        self.on
    }

    pub(crate) fn keep(&self, exchange: Exchange) {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        if exchanges.len() >= KEPT_EXCHANGES {
            exchanges.pop_front();
        }
        exchanges.push_back(exchange);
    }

    /// The exchanges with a network, oldest first.
    pub fn of(&self, network: Network) -> Vec<Exchange> {
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().filter(|exchange| exchange.network == network).cloned().collect()
    }

    /// Forgets all exchanges.
    pub fn clear(&self) {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn content_type(headers: &http::HeaderMap) -> Option<String> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

/// What the request was.
pub(crate) fn note(network: Network, class: Class, parts: &Parts, whole: &Bytes) -> Exchange {
    let content_type = content_type(&parts.headers);
    let is_form = content_type.as_deref().is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
    let form = || url::form_urlencoded::parse(whole).map(|(key, value)| (key.into_owned(), value.into())).collect();
    let body = if is_form { Some(Value::Object(form())) } else { serde_json::from_slice(whole).ok() };
    Exchange {
        network,
        class,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        content_type,
        body,
        status: 0,
        answer_type: None,
        answer: None,
    }
}

/// Keeps the request with its answer, which is read whole for that.
pub(crate) async fn keep_answer(
    core: &Core,
    exchange: Exchange,
    answer: Response<Body>,
) -> Result<Response<Body>, Broken> {
    let (parts, body) = answer.into_parts();
    let whole = body.collect().await.map_err(|_| Broken)?.to_bytes();
    core.traffic().keep(Exchange {
        status: parts.status.as_u16(),
        answer_type: content_type(&parts.headers),
        answer: serde_json::from_slice(&whole).ok(),
        ..exchange
    });
    Ok(Response::from_parts(parts, Body::from(whole)))
}
