//! Changing posts: what they say, the channels they go to and their times there; and deleting them.

use std::{collections::BTreeSet, time::Duration};

use axum::http::StatusCode;
use base::{
    Code, Permission, Problem, Scope, Timestamp,
    ids::{ChannelId, PostId, VariantId},
    say,
};
use db::Tx;

use super::{
    CHANNELS_MAX, Content, PartContent, Planned, Target, Variant, When, Whole,
    judging::{judge, refuse},
    making,
    scheduling::set_times,
    store,
    wholes::{everything_of, get, of_all_channels, stale, whole},
};
use crate::{
    App, audit,
    channels::{self, Channel},
    events,
    fault::Fault,
    publishing::{self, Decision, Publication, State},
    request,
};

/// A change to a post.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// New parts for every variant without its own.
    pub parts: Option<Vec<PartContent>>,
    /// What single variants say now; `None` parts let the variant follow the post again. A channel that the post did not go
    /// to is added.
    pub variants: Vec<Target>,
    /// Channels that it no longer goes to.
    pub remove: Vec<ChannelId>,
    /// When its author means a draft to be published; `Some(None)` is no time any more.
    pub planned: Option<Option<When>>,
}

/// What a change comes to.
#[derive(Debug, Clone, Default)]
struct Plan {
    body: Option<Content>,
    /// Variants that say something else, or are new.
    put: Vec<Variant>,
    remove: Vec<Variant>,
    times: Vec<(Channel, Variant, When)>,
    planned: Option<Option<Planned>>,
}

impl Plan {
    /// Whether it changes what the post says or where it goes, and not just its times.
    fn changes_content(&self) -> bool {
        self.body.is_some() || !self.put.is_empty() || !self.remove.is_empty() || self.planned.is_some()
    }
}

/// Changes what a post says and where it goes, if it still has this revision and nothing of that is on its way.
///
/// # Errors
/// A stale revision; too late; scheduled, and not by someone who may only write; a channel that cannot take it; those of
/// the database.
pub async fn edit(app: &App, scope: &Scope, id: PostId, revision: i64, change: Change) -> Result<Whole, Fault> {
    let before = get(app, scope, id).await?;
    stale(before.post.revision, revision)?;
    let plan = plan(app, scope, &before, change).await?;
    let (app2, scope, now) = (app.clone(), scope.clone(), app.clock.now());
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            store::hold(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
            let held = everything_of(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
            stale(held.post.revision, revision)?;
            if plan.body.is_some() || plan.planned.is_some() {
                of_all_channels(tx, &scope, id).await?;
            }
            may_change(&scope, &held, &plan)?;
            let mut times = plan.times.clone();
            if plan.changes_content() {
                carry_out(tx, &scope, &held, &plan, &mut times, now).await?;
                audit::record(tx, &scope, now, audit::Act::new("post.changed", id)).await?;
                events::emit(tx, workspace, "post.changed", &id.to_string(), serde_json::json!({}), now).await?;
            }
            if !times.is_empty() {
                // Read again: what was edited has another revision now.
                let held = everything_of(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
                if set_times(tx, &app2, &scope, &held, &times, None, false, now).await? > 0 {
                    audit::record(tx, &scope, now, audit::Act::new("post.scheduled", id)).await?;
                }
            }
            whole(tx, &scope, id).await
        })
        .await
}

/// What is to be done, judged by the channels it concerns.
async fn plan(app: &App, scope: &Scope, before: &Whole, change: Change) -> Result<Plan, Fault> {
    let body = Content {
        parts: change.parts.unwrap_or_else(|| before.post.body.parts.clone()),
        options: before.post.body.options.clone(),
    };
    body.validate("")?;
    let named: Vec<ChannelId> =
        change.variants.iter().filter_map(|target| target.channel).chain(change.remove.iter().copied()).collect();
    if named.iter().collect::<BTreeSet<_>>().len() != named.len() {
        return Err(Problem::field("/channels", say!("a channel is given twice")).into());
    }
    let planned = change.planned.map(|when| when.as_ref().map(making::planned).transpose()).transpose()?;
    let planned = planned.filter(|planned| *planned != before.post.planned);
    let mut plan = Plan { body: (body != before.post.body).then(|| body.clone()), planned, ..Plan::default() };
    for id in &change.remove {
        let there = before.variants.iter().find(|variant| variant.channel == *id);
        let missing = || Problem::field("/remove_channels", say!("the post doesn't go to one of these channels"));
        plan.remove.push(there.ok_or_else(missing)?.clone());
    }
    let goes_to = before.variants.len() - plan.remove.len();
    let mut verdicts = Vec::new();
    let kept = before.variants.iter().filter(|variant| !change.remove.contains(&variant.channel)).cloned();
    let mut variants: Vec<Variant> = kept.collect();
    for target in &change.variants {
        let Some(channel) = target.channel else { continue };
        if !variants.iter().any(|variant| variant.channel == channel) {
            let id = VariantId::new(app.clock.now(), &*app.random);
            let content = Content::default();
            variants.push(Variant { id, post: before.post.id, channel, content, own: false });
        }
    }
    if variants.len() > CHANNELS_MAX {
        let detail = say!(
            "at most {channels_max} channels; there are {variants}",
            channels_max = CHANNELS_MAX,
            variants = variants.len()
        );
        return Err(Problem::field("/channels", detail).into());
    }
    for (place, mut variant) in variants.into_iter().enumerate() {
        let target = change.variants.iter().find(|target| target.channel == Some(variant.channel));
        let old = variant.clone();
        if let Some(target) = target {
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
        let is_changed = place >= goes_to || differs(&variant, &old);
        let when = target.and_then(|target| target.when.as_ref());
        let scheduled = before.publications.iter().any(|p| p.variant == variant.id && p.life.state == State::Scheduled);
        if is_changed && place >= goes_to || when.is_some() || (is_changed && scheduled) {
            let unknown = |fault| match fault {
                Fault::Problem(problem) if problem.code == Code::NotFound => Problem::field(
                    "/channels",
                    say!("there is no such channel in this workspace; GET /v1/channels lists them"),
                )
                .into(),
                fault => fault,
            };
            let channel = channels::get(app, scope, variant.channel).await.map_err(unknown)?;
            if when.is_some() || scheduled {
                verdicts.push(judge(app, scope, channel.clone(), &variant.content, when, None).await?);
            }
            plan.times.extend(when.map(|when| (channel, variant.clone(), when.clone())));
        }
        if is_changed {
            plan.put.push(variant);
        }
    }
    refuse(&verdicts)?;
    Ok(plan)
}

fn differs(new: &Variant, old: &Variant) -> bool {
    let options = |variant: &Variant| variant.content.options.as_object().filter(|map| !map.is_empty()).cloned();
    new.own != old.own || new.content.parts != old.content.parts || options(new) != options(old)
}

/// What is scheduled is published as someone who may publish has seen it; who may only write changes drafts.
fn may_change(scope: &Scope, held: &Whole, plan: &Plan) -> Result<(), Problem> {
    if scope.may(Permission::PostsPublish) {
        return Ok(());
    }
    if !plan.times.is_empty() {
        scope.require(Permission::PostsPublish)?;
    }
    let concerned = |p: &&Publication| plan.put.iter().chain(&plan.remove).any(|variant| variant.id == p.variant);
    let Some(open) = held.publications.iter().filter(concerned).find(|p| p.life.state.is_open()) else {
        return Ok(());
    };
    let detail = say!(
        "This post is scheduled, and you can write posts but not publish them. Nothing was changed: it will be published as scheduled. Ask someone who can publish to change it, or to unschedule it so that you can edit it."
    );
    let problem = Problem::new(Code::Forbidden, detail).with("permission", Permission::PostsPublish);
    Err(problem.with("state", open.life.state))
}

/// Stores what the post says now and where it goes; `times` follow the variants that are brought back.
async fn carry_out(
    tx: &mut Tx,
    scope: &Scope,
    held: &Whole,
    plan: &Plan,
    times: &mut [(Channel, Variant, When)],
    now: Timestamp,
) -> Result<(), Fault> {
    let (id, workspace) = (held.post.id, scope.workspace());
    store::update(tx, workspace, id, plan.body.as_ref().unwrap_or(&held.post.body), now).await?;
    if let Some(planned) = &plan.planned {
        store::plan(tx, workspace, id, planned.as_ref()).await?;
    }
    let mut changed = Vec::new();
    for variant in &plan.put {
        let mut variant = variant.clone();
        // A channel that it went to before gets its form back, and with it what became of it there.
        if let Some(earlier) = store::removed_variant(tx, workspace, id, variant.channel).await? {
            variant.id = earlier;
            times
                .iter_mut()
                .filter(|(_, one, _)| one.channel == variant.channel)
                .for_each(|(_, one, _)| one.id = earlier);
        }
        if let Some(old) = held.variants.iter().find(|old| old.id == variant.id) {
            publishing::keep_live(tx, old.id, &old.content, &variant.content).await?;
        }
        store::put_variant(tx, workspace, &variant).await?;
        let parts = u32::try_from(variant.content.parts.len()).unwrap_or(u32::MAX);
        changed.extend(held.publications.iter().filter(|p| p.variant == variant.id).map(|p| (p.clone(), parts)));
    }
    publishing::content_changed(tx, scope, &changed).await?;
    for variant in &plan.remove {
        take_off(tx, scope, held, variant, now).await?;
    }
    if !plan.remove.is_empty() {
        store::not_laid_out(tx, workspace, id).await?;
    }
    Ok(())
}

/// Takes a post off a channel: what is scheduled there is unscheduled. What is live there has to be deleted there first, so
/// that no one loses sight of it.
async fn take_off(tx: &mut Tx, scope: &Scope, held: &Whole, variant: &Variant, now: Timestamp) -> Result<(), Fault> {
    for p in held.publications.iter().filter(|p| p.variant == variant.id) {
        if publishing::may_be_live(tx, p).await? {
            let name = channels::in_tx(tx, scope.workspace(), p.channel).await?.map(|channel| channel.name);
            let detail = say!(
                "This post is live on {name}, or may be, so it can't be taken off this channel. Nothing was changed. Delete it at the platform first.",
                name = name.as_deref().unwrap_or("a channel")
            );
            return Err(Problem::new(Code::TooLate, detail).with("state", p.life.state).into());
        }
        if p.life.state.is_open() {
            publishing::decide_in(tx, scope, p.id, &Decision::Cancel, now).await?;
        }
    }
    Ok(store::remove_variant(tx, scope.workspace(), variant.id, now).await?)
}

/// For how long a deleted post can be restored.
const RESTORED_WITHIN: Duration = Duration::from_secs(24 * 3_600);
/// Why what was scheduled was unscheduled, when its post was deleted.
const POST_DELETED: &str = "post_deleted";

/// Who may not publish deletes, and brings back, only drafts of their own that never went anywhere.
fn may_end(scope: &Scope, held: &Whole) -> Result<(), Problem> {
    let is_own_draft = held.post.made_by == scope.actor().to_string() && held.publications.is_empty();
    if is_own_draft { Ok(()) } else { scope.require(Permission::PostsPublish) }
}

/// Ends a post: what is scheduled is unscheduled. What is live stays live. It can be restored for a day; see [`restore`].
///
/// # Errors
/// Without the right; too late, if something is on its way; those of the database.
pub async fn delete(app: &App, scope: &Scope, id: PostId) -> Result<(), Fault> {
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            store::hold(tx, workspace, id).await?;
            let found = of_all_channels(tx, &scope, id).await?;
            may_end(&scope, &found)?;
            for p in found.publications.iter().filter(|p| p.life.state.is_open()) {
                let looked_at = p.life.state == State::NeedsEyes;
                let decision = if looked_at { Decision::Drop } else { Decision::Cancel };
                publishing::decide_in(tx, &scope, p.id, &decision, now).await?;
                publishing::remark(tx, p.id, POST_DELETED).await?;
            }
            store::end(tx, workspace, id, now).await?;
            audit::record(tx, &scope, now, audit::Act::new("post.deleted", id)).await?;
            events::emit(tx, workspace, "post.deleted", &id.to_string(), serde_json::json!({}), now).await?;
            Ok(())
        })
        .await
}

/// Brings a post back that was deleted within the last day. What was scheduled then is scheduled again, if its time is still to
/// come; what has missed its time meanwhile stays unscheduled.
///
/// # Errors
/// Not found, or deleted longer ago; without the right; those of the database.
pub async fn restore(app: &App, scope: &Scope, id: PostId) -> Result<Whole, Fault> {
    let (scope, now, claim) = (scope.clone(), app.clock.now(), request::claim());
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            if !store::restore(tx, workspace, id, now - RESTORED_WITHIN).await? {
                // Asked again: it is there already.
                return whole(tx, &scope, id).await;
            }
            let found = of_all_channels(tx, &scope, id).await?;
            may_end(&scope, &found)?;
            let called_off = |p: &&Publication| {
                p.life.state == State::Cancelled && p.reason.as_deref() == Some(POST_DELETED) && p.due_at > now
            };
            for p in found.publications.iter().filter(called_off) {
                if publishing::may_be_restored(tx, p, now).await?.is_ok() {
                    publishing::decide_in(tx, &scope, p.id, &Decision::Restore, now).await?;
                }
            }
            audit::record(tx, &scope, now, audit::Act::new("post.restored", id)).await?;
            events::emit(tx, workspace, "post.restored", &id.to_string(), serde_json::json!({}), now).await?;
            claim.effected(tx, StatusCode::OK, &format!("/v1/posts/{id}")).await?;
            whole(tx, &scope, id).await
        })
        .await
}

/// What a network took as an edit of what is live there is what the post says on that channel from now on, unless the post was
/// changed since `seen` was read: then its change stays. Whether the post says it now.
///
/// # Errors
/// Those of the database.
pub(crate) async fn says_from_now_on(
    tx: &mut Tx,
    p: &Publication,
    (seen, content): (&Content, &Content),
    now: Timestamp,
) -> Result<bool, db::Error> {
    if store::hold(tx, p.workspace, p.post).await?.is_none() {
        return Ok(false);
    }
    let Some(held) = everything_of(tx, p.workspace, p.post).await? else { return Ok(false) };
    let Some(old) = held.variants.iter().find(|variant| variant.id == p.variant) else { return Ok(false) };
    if old.content == *content || old.content != *seen {
        return Ok(false);
    }
    publishing::keep_live(tx, old.id, &old.content, content).await?;
    let own = old.own || content.parts != held.post.body.parts;
    store::put_variant(tx, p.workspace, &Variant { content: content.clone(), own, ..old.clone() }).await?;
    store::update(tx, p.workspace, p.post, &held.post.body, now).await?;
    Ok(true)
}
