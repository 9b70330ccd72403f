//! Posts: what an author made, its variants for each channel, and when they are to go out.
//!
//! A post's own state is never stored: it follows from its publications. Left out: carrying anything out (`publishing`).

mod content;
mod finding;
pub mod http;
mod reading;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use base::{
    Code, Page, Problem, Scope, Timestamp,
    ids::{ChannelId, PostId, PublicationId, SeriesId, VariantId, WorkspaceId},
};
use connector::{Issue, Severity};
use db::Tx;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use content::{Content, MediaRef, PartContent};
pub use finding::{Counts, Wanted, counts, find};
pub use reading::{Read, Texts, read};
pub use store::{Post, Variant, uses_media};

use crate::{
    App, audit,
    channels::{self, Channel},
    events,
    fault::Fault,
    http::idempotency,
    publishing::{self, NewPublication, Publication, Repeat, Rule, State, times},
};

/// The most channels of one post.
pub const CHANNELS_MAX: usize = 100;
/// Occurrences of a recurring post that are laid out at once.
const OCCURRENCES_AHEAD: usize = 500;

/// When something is to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// At an instant.
    At(Timestamp),
    /// At a local time in a zone.
    Local {
        /// The local time.
        local: DateTime,
        /// The zone's IANA name.
        zone: String,
    },
    /// In the next free queue slot of the channel.
    NextSlot,
}

/// What goes to one channel.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The channel.
    pub channel: Option<ChannelId>,
    /// Parts of its own, instead of the post's.
    pub parts: Option<Vec<PartContent>>,
    /// The platform's options.
    pub options: Value,
    /// A time of its own.
    pub when: Option<When>,
}

/// A post to be made.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// What it says.
    pub parts: Vec<PartContent>,
    /// Where it goes.
    pub targets: Vec<Target>,
    /// When; `None` is a draft.
    pub when: Option<When>,
    /// How it recurs.
    pub repeat: Option<Repeat>,
}

/// A post with all that belongs to it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The post.
    pub post: Post,
    /// Its forms.
    pub variants: Vec<Variant>,
    /// Their publications.
    pub publications: Vec<Publication>,
}

/// What a post's publications make of it. Derived, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// Nothing is scheduled.
    Draft,
    /// It waits for its time.
    Scheduled,
    /// Some of it is on its way.
    Publishing,
    /// All of it is live.
    Published,
    /// Some of it is live, and nothing more will happen by itself.
    PartlyPublished,
    /// A person has to do something.
    NeedsYou,
    /// None of it could be published.
    Failed,
    /// It was called off.
    Cancelled,
}

impl PostState {
    /// What publications, each with its state and the part it is at, make of their post.
    pub fn of(lives: &[(State, u32)]) -> Self {
        let any = |states: &[State]| lives.iter().any(|(state, _)| states.contains(state));
        let all = |wanted: State| lives.iter().all(|(state, _)| *state == wanted);
        if lives.is_empty() {
            Self::Draft
        } else if any(&[State::NeedsEyes, State::Missed, State::Parked]) {
            Self::NeedsYou
        } else if any(&[State::Armed, State::Processing, State::Unknown]) {
            Self::Publishing
        } else if any(&[State::Scheduled]) {
            Self::Scheduled
        } else if all(State::Published) {
            Self::Published
        } else if lives.iter().any(|(state, part)| *state == State::Published || *part > 0) {
            Self::PartlyPublished
        } else if all(State::Cancelled) {
            Self::Cancelled
        } else {
            Self::Failed
        }
    }
}

impl Whole {
    /// The post's state.
    pub fn state(&self) -> PostState {
        let lives: Vec<_> = self.publications.iter().map(|p| (p.life.state, p.life.part)).collect();
        PostState::of(&lives)
    }

    /// What of it is within reach: a key that is limited to some channels finds neither what is on the others, nor posts
    /// that go to others alone (S-23). A draft that goes nowhere yet is everybody's.
    fn within(mut self, scope: &Scope) -> Option<Self> {
        let goes_nowhere = self.variants.is_empty();
        self.variants.retain(|variant| scope.reaches(variant.channel));
        self.publications.retain(|publication| scope.reaches(publication.channel));
        (goes_nowhere || !self.variants.is_empty()).then_some(self)
    }
}

/// What a channel says about a post before anything is sent.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The channel.
    pub channel: Channel,
    /// What it cannot take, and what may surprise.
    pub issues: Vec<Issue>,
    /// The length of each part's text, in the platform's unit.
    pub lengths: Vec<u32>,
}

/// What would each channel say? Nothing is stored or sent.
///
/// # Errors
/// Wrong fields, an unknown channel; those of the database.
pub async fn validate(app: &App, scope: &Scope, new: &NewPost) -> Result<Vec<Verdict>, Fault> {
    let targets = resolve_targets(app, scope, new).await?;
    let mut verdicts = Vec::with_capacity(targets.len());
    for (channel, content, _) in targets {
        verdicts.push(judge(app, scope, channel, &content).await?);
    }
    Ok(verdicts)
}

type Resolved = (Channel, Content, Target);

/// Channels and what each will say. Refuses what is wrong whatever the platform.
async fn resolve_targets(app: &App, scope: &Scope, new: &NewPost) -> Result<Vec<Resolved>, Fault> {
    if new.targets.len() > CHANNELS_MAX {
        return Err(Problem::field(
            "/channels",
            format!("at most {CHANNELS_MAX} channels; there are {}", new.targets.len()),
        )
        .into());
    }
    let wanted: Vec<ChannelId> = new.targets.iter().filter_map(|target| target.channel).collect();
    if wanted.iter().collect::<BTreeSet<_>>().len() != wanted.len() {
        return Err(Problem::field("/channels", "a channel is given twice").into());
    }
    let workspace = scope.workspace();
    let found = app
        .db
        .read(move |tx| {
            let wanted = wanted.clone();
            Box::pin(async move {
                let mut found = BTreeMap::new();
                for id in wanted {
                    if let Some(channel) = channels::in_tx(tx, workspace, id).await? {
                        found.insert(id, channel);
                    }
                }
                Ok::<_, db::Error>(found)
            })
        })
        .await?;
    let mut resolved = Vec::with_capacity(new.targets.len());
    for (place, target) in new.targets.iter().enumerate() {
        let reached = target.channel.filter(|id| scope.reaches(*id));
        let channel = reached.and_then(|id| found.get(&id)).ok_or_else(|| {
            Problem::field(
                format!("/channels/{place}/channel"),
                "there is no such channel in this workspace; GET /v1/channels lists them",
            )
        })?;
        let content = Content {
            parts: target.parts.clone().unwrap_or_else(|| new.parts.clone()),
            options: target.options.clone(),
        };
        let pointer = if target.parts.is_some() { format!("/channels/{place}") } else { String::new() };
        content.validate(&pointer)?;
        resolved.push((channel.clone(), content, target.clone()));
    }
    if new.targets.is_empty() {
        Content { parts: new.parts.clone(), options: Value::Null }.validate("")?;
    }
    Ok(resolved)
}

async fn judge(app: &App, scope: &Scope, channel: Channel, content: &Content) -> Result<Verdict, Fault> {
    let connector = app.connectors.get(&channel.platform);
    let Some(publish) = connector.and_then(|connector| connector.publish()) else {
        let issue =
            Issue::error("platform_missing", "", "This installation cannot publish to that platform.", "Fanfare");
        return Ok(Verdict { channel, issues: vec![issue], lengths: Vec::new() });
    };
    let limits = publish.limits(&channel.facts);
    let words = content.words();
    let lengths = (0..words.parts.len()).map(|part| publish.read(&words, part, &channel.facts).length).collect();
    let issues = match content.to_draft(app, scope.workspace(), &limits).await {
        Ok(draft) => publish.check(&draft, &channel.facts),
        Err(Fault::Problem(problem)) => vec![Issue::error(problem.code.slug(), "/parts", problem.detail, "Fanfare")],
        Err(fault) => return Err(fault),
    };
    Ok(Verdict { channel, issues, lengths })
}

fn refuse(verdicts: &[Verdict]) -> Result<(), Problem> {
    let issues: Vec<Value> = verdicts
        .iter()
        .flat_map(|verdict| {
            verdict.issues.iter().filter(|issue| issue.severity == Severity::Error).map(|issue| {
                let mut shown = serde_json::to_value(issue).unwrap_or_default();
                shown["channel"] = serde_json::json!(verdict.channel.id);
                shown["channel_name"] = verdict.channel.name.clone().into();
                shown
            })
        })
        .collect();
    if issues.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = verdicts
        .iter()
        .filter(|verdict| verdict.issues.iter().any(|issue| issue.severity == Severity::Error))
        .map(|verdict| verdict.channel.name.as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let detail = format!("{} cannot take this post as it is: {}", names.join(", "), first_detail(verdicts));
    Err(Problem::new(Code::PostRefused, detail).with("issues", issues))
}

fn first_detail(verdicts: &[Verdict]) -> String {
    let mut errors = verdicts.iter().flat_map(|v| &v.issues).filter(|issue| issue.severity == Severity::Error);
    errors.next().map(|issue| issue.detail.clone()).unwrap_or_default()
}

/// Makes a post: the post, its variants and its publications, all or nothing. What a channel cannot take is refused here,
/// before anything is stored or sent.
///
/// # Errors
/// Wrong fields; a channel that cannot take it; a time that has passed or does not exist; those of the database.
pub async fn create(app: &App, scope: &Scope, new: NewPost) -> Result<Whole, Fault> {
    let targets = resolve_targets(app, scope, &new).await?;
    let scheduling = new.when.is_some() || targets.iter().any(|(_, _, target)| target.when.is_some());
    if scheduling {
        if targets.is_empty() {
            return Err(Problem::field(
                "/channels",
                "name at least one channel, or leave the schedule out to keep a draft",
            )
            .into());
        }
        let mut verdicts = Vec::with_capacity(targets.len());
        for (channel, content, _) in &targets {
            verdicts.push(judge(app, scope, channel.clone(), content).await?);
        }
        refuse(&verdicts)?;
    }
    let now = app.clock.now();
    let post = Post {
        id: PostId::new(now, &*app.random),
        revision: 1,
        body: Content { parts: new.parts.clone(), options: Value::Null },
        made_by: scope.actor().to_string(),
        made_at: now,
        changed_at: now,
    };
    let variants: Vec<(Channel, Variant, Option<When>)> = targets
        .into_iter()
        .map(|(channel, content, target)| {
            let variant = Variant {
                id: VariantId::new(now, &*app.random),
                post: post.id,
                channel: channel.id,
                content,
                own: target.parts.is_some(),
            };
            (channel, variant, target.when.or_else(|| new.when.clone()))
        })
        .collect();
    let (app2, scope, repeat, claim) = (app.clone(), scope.clone(), new.repeat, idempotency::claim());
    app.db
        .write(move |tx| {
            let claim = claim.clone();
            let (app, scope, post, variants, repeat) =
                (app2.clone(), scope.clone(), post.clone(), variants.clone(), repeat.clone());
            Box::pin(async move {
                let workspace = scope.workspace();
                store::insert(tx, workspace, &post, scheduling).await?;
                let mut publications = Vec::new();
                for (channel, variant, when) in &variants {
                    store::put_variant(tx, workspace, variant).await?;
                    if let Some(when) = when {
                        lay_out(tx, &app, &scope, channel, variant, when, repeat.as_ref(), now, &mut publications)
                            .await?;
                    }
                }
                audit::record(tx, &scope, now, audit::Act::new("post.created", post.id)).await?;
                let data = serde_json::json!({ "publications": publications.len() });
                events::emit(tx, workspace, "post.created", &post.id.to_string(), data, now).await?;
                claim.effected(tx, StatusCode::CREATED, &format!("/v1/posts/{}", post.id)).await?;
                let stored = made(&publications);
                Ok::<_, Fault>(Whole {
                    post,
                    variants: variants.into_iter().map(|(_, variant, _)| variant).collect(),
                    publications: stored,
                })
            })
        })
        .await
}

/// What was just stored, without reading it back.
fn made(new: &[NewPublication]) -> Vec<Publication> {
    new.iter()
        .map(|n| {
            let (local_time, zone) = n.local.clone().unzip();
            Publication {
                id: n.id,
                workspace: n.workspace,
                post: n.post,
                variant: n.variant,
                channel: n.channel,
                series: n.series,
                due_at: n.due_at,
                local_time,
                zone,
                wake_at: Some(n.due_at),
                life: publishing::Life {
                    state: State::Scheduled,
                    part: 0,
                    parts: n.parts,
                    tries: 0,
                    doubts: 0,
                    looks: 0,
                    round: 0,
                },
                reason: None,
                detail: None,
                crashes: 0,
                look_crashes: 0,
                revision: 1,
                authorised_by: n.authorised_by.clone(),
                url: None,
                published_at: None,
                made_at: n.now,
            }
        })
        .collect()
}

/// Stores the publications of one variant: one, or one for each occurrence.
#[expect(clippy::too_many_arguments, reason = "the context of one transaction, used in two places")]
async fn lay_out(
    tx: &mut Tx,
    app: &App,
    scope: &Scope,
    channel: &Channel,
    variant: &Variant,
    when: &When,
    repeat: Option<&Repeat>,
    now: Timestamp,
    into: &mut Vec<NewPublication>,
) -> Result<(), Fault> {
    let (due_at, local) = instant(tx, channel, when, now).await?;
    let parts = u32::try_from(variant.content.parts.len()).unwrap_or(u32::MAX);
    let one = |due_at, local, series| NewPublication {
        id: PublicationId::new(now, &*app.random),
        workspace: scope.workspace(),
        post: variant.post,
        variant: variant.id,
        channel: channel.id,
        series,
        due_at,
        local,
        parts,
        authorised_by: scope.actor().to_string(),
        now,
    };
    let first = into.len();
    match repeat {
        None => into.push(one(due_at, local, None)),
        Some(repeat) => {
            let (local, zone_name) = local.ok_or_else(|| {
                Problem::field(
                    "/schedule",
                    "a recurring post needs a local time and a zone, so that it keeps its hour all year",
                )
            })?;
            let zone = times::zone(&zone_name)?;
            let rule = Rule::new(times::local(&local)?, repeat.clone())?;
            let series = SeriesId::new(now, &*app.random);
            let stored = serde_json::json!({ "first": local, "zone": zone_name, "repeat": repeat }).to_string();
            let mut last = due_at;
            for occurrence in rule.occurrences(&zone).take(OCCURRENCES_AHEAD) {
                last = occurrence.at;
                into.push(one(occurrence.at, Some((occurrence.local.to_string(), zone_name.clone())), Some(series)));
            }
            publishing::insert_series(
                tx,
                series,
                scope.workspace(),
                variant.post,
                &stored,
                last,
                &scope.actor().to_string(),
            )
            .await?;
        }
    }
    for publication in &into[first..] {
        publishing::schedule(tx, publication).await?;
    }
    Ok(())
}

/// The instant, and the local time and zone where there is one.
async fn instant(
    tx: &mut Tx,
    channel: &Channel,
    when: &When,
    now: Timestamp,
) -> Result<(Timestamp, Option<(String, String)>), Fault> {
    let future = |at: Timestamp| {
        if at > now {
            return Ok(at);
        }
        Err(Problem::new(
            Code::TimePassed,
            format!("{at} has passed; it is {now} now. Choose a later time, or publish now."),
        ))
    };
    Ok(match when {
        When::Now => (now, None),
        When::At(at) => (future(*at)?, None),
        When::Local { local, zone } => {
            (future(times::resolve_exactly(*local, zone)?)?, Some((local.to_string(), zone.clone())))
        }
        When::NextSlot => {
            let (place, zone) = channels::next_slot(tx, channel, now).await?;
            (place.at, Some((place.local.to_string(), zone)))
        }
    })
}

/// One post with all that belongs to it.
///
/// # Errors
/// Not found; those of the database.
pub async fn get(app: &App, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let scope = scope.clone();
    app.db
        .read(move |tx| {
            let scope = scope.clone();
            Box::pin(async move { whole(tx, &scope, id).await })
        })
        .await
}

async fn whole(tx: &mut Tx, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let found = everything_of(tx, scope.workspace(), id).await?;
    found.and_then(|whole| whole.within(scope)).ok_or_else(|| Problem::not_found("post").into())
}

async fn everything_of(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Option<Whole>, db::Error> {
    let Some(post) = store::get(tx, workspace, id).await? else { return Ok(None) };
    let variants = store::variants(tx, workspace, &[id]).await?;
    let publications = publishing::of_posts(tx, workspace, &[id]).await?;
    Ok(Some(Whole { post, variants, publications }))
}

/// What is common to all channels of a post is changed by those who reach them all (S-23).
async fn of_all_channels(tx: &mut Tx, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let all = everything_of(tx, scope.workspace(), id).await?.ok_or_else(|| Problem::not_found("post"))?;
    let variants = all.variants.len();
    let seen = all.within(scope).ok_or_else(|| Problem::not_found("post"))?;
    if seen.variants.len() == variants {
        return Ok(seen);
    }
    let detail = "The post also goes to channels that this key does not reach. Change what it says on your own channels \
                  with `channels`, cancel its publications there, or use a key that reaches them all.";
    Err(Problem::new(Code::Forbidden, detail).into())
}

/// A page of posts, newest first.
///
/// # Errors
/// Those of the database.
pub async fn page(app: &App, scope: &Scope, before: Option<PostId>, limit: u32) -> Result<Page<Whole>, Fault> {
    let workspace = scope.workspace();
    let read = app.read(move |tx| {
        Box::pin(async move {
            let mut posts = store::page(tx, workspace, before, limit + 1).await?;
            let more = posts.len() > limit as usize;
            posts.truncate(limit as usize);
            Ok((wholes(tx, workspace, posts).await?, more))
        })
    });
    let (items, more): (Vec<Whole>, bool) = read.await?;
    let last = items.last().filter(|_| more);
    let next_cursor = last.map(|whole| base::Cursor(vec![whole.post.id.to_string()]).encode());
    Ok(Page { items, next_cursor })
}

/// Posts with all that belongs to them, in the same order.
async fn wholes(tx: &mut Tx, workspace: WorkspaceId, posts: Vec<Post>) -> Result<Vec<Whole>, db::Error> {
    let ids: Vec<PostId> = posts.iter().map(|post| post.id).collect();
    let mut by_post: BTreeMap<PostId, (Vec<Variant>, Vec<Publication>)> = BTreeMap::new();
    for variant in store::variants(tx, workspace, &ids).await? {
        by_post.entry(variant.post).or_default().0.push(variant);
    }
    for publication in publishing::of_posts(tx, workspace, &ids).await? {
        by_post.entry(publication.post).or_default().1.push(publication);
    }
    let whole = |post: Post| {
        let (variants, publications) = by_post.remove(&post.id).unwrap_or_default();
        Whole { post, variants, publications }
    };
    Ok(posts.into_iter().map(whole).collect())
}

/// A change to a post: new parts, and options by channel.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// New parts for every variant without its own.
    pub parts: Option<Vec<PartContent>>,
    /// What single variants say now; `None` parts let the variant follow the post again.
    pub variants: Vec<Target>,
}

/// Changes what a post says, if it still has this revision and nothing of it is on its way.
///
/// # Errors
/// A stale revision; too late; a channel that cannot take it; those of the database.
pub async fn edit(app: &App, scope: &Scope, id: PostId, revision: i64, change: Change) -> Result<Whole, Fault> {
    let before = get(app, scope, id).await?;
    stale(before.post.revision, revision)?;
    let changes_all = change.parts.is_some();
    let parts = change.parts.unwrap_or_else(|| before.post.body.parts.clone());
    let body = Content { parts, options: Value::Null };
    body.validate("")?;
    let mut variants = before.variants.clone();
    for variant in &mut variants {
        let own = change.variants.iter().find(|target| target.channel == Some(variant.channel));
        if let Some(target) = own {
            variant.own = target.parts.is_some();
            variant.content.options = target.options.clone();
            if let Some(parts) = &target.parts {
                variant.content.parts = parts.clone();
            }
        }
        if !variant.own {
            variant.content.parts = body.parts.clone();
        }
        variant.content.validate("")?;
    }
    for target in &change.variants {
        if !variants.iter().any(|variant| Some(variant.channel) == target.channel) {
            return Err(Problem::field("/channels", "the post does not go to one of these channels").into());
        }
    }
    let mut verdicts = Vec::new();
    for variant in &variants {
        let scheduled = before.publications.iter().any(|p| p.variant == variant.id && p.life.state == State::Scheduled);
        if scheduled {
            let channel = channels::get(app, scope, variant.channel).await?;
            verdicts.push(judge(app, scope, channel, &variant.content).await?);
        }
    }
    refuse(&verdicts)?;
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let (scope, body, variants) = (scope.clone(), body.clone(), variants.clone());
            Box::pin(async move {
                let workspace = scope.workspace();
                store::hold(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
                if changes_all {
                    of_all_channels(tx, &scope, id).await?;
                }
                if !store::update(tx, workspace, id, revision, &body, now).await? {
                    let current = store::get(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
                    stale(current.revision, revision)?;
                }
                let publications = publishing::of_post(tx, workspace, id).await?;
                let mut changed = Vec::new();
                for variant in &variants {
                    store::put_variant(tx, workspace, variant).await?;
                    let parts = u32::try_from(variant.content.parts.len()).unwrap_or(u32::MAX);
                    changed.extend(publications.iter().filter(|p| p.variant == variant.id).map(|p| (p.clone(), parts)));
                }
                publishing::content_changed(tx, &changed).await?;
                audit::record(tx, &scope, now, audit::Act::new("post.changed", id)).await?;
                events::emit(tx, workspace, "post.changed", &id.to_string(), serde_json::json!({}), now).await?;
                whole(tx, &scope, id).await
            })
        })
        .await
}

fn stale(now: i64, given: i64) -> Result<(), Problem> {
    if now == given {
        return Ok(());
    }
    Err(Problem::new(
        Code::StaleRevision,
        format!("The post is at revision {now}; your change was made to revision {given}."),
    ))
}

/// Schedules a draft, or gives what is scheduled on some channels another time.
///
/// # Errors
/// Too late; a channel that cannot take it; those of the database.
pub async fn schedule(
    app: &App,
    scope: &Scope,
    id: PostId,
    revision: i64,
    when: When,
    only: Option<ChannelId>,
) -> Result<Whole, Fault> {
    let before = get(app, scope, id).await?;
    stale(before.post.revision, revision)?;
    let mut todo = Vec::new();
    let mut verdicts = Vec::new();
    for variant in before.variants.iter().filter(|variant| only.is_none_or(|channel| channel == variant.channel)) {
        let channel = channels::get(app, scope, variant.channel).await?;
        verdicts.push(judge(app, scope, channel.clone(), &variant.content).await?);
        todo.push((channel, variant.clone()));
    }
    if todo.is_empty() {
        return Err(Problem::field("/channel", "the post goes to no such channel; add channels first").into());
    }
    refuse(&verdicts)?;
    let (app2, scope, now, claim) = (app.clone(), scope.clone(), app.clock.now(), idempotency::claim());
    app.db
        .write(move |tx| {
            let claim = claim.clone();
            let (app, scope, todo, when) = (app2.clone(), scope.clone(), todo.clone(), when.clone());
            Box::pin(async move {
                let workspace = scope.workspace();
                let held = store::hold(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
                // What was judged is what is scheduled: not one revision earlier, not one later.
                stale(held.revision, revision)?;
                let there = publishing::of_post(tx, workspace, id).await?;
                let mut new = Vec::new();
                for (channel, variant) in &todo {
                    let open: Vec<&Publication> = there
                        .iter()
                        .filter(|p| {
                            p.variant == variant.id && !matches!(p.life.state, State::Cancelled | State::Published)
                        })
                        .collect();
                    if open.iter().any(|p| p.series.is_some()) {
                        let detail = "This post recurs; cancel the occurrences that you do not want, and make a new post for other times.";
                        return Err(Problem::new(Code::Conflict, detail).into());
                    }
                    if open.is_empty() {
                        lay_out(tx, &app, &scope, channel, variant, &when, None, now, &mut new).await?;
                    }
                    for p in open {
                        let (due_at, local) = instant(tx, channel, &when, now).await?;
                        publishing::decide_in(tx, &scope, p.id, &publishing::Decision::Move { due_at, local }, now)
                            .await?;
                    }
                }
                if !new.is_empty() {
                    store::laid_out(tx, workspace, id, now).await?;
                    let data = serde_json::json!({ "publications": new.len() });
                    events::emit(tx, workspace, "post.scheduled", &id.to_string(), data, now).await?;
                }
                audit::record(tx, &scope, now, audit::Act::new("post.scheduled", id)).await?;
                claim.effected(tx, StatusCode::OK, &format!("/v1/posts/{id}")).await?;
                whole(tx, &scope, id).await
            })
        })
        .await
}

/// Ends a post: what is scheduled is called off. What is live stays live.
///
/// # Errors
/// Too late, if something is on its way; those of the database.
pub async fn delete(app: &App, scope: &Scope, id: PostId) -> Result<(), Fault> {
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(move |tx| {
            let scope = scope.clone();
            Box::pin(async move {
                let workspace = scope.workspace();
                store::hold(tx, workspace, id).await?;
                let found = of_all_channels(tx, &scope, id).await?;
                for p in &found.publications {
                    if !matches!(p.life.state, State::Published | State::Cancelled) {
                        let decision = if p.life.state == State::NeedsEyes {
                            publishing::Decision::Drop
                        } else {
                            publishing::Decision::Cancel
                        };
                        publishing::decide_in(tx, &scope, p.id, &decision, now).await?;
                    }
                }
                store::end(tx, workspace, id, now).await?;
                audit::record(tx, &scope, now, audit::Act::new("post.deleted", id)).await?;
                events::emit(tx, workspace, "post.deleted", &id.to_string(), serde_json::json!({}), now).await?;
                Ok(())
            })
        })
        .await
}
