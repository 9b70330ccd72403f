//! `GET /v1/audit` and `GET /v1/audit/checkpoint`.

use axum::extract::State;
use base::{Code, Cursor, Page, Problem, Timestamp, say};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Event, checkpoints::Checkpoint, store};
use crate::{
    App,
    http::{Json, May, ProblemBody, Query, Refusals, Result, rights::AuditRead},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(newest_checkpoint))
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEventBody {
    /// Its number in the workspace, without gaps.
    seq: i64,
    /// When.
    at: Timestamp,
    /// Who: a person's or key's id, or `system:` and the name of a job.
    actor: String,
    /// The action, such as `key.made`.
    act: String,
    /// The id of the object it was done to.
    object: String,
    /// `done` or `refused`.
    result: String,
    /// Details: ids, words and numbers.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    detail: Value,
}

impl From<Event> for AuditEventBody {
    fn from(event: Event) -> Self {
        let Event { seq, at, actor, act, object, result, detail } = event;
        Self { seq, at, actor, act, object, result, detail }
    }
}

/// The last entry of the audit log at one time, signed by the installation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckpointBody {
    /// Whose log: the workspace's id.
    chain: String,
    /// The number of the last entry it covers.
    seq: i64,
    /// That entry's hash, which seals all entries before it; hexadecimal.
    hash: String,
    /// When it was signed.
    at: Timestamp,
    /// The name of the key that signed it.
    key: String,
    /// HMAC-SHA-256 over the fields above; hexadecimal.
    signature: String,
}

impl From<Checkpoint> for CheckpointBody {
    fn from(checkpoint: Checkpoint) -> Self {
        let Checkpoint { chain, seq, hash, at, key, signature } = checkpoint;
        Self { chain, seq, hash: hex::encode(hash), at, key, signature: hex::encode(signature) }
    }
}

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAudit {
    /// `next_cursor` of the previous page.
    cursor: Option<String>,
    /// Number of entries, 1 to 200.
    limit: Option<u32>,
}

/// The workspace's audit log, latest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Audit", operation_id = "list_audit_events", params(ListAudit),
    responses((status = 200, description = "A page of events.", body = Page<AuditEventBody>), Refusals),
    extensions(("x-permission" = json!("audit:read"))),
)]
async fn list(
    State(app): State<App>,
    scope: May<AuditRead>,
    Query(query): Query<ListAudit>,
) -> Result<Json<Page<AuditEventBody>>> {
    let limit = crate::http::limit(query.limit)?;
    let before = query.cursor.as_deref().map(before).transpose()?;
    let scope = scope.0;
    let mut events = app.read(async move |tx| super::page(tx, &scope, before, limit + 1).await).await?;
    let more = events.len() > limit as usize;
    events.truncate(limit as usize);
    let next_cursor = events.last().filter(|_| more).map(|event| Cursor(vec![event.seq.to_string()]).encode());
    Ok(Json(Page { items: events.into_iter().map(Into::into).collect(), next_cursor }))
}

/// The newest signed checkpoint of the workspace's audit log.
///
/// Keep it outside this installation: `fanfare doctor --checkpoints FILE` later shows whether the log still has the entries it
/// had. A checkpoint is made within an hour after an entry; there is none before the first.
#[utoipa::path(
    get, path = "/v1/audit/checkpoint", tag = "Audit", operation_id = "get_audit_checkpoint",
    responses((status = 200, body = CheckpointBody), (status = 404, body = ProblemBody), Refusals),
    extensions(("x-permission" = json!("audit:read"))),
)]
async fn newest_checkpoint(State(app): State<App>, scope: May<AuditRead>) -> Result<Json<CheckpointBody>> {
    let chain = scope.workspace().to_string();
    let found = app.read(async move |tx| store::newest_checkpoint(tx, &chain).await).await?;
    Ok(Json(found.map(CheckpointBody::from).ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            say!("The audit log isn't signed yet. It is signed within an hour after its first entry."),
        )
    })?))
}

fn before(cursor: &str) -> std::result::Result<i64, Problem> {
    let seq = Cursor::decode(cursor).and_then(|cursor| cursor.0.first()?.parse().ok());
    seq.ok_or_else(|| Problem::field("/cursor", say!("is not a cursor of this list; leave it out for the first page")))
}
