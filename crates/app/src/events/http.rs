//! `/v1/events`: events, as pages and as a stream.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::{
        IntoResponse, Response,
        sse::{Event as SseEvent, KeepAlive, Sse},
    },
};
use base::{
    Code, Problem, Scope, Timestamp,
    ids::{ChannelId, PostId, WorkspaceId},
    page::MAX_LIMIT,
    say,
};
use db::Tx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{ANNOUNCED, Event, store};
use crate::{
    App,
    fault::Fault,
    http::{Json, May, ProblemBody, Query, Result, limit, rights::EventsRead},
    posts,
    request::{self, RIGHTS_CHANGED, Standing},
};

/// The largest number of open streams per person or key.
pub(super) const STREAMS_MAX: usize = 20;
/// How often a stream sends a keep-alive and checks whether its caller's session or key has expired.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(stream))
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventBody {
    /// Its number in the workspace. Pass it as `after` to get later events.
    seq: i64,
    /// When.
    at: Timestamp,
    /// What happened.
    #[schema(schema_with = super::kinds::kind_schema)]
    kind: String,
    /// The id of the object that it is about.
    object: String,
    /// Details.
    #[schema(schema_with = super::kinds::data_schema)]
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
    /// Pass this as `after` in the next request.
    after: i64,
}

/// Where to start.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEvents {
    /// The last number that you have; 0 for all events.
    #[serde(default)]
    after: i64,
    /// Number of events, 1 to 200.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Events after a number, oldest first. An empty list means that there are none yet.
///
/// Events are kept for 30 days. If the event after your number is gone, or your number was never assigned (because the
/// installation was restored from a backup), the response is `410`: reload what you show, then continue from `last`.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events", operation_id = "list_events", params(ListEvents),
    responses(
        (status = 200, description = "Events.", body = EventsBody), (status = 403, description = "Not allowed.", body = ProblemBody),
        (status = 410, description = "The events after this number are not here; `oldest` and `last` say which are.", body = ProblemBody),
    ),
    extensions(("x-permission" = json!("events:read"))),
)]
async fn list(
    State(app): State<App>,
    scope: May<EventsRead>,
    Query(query): Query<ListEvents>,
) -> Result<Json<EventsBody>> {
    let limit = limit(query.limit)?;
    from(&app, scope.workspace(), Some(query.after)).await?;
    let scope = scope.0;
    let found = app.read(async move |tx| after(tx, &scope, query.after, limit).await).await?;
    let items = found.told.into_iter().map(EventBody::from).collect();
    Ok(Json(EventsBody { items, after: found.last.unwrap_or(query.after) }))
}

/// Events after a number.
struct After {
    /// The events that the caller may see.
    told: Vec<Event>,
    /// The number of the last one, visible to the caller or not.
    last: Option<i64>,
}

/// A key limited to some channels sees their events, those of posts and series for one of them or for none, and those of files
/// (S-23).
async fn after(tx: &mut Tx, scope: &Scope, seq: i64, limit: u32) -> std::result::Result<After, db::Error> {
    let found = store::after(tx, scope.workspace(), seq, limit).await?;
    let last = found.last().map(|event| event.seq);
    if scope.channels().is_none() {
        return Ok(After { told: found, last });
    }
    let posts: Vec<PostId> = found.iter().filter_map(post_of).collect();
    let go_to = posts::channels_of(tx, scope.workspace(), &posts).await?;
    let told = found.into_iter().filter(|event| is_told(scope, event, &go_to)).collect();
    Ok(After { told, last })
}

/// The post that an event of it or of its series is about.
fn post_of(event: &Event) -> Option<PostId> {
    let of_series = || event.kind.starts_with("series.").then(|| event.data["post"].as_str()).flatten();
    event.object.parse().ok().or_else(|| of_series()?.parse().ok())
}

fn is_told(scope: &Scope, event: &Event, go_to: &BTreeMap<PostId, BTreeSet<ChannelId>>) -> bool {
    if let Some(post) = post_of(event) {
        return go_to.get(&post).is_none_or(|channels| channels.iter().any(|channel| scope.reaches(*channel)));
    }
    let of = event.data["channel"].as_str().unwrap_or(&event.object).parse::<ChannelId>();
    of.map_or(event.kind.starts_with("media."), |channel| scope.reaches(channel))
}

/// The number to start after: the requested one, or the last one assigned.
async fn from(app: &App, workspace: WorkspaceId, wanted: Option<i64>) -> std::result::Result<i64, Fault> {
    let kept = app.read(async move |tx| store::kept(tx, workspace).await).await?;
    let Some(wanted) = wanted else { return Ok(kept.last) };
    if wanted < 0 {
        return Err(Problem::field("/after", say!("is the number of an event, or 0 for all that are kept")).into());
    }
    // 0 means all events that are kept.
    if wanted > kept.last || (wanted > 0 && wanted + 1 < kept.oldest) {
        let detail = say!(
            "There is no event {wanted} to continue from. Available are those from {oldest} to {last}.",
            oldest = kept.oldest,
            last = kept.last
        );
        return Err(Problem::new(Code::EventsGone, detail).with("oldest", kept.oldest).with("last", kept.last).into());
    }
    Ok(wanted)
}

/// Where to start, for clients that can't send headers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamEvents {
    /// The last number that you have; `Last-Event-ID` takes precedence.
    after: Option<i64>,
    /// The workspace, for clients that can't send `Fanfare-Workspace` (`EventSource`).
    #[expect(dead_code, reason = "it is read where the standing is made, before the handler runs")]
    workspace: Option<String>,
}

/// Events as a stream of server-sent events. Send `Last-Event-ID` to continue after a lost connection; without it the stream
/// starts with new events.
///
/// Events are unnamed, so `EventSource.onmessage` receives all of them; `kind` in the data says what happened.
/// The data of `publication.…` events has `publication`, `post`, `channel`, `state`, `due_at`, `url`, `part` and `parts`, enough
/// to update a calendar. After `post.…` and `series.…` events, reload the post.
///
/// The stream ends when the key, the session or the membership ends. A person or key can have 20 open streams.
#[utoipa::path(
    get, path = "/v1/events/stream", tag = "Events", operation_id = "stream_events",
    params(StreamEvents, ("Last-Event-ID" = Option<i64>, Header, description = "The last number that you have")),
    responses(
        (status = 200, description = "Events, one after another.", content_type = "text/event-stream", body = String),
        (status = 403, description = "Not allowed.", body = ProblemBody),
        (status = 410, description = "The events after this number are not here; `oldest` and `last` say which are.", body = ProblemBody),
    ),
    extensions(("x-permission" = json!("events:read"))),
)]
async fn stream(
    State(app): State<App>,
    scope: May<EventsRead>,
    Query(query): Query<StreamEvents>,
    headers: HeaderMap,
) -> Result<Response> {
    let said = last_event_id(&headers)?;
    let place = app.memory.streams.take(scope.actor().to_string(), STREAMS_MAX)?;
    // Subscribe before reading the current number: events in between are then seen twice at worst, never missed.
    let (announced, rights) = (app.db.listen(ANNOUNCED), app.db.listen(RIGHTS_CHANGED));
    let seq = from(&app, scope.workspace(), said.or(query.after)).await?;
    let standing = request::standing();
    let begin =
        Reader { app, scope: Scope::clone(&scope), standing, seq, announced, rights, ready: Vec::new(), _place: place };
    // Send something immediately: proxies and browsers wait for the first bytes.
    let hello = futures::stream::iter([Ok::<_, Infallible>(SseEvent::default().comment("connected"))]);
    let events = futures::stream::unfold(begin, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    let stream = Sse::new(futures::StreamExt::chain(hello, events)).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE));
    // Proxies must neither buffer nor compress the stream.
    const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
    Ok(([(BUFFERING, "no"), (header::CACHE_CONTROL, "no-store, no-transform")], stream).into_response())
}

/// The number in `Last-Event-ID`. A browser without one sends no header or an empty one.
fn last_event_id(headers: &HeaderMap) -> std::result::Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let wrong = || Problem::new(Code::BadRequest, say!("`Last-Event-ID` is the number of an event of this workspace."));
    match value.to_str().map_err(|_| wrong())?.trim() {
        "" => Ok(None),
        text => text.parse().ok().filter(|seq| *seq >= 0).map(Some).ok_or_else(wrong),
    }
}

/// The position of one stream.
struct Reader {
    app: App,
    scope: Scope,
    standing: Arc<Standing>,
    seq: i64,
    announced: tokio::sync::broadcast::Receiver<String>,
    rights: tokio::sync::broadcast::Receiver<String>,
    ready: Vec<Event>,
    _place: super::Place,
}

impl Reader {
    /// The next event; `None` ends the stream, and the client reconnects with its last number.
    async fn next(&mut self) -> Option<SseEvent> {
        while self.ready.is_empty() {
            let found = self.found().await.ok()?;
            let Some(last) = found.last else {
                self.wait().await?;
                continue;
            };
            self.seq = last;
            self.ready = found.told.into_iter().rev().collect();
        }
        let event = self.ready.pop()?;
        SseEvent::default().id(event.seq.to_string()).json_data(EventBody::from(event)).ok()
    }

    /// Reads new events together with the caller's rights, in one snapshot.
    async fn found(&self) -> std::result::Result<After, Fault> {
        let (scope, seq, now, standing) = (self.scope.clone(), self.seq, self.app.clock.now(), self.standing.clone());
        self.app
            .read(async move |tx| {
                standing.still_holds(tx, now).await?;
                after(tx, &scope, seq, MAX_LIMIT).await
            })
            .await
    }

    /// Waits for an event of the workspace, a change of the caller's rights, or their expiry.
    async fn wait(&mut self) -> Option<()> {
        let mine = self.scope.workspace().to_string();
        let look = tokio::time::sleep(SIGN_OF_LIFE);
        tokio::pin!(look);
        loop {
            tokio::select! {
                // An empty notice means that some may have been missed.
                word = heard(&mut self.announced) => if word.as_deref().is_none_or(|word| word.is_empty() || word == mine) {
                    return word.map(drop);
                },
                word = heard(&mut self.rights) => if word.as_deref().is_none_or(|word| self.standing.is_about(word)) {
                    return word.map(drop);
                },
                () = &mut look => return Some(()),
            }
        }
    }
}

/// The next announcement, or an empty one if some were lost, because reading the table finds the events. `None` at the end.
async fn heard(from: &mut tokio::sync::broadcast::Receiver<String>) -> Option<String> {
    use tokio::sync::broadcast::error::RecvError;
    match from.recv().await {
        Ok(word) => Some(word),
        Err(RecvError::Lagged(_)) => Some(String::new()),
        Err(RecvError::Closed) => None,
    }
}
