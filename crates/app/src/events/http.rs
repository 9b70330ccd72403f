//! `/v1/events`: what happened, as pages and as a stream.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event as SseEvent, KeepAlive, Sse},
    },
};
use base::{
    Scope, Timestamp,
    ids::ChannelId,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ANNOUNCED, Event, store};
use crate::{
    App,
    fault::Fault,
    http::{Json, May, ProblemBody, Query, Result, rights::EventsRead},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(stream))
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Its number in the workspace; ask for what is after it.
    seq: i64,
    /// When.
    at: Timestamp,
    /// What, such as `publication.published`.
    kind: String,
    /// The id of what it happened to.
    object: String,
    /// More about it.
    #[schema(value_type = Object)]
    data: Value,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        let Event { seq, at, kind, object, data } = event;
        Self { seq, at, kind, object, data }
    }
}

/// Events after a number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventsBody {
    /// Oldest first.
    items: Vec<EventBody>,
    /// Ask for what is after this next time.
    after: i64,
}

/// From where.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEvents {
    /// The last number that you have; 0 for all.
    #[serde(default)]
    after: i64,
    /// How many, 1 to 200.
    limit: Option<u32>,
}

/// What happened after a number, oldest first. An empty answer means: nothing yet.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "list_events", params(ListEvents),
    responses((status = 200, body = EventsBody), (status = 403, body = ProblemBody)),
    extensions(("x-permission" = json!("events:read"))),
)]
async fn list(
    State(app): State<App>,
    scope: May<EventsRead>,
    Query(query): Query<ListEvents>,
) -> Result<Json<EventsBody>> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let found = after(&app, scope.workspace(), query.after, limit).await?;
    let last = found.last().map_or(query.after, |event| event.seq);
    let items = found.into_iter().filter(|event| is_told(&scope, event)).map(EventBody::from).collect();
    Ok(Json(EventsBody { items, after: last }))
}

/// A key that is limited to some channels hears nothing of the others (S-23).
fn is_told(scope: &Scope, event: &Event) -> bool {
    let of = event.data["channel"].as_str().or(Some(event.object.as_str())).and_then(|id| id.parse::<ChannelId>().ok());
    of.is_none_or(|channel| scope.reaches(channel))
}

async fn after(
    app: &App,
    workspace: base::ids::WorkspaceId,
    seq: i64,
    limit: u32,
) -> std::result::Result<Vec<Event>, Fault> {
    app.read(move |tx| Box::pin(store::after(tx, workspace, seq, limit))).await
}

/// From where, for clients that cannot send headers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamEvents {
    /// The last number that you have; `Last-Event-ID` goes before it.
    after: Option<i64>,
    /// The workspace, where `Fanfare-Workspace` cannot be sent (`EventSource`).
    #[expect(dead_code, reason = "it is read where the standing is made, before the handler runs")]
    workspace: Option<String>,
}

/// The same as a stream of server-sent events. `Last-Event-ID` goes on where a connection broke; without it the stream
/// begins with what happens from now on.
///
/// The data of `publication.…` events has `publication`, `post`, `channel`, `state`, `due_at`, `url`, `part` and `parts`: enough
/// to redraw a calendar. After `post.created`, `post.changed`, `post.scheduled` and `post.deleted` read the post again.
#[utoipa::path(
    get, path = "/v1/events/stream", tag = "Events", operation_id = "stream_events",
    params(StreamEvents, ("Last-Event-ID" = Option<i64>, Header, description = "The last number that you have")),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 403, body = ProblemBody)),
    extensions(("x-permission" = json!("events:read"))),
)]
async fn stream(
    State(app): State<App>,
    scope: May<EventsRead>,
    Query(query): Query<StreamEvents>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let workspace = scope.workspace();
    let said =
        headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<i64>().ok());
    // Subscribe before reading where we are: what happens between the two is then seen twice at worst, never missed.
    let announced = app.db.listen(ANNOUNCED);
    let from = match said.or(query.after) {
        Some(seq) => seq,
        None => app.read(move |tx| Box::pin(store::last(tx, workspace))).await?,
    };
    let begin = Reader { app, scope: Scope::clone(&scope), seq: from, announced, ready: Vec::new() };
    let events = futures::stream::unfold(begin, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    // Proxies pass an answer on when its first byte is there, and nginx and compressing ones only if they are told to.
    let first = futures::stream::iter([Ok::<_, Infallible>(SseEvent::default().comment("connected"))]);
    let stream = Sse::new(first.chain(events)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)));
    Ok(([("x-accel-buffering", "no"), ("cache-control", "no-store, no-transform")], stream))
}

/// Where one stream is.
struct Reader {
    app: App,
    scope: Scope,
    seq: i64,
    announced: tokio::sync::broadcast::Receiver<String>,
    ready: Vec<Event>,
}

impl Reader {
    /// The next event; `None` ends the stream, and the client comes back with the last number it has.
    async fn next(&mut self) -> Option<SseEvent> {
        while self.ready.is_empty() {
            let found = after(&self.app, self.scope.workspace(), self.seq, MAX_LIMIT).await.ok()?;
            let Some(last) = found.last() else {
                self.wait().await?;
                continue;
            };
            self.seq = last.seq;
            self.ready = found.into_iter().filter(|event| is_told(&self.scope, event)).rev().collect();
        }
        let event = self.ready.pop()?;
        let (seq, kind) = (event.seq, event.kind.clone());
        SseEvent::default().id(seq.to_string()).event(kind).json_data(EventBody::from(event)).ok()
    }

    async fn wait(&mut self) -> Option<()> {
        let mine = self.scope.workspace().to_string();
        loop {
            match self.announced.recv().await {
                // An empty word means: some may have been missed.
                Ok(workspace) if workspace == mine || workspace.is_empty() => return Some(()),
                Ok(_) => {}
                // Too many announcements to remember: reading the table finds what they said.
                Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => return Some(()),
                Err(tokio::sync::broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}
