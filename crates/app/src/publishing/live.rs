//! What is live already: finding it by its address, deleting it at the platform, or bringing it up to date with its
//! variant where the platform can.
//!
//! These are acts of a person, carried out while they wait and told to them as they end; nothing here is scheduled or
//! retried.

use base::{
    Code, Problem, Scope, Text, Timestamp,
    ids::{ChannelId, PublicationId},
    say,
};
use connector::{Deleted, Failure, FailureKind, Handles, Outcome, PartJob, Remote, Sent};

use db::Tx;

use super::{
    Event, Publication, State, scopes, step,
    store::{self, Attempt, Line, Standing},
};
use crate::{
    App, audit,
    channels::{self, Calling, grants},
    events,
    fault::Fault,
    media::library::Wanted,
    posts::{self, Content, PartContent},
    request,
};

struct Live {
    publication: Publication,
    granted: Vec<String>,
    parts: Vec<Attempt>,
    calling: Calling,
    platform: String,
}

/// The post that a person found at this address, read at the platform: the next parts of a thread, numbers, an edit and a
/// deletion go by its id there.
///
/// # Errors
/// The publication does not wait for a person; the address is not of a post of this channel, or of one that is another
/// publication's already; the platform could not be asked; those of the database.
pub async fn found_at(app: &App, scope: &Scope, id: PublicationId, url: &url::Url) -> Result<Remote, Fault> {
    let publication = super::get(app, scope, id).await?;
    if publication.life.state != State::NeedsEyes {
        return Err(super::too_late(&publication));
    }
    let (channel, part) = (publication.channel, publication.life.part);
    let (attempts, taken) = app
        .read(async move |tx| Ok((store::attempts_of(tx, id).await?, store::taken(tx, channel, id, part).await?)))
        .await?;
    let open = attempts.into_iter().find(|attempt| attempt.outcome.is_none());
    let open = open.ok_or_else(|| super::too_late(&publication))?;
    let Way { calling, platform, .. } = way(app, scope, publication.channel).await?;
    let connector = app.connectors.get(&platform).cloned();
    let publish = publishing(connector.as_deref())?;
    let refused = |failure: Failure| match failure.kind {
        FailureKind::InputInvalid | FailureKind::RemoteNotFound => Problem::field("/url", failure.detail),
        _ => channels::failed(&failure),
    };
    let remote = publish.at_address(&calling.call(), &open.prepared, url).await.map_err(refused)?;
    if taken.contains(&remote.id) {
        return Err(Problem::field(
            "/url",
            say!("This post already belongs to another publication. Give the address of the one in doubt."),
        )
        .into());
    }
    Ok(remote)
}

async fn live(app: &App, scope: &Scope, id: PublicationId) -> Result<Live, Fault> {
    let publication = super::get(app, scope, id).await?;
    let attempts = app.read(async move |tx| store::attempts_of(tx, id).await).await?;
    let parts: Vec<Attempt> = attempts.into_iter().filter(|attempt| attempt.remote.is_some()).collect();
    if parts.is_empty() || !matches!(publication.life.state, State::Published | State::Cancelled | State::Failed) {
        let detail = say!("None of it is live, or it is still being sent.");
        return Err(Problem::new(Code::Conflict, detail).with("state", publication.life.state).into());
    }
    let Way { granted, calling, platform } = way(app, scope, publication.channel).await?;
    Ok(Live { publication, granted, parts, calling, platform })
}

/// The way to a channel's platform, signed in.
struct Way {
    granted: Vec<String>,
    calling: Calling,
    platform: String,
}

async fn way(app: &App, scope: &Scope, channel: ChannelId) -> Result<Way, Fault> {
    let channel = channels::get(app, scope, channel).await?;
    let opened =
        grants::open_to_use(app, scope.workspace(), channel.id).await?.map_err(|failure| channels::failed(&failure))?;
    let granted = opened.scopes.clone();
    let calling = Calling::of(app, &channel, &opened);
    Ok(Way { granted, calling, platform: channel.platform })
}

fn publishing(connector: Option<&dyn connector::Connector>) -> Result<&dyn connector::Publish, Problem> {
    let missing = || Problem::new(Code::Conflict, channels::takes_no_posts(connector));
    connector.and_then(|connector| connector.publish()).ok_or_else(missing)
}

fn allowed(connector: Option<&dyn connector::Connector>, live: &Live, feature: &str) -> Result<(), Problem> {
    let lacking = connector.and_then(|connector| scopes::lacks(connector.about(), &live.granted, feature));
    lacking.map_or(Ok(()), |failure| Err(channels::failed(&failure)))
}

/// Deletes every live part at the platform, the last one first. Already gone counts as done.
///
/// # Errors
/// Nothing is live; the platform refused; those of the database.
pub async fn delete(app: &App, scope: &Scope, id: PublicationId) -> Result<Publication, Fault> {
    let (app, scope) = (app.clone(), scope.clone());
    request::to_its_end(async move { delete_there(&app, &scope, id).await }).await
}

async fn delete_there(app: &App, scope: &Scope, id: PublicationId) -> Result<Publication, Fault> {
    // Of two requests at once the second waits, and finds what the first did.
    let _turn = app.memory.edits.take(id).await;
    let now = super::get(app, scope, id).await?;
    if now.life.state == State::Deleted {
        return Ok(now);
    }
    let live = live(app, scope, id).await?;
    let connector = app.connectors.get(&live.platform).cloned();
    let publish = publishing(connector.as_deref())?;
    still_may(app).await?;
    let mut outcome = Ok(());
    let mut gone = 0;
    for part in live.parts.iter().rev() {
        let Some(remote) = &part.remote else { continue };
        match publish.delete(&live.calling.call(), remote).await {
            Ok(Deleted::Gone | Deleted::WasGone) => gone += 1,
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        }
    }
    let (act, detail) = match &outcome {
        Ok(()) => ("deleted_there", say!("It was deleted at the platform.")),
        Err(failure) => {
            ("delete_refused", say!("It could not be deleted at the platform: {detail}", detail = failure.detail))
        }
    };
    let became = if outcome.is_ok() { Became::Deleted } else { Became::PartsGone(gone) };
    tell(app, scope, &live, act, &detail, became).await?;
    outcome.map_err(|failure| channels::failed(&failure))?;
    super::get(app, scope, id).await
}

/// Brings what is live up to date: with these parts, which its variant says from then on, or with what its variant says now.
/// Where the platform refuses, what is live stays as it is, and so does what is said of it here.
///
/// # Errors
/// The platform cannot; the number of parts differs; the platform refused; those of the database.
pub async fn update(
    app: &App,
    scope: &Scope,
    id: PublicationId,
    parts: Option<Vec<PartContent>>,
) -> Result<Publication, Fault> {
    let (app, scope) = (app.clone(), scope.clone());
    request::to_its_end(async move { update_there(&app, &scope, id, parts).await }).await
}

async fn update_there(
    app: &App,
    scope: &Scope,
    id: PublicationId,
    parts: Option<Vec<PartContent>>,
) -> Result<Publication, Fault> {
    // Of two requests at once the second waits, and finds what the first made.
    let _turn = app.memory.edits.take(id).await;
    let live = live(app, scope, id).await?;
    let connector = app.connectors.get(&live.platform).cloned();
    let publish = publishing(connector.as_deref())?;
    let limits = publish.limits(live.calling.facts());
    if !limits.edit {
        let detail =
            say!("This platform doesn't allow editing a published post. Delete it there and publish it again.");
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    allowed(connector.as_deref(), &live, "edit")?;
    let whole = posts::get(app, scope, live.publication.post).await?;
    let variant = whole.variants.into_iter().find(|variant| variant.id == live.publication.variant);
    let variant = variant.ok_or_else(|| Problem::not_found("variant"))?;
    let said = live.publication.live_content.as_deref().map(store::parse).transpose()?;
    let said: Content = said.unwrap_or_else(|| variant.content.clone());
    let is_new = parts.is_some();
    let seen = variant.content.clone();
    let mut content = variant.content;
    content.parts = parts.unwrap_or(content.parts);
    content.validate("")?;
    // A thread that is live in part keeps its other parts: they can still be published.
    let has_unsent = is_new && live.parts.len() < live.publication.life.parts as usize;
    if has_unsent || content.parts.len() != live.parts.len() || live.publication.gone > 0 {
        let detail = say!(
            "{parts} parts are live and the post has {parts2}; an edit can't add or remove parts.",
            parts = live.parts.len() - live.publication.gone as usize,
            parts2 = content.parts.len()
        );
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    if content == said {
        // It is live already: a repeated request doesn't reach the platform again.
        return super::get(app, scope, id).await;
    }
    let draft = content.to_draft(app, scope.workspace(), &live.platform, &limits, Wanted::ToSend).await?;
    let refused: Vec<Text> = publish
        .check(&draft, live.calling.facts())
        .into_iter()
        .filter(|issue| issue.severity == connector::Severity::Error)
        .map(|issue| issue.detail)
        .collect();
    if !refused.is_empty() {
        return Err(Problem::new(Code::PostRefused, Text::joined(refused, " ")).into());
    }
    still_may(app).await?;
    let mut earlier: Vec<Remote> = Vec::new();
    let mut outcome: Result<(), Failure> = Ok(());
    for (position, part) in live.parts.iter().enumerate() {
        let Some(remote) = part.remote.clone() else { continue };
        let begun_at = app.clock.now();
        let job = PartJob { draft: &draft, position, earlier: &earlier, op_id: &part.op_id, begun_at };
        match publish.edit(&live.calling.call(), &remote, &job, &InMemory::default()).await {
            Ok(sent) => {
                replace_remote(app, part, &sent).await?;
                earlier.push(sent.remote);
            }
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        }
    }
    let (act, detail) = match &outcome {
        Ok(()) => ("changed_there", say!("It was changed at the platform.")),
        Err(failure) if failure.outcome == Outcome::Unknown => (
            "change_in_doubt",
            say!(
                "It may or may not have been changed at the platform. Check, and try again if not: {detail}",
                detail = failure.detail
            ),
        ),
        Err(failure) => {
            ("change_refused", say!("It could not be changed at the platform: {detail}", detail = failure.detail))
        }
    };
    let became = match outcome {
        Ok(()) => Became::Says { content, instead_of: is_new.then_some(seen) },
        // The parts before the one that was refused are changed.
        Err(_) => {
            let parts = content.parts.into_iter().zip(said.parts).enumerate();
            let parts = parts.map(|(at, (new, old))| if at < earlier.len() { new } else { old }).collect();
            Became::Says { content: Content { parts, options: said.options }, instead_of: None }
        }
    };
    tell(app, scope, &live, act, &detail, became).await?;
    outcome.map_err(|failure| channels::failed(&failure))?;
    super::get(app, scope, id).await
}

/// The caller's rights, looked at once more before the platform is asked. What the platform then did is stored whatever became
/// of them meanwhile, and whether or not the client is still there.
async fn still_may(app: &App) -> Result<(), Fault> {
    app.write(async |_| Ok(())).await
}

async fn replace_remote(app: &App, part: &Attempt, sent: &Sent) -> Result<(), Fault> {
    let (id, remote) = (part.id, sent.remote.clone());
    app.db.unguarded().write(async move |tx| store::replace_remote(tx, id, &remote).await).await?;
    Ok(())
}

/// What an act at the platform made of a publication.
#[derive(Debug, Clone)]
enum Became {
    /// This is live; its variant says it from now on where it said something else.
    Says { content: Content, instead_of: Option<Content> },
    /// So many of its parts are gone, the last ones first.
    PartsGone(u32),
    /// All of it is gone.
    Deleted,
}

/// Stores what came of an act at the platform, and tells it. An act that was refused is told as refused.
async fn tell(
    app: &App,
    scope: &Scope,
    live: &Live,
    act: &'static str,
    detail: &Text,
    became: Became,
) -> Result<(), Fault> {
    let (scope, p, now) = (scope.clone(), live.publication.clone(), app.clock.now());
    let line = Line {
        at: now,
        act: act.to_owned(),
        actor: scope.actor().to_string(),
        detail: Some(detail.clone()),
        exchanges: live.calling.http.take_exchanges(),
    };
    app.db
        .unguarded()
        .write(async move |tx| {
            let (mut state, act) = (p.life.state, line.act.as_str());
            let (deletes, done) = (act.starts_with("delete"), matches!(act, "deleted_there" | "changed_there"));
            match &became {
                Became::Deleted => {
                    let Some(to) = deleted(tx, &p, line.detail.clone(), now).await? else { return Ok(()) };
                    state = to;
                }
                Became::PartsGone(gone) => store::proven::parts_gone(tx, p.id, *gone).await?,
                Became::Says { content, instead_of } => {
                    if let Some(seen) = instead_of
                        && posts::says_from_now_on(tx, &p, (seen, content), now).await?
                    {
                        others_say(tx, &p, content, &line.actor).await?;
                    }
                    let said = store::proven::said_by_variant(tx, &p).await?;
                    let said: Option<Content> = said.as_deref().map(store::parse).transpose()?;
                    let differs = said.as_ref() != Some(content);
                    store::proven::says_live(tx, p.id, differs.then(|| store::json(content)).as_deref()).await?;
                    if done {
                        let detail = line.detail.clone().unwrap_or_else(|| Text::verbatim(""));
                        store::remark(tx, p.id, act, &detail).await?;
                    }
                }
            }
            store::tell(tx, p.id, p.workspace, &line).await?;
            let name = if deletes { "publication.deleted_there" } else { "publication.changed_there" };
            let noted = audit::Act::new(name, p.id).with(super::about(&p));
            audit::record(tx, &scope, now, if done { noted } else { noted.refused() }).await?;
            let mut data = super::news(&p, state);
            data["done"] = done.into();
            events::emit(tx, p.workspace, name, &p.id.to_string(), data, now).await?;
            Ok(())
        })
        .await
}

/// What waits to say the same at another time, such as the next occurrence, says what was changed.
async fn others_say(tx: &mut Tx, p: &Publication, content: &Content, by: &str) -> Result<(), db::Error> {
    let parts = u32::try_from(content.parts.len()).unwrap_or(u32::MAX);
    for other in store::of_posts(tx, p.workspace, &[p.post]).await? {
        if other.variant == p.variant && other.life.part == 0 && other.life.state.is_open() {
            store::touch(tx, &other, parts, by).await?;
        }
    }
    Ok(())
}

/// What was live is gone. `None`: someone else deleted it at the same time and has told it.
async fn deleted(
    tx: &mut Tx,
    p: &Publication,
    detail: Option<Text>,
    now: Timestamp,
) -> Result<Option<State>, db::Error> {
    let Ok(to) = step(p.life, Event::DeletedThere) else { return Ok(None) };
    let reason = Some("deleted_there".to_owned());
    let standing = Standing { from: p.life, to, wake_at: None, reason, detail, url: None, now };
    Ok(store::stand(tx, p.id, p.revision, &standing).await?.then_some(to.state))
}

/// An edit is carried out while a person waits: what it uploads is not worth a journal.
#[derive(Default)]
struct InMemory(std::sync::Mutex<std::collections::BTreeMap<String, serde_json::Value>>);

impl InMemory {
    fn known(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, serde_json::Value>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl Handles for InMemory {
    fn get(&self, name: &str) -> Option<serde_json::Value> {
        self.known().get(name).cloned()
    }
    async fn put(&self, name: &str, value: serde_json::Value) -> Result<(), Failure> {
        self.known().insert(name.to_owned(), value);
        Ok(())
    }
    async fn forget(&self, name: &str) -> Result<(), Failure> {
        self.known().remove(name);
        Ok(())
    }
}
