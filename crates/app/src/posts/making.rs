//! Making posts.

use axum::http::StatusCode;
use base::{
    Problem, Scope,
    ids::{PostId, VariantId},
    say,
};
use serde_json::Value;

use super::{
    Content, NewPost, Planned, Post, Variant, When, Whole,
    judging::{judge, refuse, resolve_targets},
    scheduling::lay_out,
    store,
};
use crate::{
    App, audit,
    channels::Channel,
    events,
    fault::Fault,
    publishing::{self, NewPublication, Publication, State},
    request,
    schedule::times,
};

/// A draft's intended time as it is stored. It may have passed: nothing is published by it.
pub(super) fn planned(when: &When) -> Result<Planned, Problem> {
    match when {
        When::At(at) => Ok(Planned { at: *at, local: None }),
        When::Local { local, zone } => {
            let at = times::resolve(*local, &times::zone(zone)?);
            Ok(Planned { at, local: Some((local.to_string(), zone.clone())) })
        }
        When::Now | When::NextSlot => Err(Problem::field(
            "/planned",
            say!("give `at`, or `local` with `zone`: a draft's intended time is a time"),
        )),
    }
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
                say!("name at least one channel, or leave the schedule out to keep a draft"),
            )
            .into());
        }
        let mut verdicts = Vec::with_capacity(targets.len());
        for (channel, content, target) in &targets {
            let when = target.when.as_ref().or(new.when.as_ref());
            verdicts.push(judge(app, scope, channel.clone(), content, when, new.repeat.as_ref()).await?);
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
        planned: new.planned.as_ref().map(planned).transpose()?,
        review: None,
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
    let (app2, scope, repeat, claim) = (app.clone(), scope.clone(), new.repeat, request::claim());
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            store::insert(tx, workspace, &post, scheduling).await?;
            let mut publications = Vec::new();
            for (channel, variant, when) in &variants {
                store::put_variant(tx, workspace, variant).await?;
                if let Some(when) = when {
                    lay_out(tx, &app2, &scope, channel, variant, when, repeat.as_ref(), now, &mut publications).await?;
                }
            }
            audit::record(tx, &scope, now, audit::Act::new("post.created", post.id)).await?;
            let data = serde_json::json!({ "publications": publications.len() });
            events::emit(tx, workspace, "post.created", &post.id.to_string(), data, now).await?;
            claim.effected(tx, StatusCode::CREATED, &format!("/v1/posts/{}", post.id)).await?;
            let stored = made(&publications);
            let variants = variants.iter().map(|(_, variant, _)| variant.clone()).collect();
            let series = match &repeat {
                Some(_) => publishing::series_of_posts(tx, workspace, &[post.id]).await?,
                None => Vec::new(),
            };
            Ok::<_, Fault>(Whole::of(post.clone(), variants, stored, series))
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
                prepare_crashes: 0,
                look_crashes: 0,
                revision: 1,
                authorised_by: n.authorised_by.clone(),
                url: None,
                published_at: None,
                live_content: None,
                gone: 0,
                made_at: n.now,
            }
        })
        .collect()
}
