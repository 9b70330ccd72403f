//! The API.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State,
    model::{Board, Notice},
};
use crate::{Action, NewEntry, RequestDigest, limits::Limit};

/// Code points in a notice.
const TEXT_MAX: usize = 500;
/// Notices of one account in a minute.
static OF_ACCOUNT: Limit = Limit::per("account", 60, 60);

type Answer = Result<Json<Value>, Refusal>;

/// `{"error":{"code","message"}}`.
pub struct Refusal(StatusCode, &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": { "code": self.1, "message": "The board takes no such thing." } })))
            .into_response()
    }
}

const UNKNOWN: Refusal = Refusal(StatusCode::UNAUTHORIZED, "unknown");
const GONE: Refusal = Refusal(StatusCode::NOT_FOUND, "gone");

/// What a notice says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    text: String,
    answers: Option<String>,
}

fn who(board: &Board, headers: &HeaderMap) -> Result<String, Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|value| value.strip_prefix("Bearer ")).and_then(|token| board.signed_in(token)).ok_or(UNKNOWN)
}

fn fitting(text: &str) -> Result<(), Refusal> {
    match text.chars().count() {
        0 => Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, "empty")),
        length if length > TEXT_MAX => Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, "too_long")),
        _ => Ok(()),
    }
}

fn shape(id: u64, notice: &Notice) -> Value {
    json!({ "id": id.to_string(), "text": notice.text, "at": notice.at })
}

/// Who is signed in.
pub async fn me(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Answer {
    let account = who(&state.board(), &headers)?;
    Ok(Json(json!({ "id": format!("account-{account}"), "name": account })))
}

/// The account's notices, newest first.
pub async fn list(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Answer {
    let board = state.board();
    let account = who(&board, &headers)?;
    let own = board.notices.iter().rev().filter(|(_, notice)| notice.account == account);
    Ok(Json(json!({ "notices": own.take(100).map(|(id, notice)| shape(*id, notice)).collect::<Vec<_>>() })))
}

/// One of them.
pub async fn one(Shared(state): Shared<Arc<State>>, Path(id): Path<u64>, headers: HeaderMap) -> Answer {
    let board = state.board();
    let account = who(&board, &headers)?;
    Ok(Json(shape(id, own(&board, id, &account)?)))
}

/// A new one.
pub async fn put_up(
    Shared(state): Shared<Arc<State>>,
    Extension(digest): Extension<RequestDigest>,
    headers: HeaderMap,
    Json(said): Json<Said>,
) -> Answer {
    let mut board = state.board();
    let account = who(&board, &headers)?;
    fitting(&said.text)?;
    let answers = match said.answers.map(|id| id.parse::<u64>()) {
        Some(Ok(id)) if board.notices.contains_key(&id) => Some(id),
        Some(_) => return Err(GONE),
        None => None,
    };
    if !state.core.spend(&OF_ACCOUNT, &account, 1).allowed {
        return Err(Refusal(StatusCode::TOO_MANY_REQUESTS, "slow_down"));
    }
    board.last += 1;
    let id = board.last;
    let notice = Notice { account, text: said.text, at: state.core.now(), answers, is_changed: false };
    note(&state, (id, &notice), Action::Created, &digest);
    let answer = shape(id, &notice);
    board.notices.insert(id, notice);
    let settings: super::Settings = state.core.own();
    if settings.down_one_in > 0 && state.core.random.below(settings.down_one_in) == 0 {
        return Err(Refusal(StatusCode::BAD_GATEWAY, "down"));
    }
    Ok(Json(answer))
}

/// Other words for one.
pub async fn change(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<u64>,
    Extension(digest): Extension<RequestDigest>,
    headers: HeaderMap,
    Json(said): Json<Said>,
) -> Answer {
    let mut board = state.board();
    let account = who(&board, &headers)?;
    fitting(&said.text)?;
    let changed = Notice { text: said.text, is_changed: true, ..own(&board, id, &account)?.clone() };
    note(&state, (id, &changed), Action::Edited, &digest);
    let answer = shape(id, &changed);
    board.notices.insert(id, changed);
    Ok(Json(answer))
}

/// The end of one.
pub async fn take_down(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<u64>,
    Extension(digest): Extension<RequestDigest>,
    headers: HeaderMap,
) -> Answer {
    let mut board = state.board();
    let account = who(&board, &headers)?;
    note(&state, (id, own(&board, id, &account)?), Action::Deleted, &digest);
    board.notices.remove(&id);
    Ok(Json(json!({})))
}

fn own<'b>(board: &'b Board, id: u64, account: &str) -> Result<&'b Notice, Refusal> {
    board.notices.get(&id).filter(|notice| notice.account == account).ok_or(GONE)
}

/// Writes what people see into the ledger.
fn note(state: &State, (id, notice): (u64, &Notice), action: Action, digest: &RequestDigest) {
    state.core.record(NewEntry {
        account: notice.account.clone(),
        action,
        kind: "post".to_owned(),
        remote_id: id.to_string(),
        text: notice.text.clone(),
        media_count: 0,
        parent: notice.answers.map(|id| id.to_string()),
        client_id: None,
        request_digest: digest.0.to_string(),
    });
}
