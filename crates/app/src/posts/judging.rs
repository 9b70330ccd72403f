//! What each channel says about a post before anything is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base::{
    Code, Problem, Scope, Text, Timestamp,
    ids::{ChannelId, PostId},
    say,
};
use connector::{AppCredentials, CardNow, Draft, Framing, Issue, MediaKind, Rule, Severity, Tokens};
use serde_json::Value;

use super::{CHANNELS_MAX, Content, NewPost, Target, When, repeats};
use crate::{
    App,
    channels::{self, Calling, Channel},
    fault::Fault,
    media::{assets, library::Wanted, reachability, renditions},
    schedule::{Repeat, times},
};

/// How long a judgement waits for the pages of links.
const CARDS_PATIENCE: Duration = Duration::from_secs(8);

/// What a channel says about a post before anything is sent.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The channel.
    pub channel: Channel,
    /// Errors and warnings.
    pub issues: Vec<Issue>,
    /// The length of each part's text, in the platform's unit.
    pub lengths: Vec<u32>,
    /// The cards of links as they are now, by the part; only where they were looked at.
    pub cards: Vec<(usize, CardNow)>,
}

/// What would each channel say? Nothing is stored or sent. `stored` is the post that is being changed, if it is one.
///
/// # Errors
/// Wrong fields, an unknown channel; those of the database.
pub async fn validate(
    app: &App,
    scope: &Scope,
    new: &NewPost,
    stored: Option<PostId>,
) -> Result<Vec<Judgement>, Fault> {
    let targets = resolve_targets(app, scope, new).await?;
    let mut judgements = Vec::with_capacity(targets.len());
    for (channel, content, target) in targets {
        let when = target.when.as_ref().or(new.when.as_ref());
        let due = instant(when).unwrap_or_else(|| app.clock.now());
        let mut judgement = judge(app, scope, channel, &content, when, new.repeat.as_ref()).await?;
        let said = repeats::said_nearby(app, scope, &judgement.channel, &content, due, stored).await?;
        judgement.issues.extend(said);
        look_at_cards(app, scope, &content, &mut judgement).await?;
        judgements.push(judgement);
    }
    Ok(judgements)
}

/// Looks at the pages of links, so that what keeps a card away is told before the post is published. Pages that take longer
/// than a person waits for are left to publishing.
async fn look_at_cards(app: &App, scope: &Scope, content: &Content, judgement: &mut Judgement) -> Result<(), Fault> {
    let channel = &judgement.channel;
    let Some(connector) = app.connectors.get(&channel.platform) else { return Ok(()) };
    let Some(publish) = connector.publish() else { return Ok(()) };
    let calling = Calling::new(app, &channel.platform, AppCredentials::default(), Tokens::default())
        .about(&channel.account_id, channel.facts.clone());
    let draft = content.words(app, scope.workspace(), &channel.platform).await?;
    let call = calling.call();
    let bare: Vec<usize> = (0..content.parts.len()).filter(|place| content.parts[*place].media.is_empty()).collect();
    let looks = futures::future::join_all(bare.iter().map(|place| publish.card(&call, &draft, *place)));
    let looked = tokio::time::timeout(CARDS_PATIENCE, looks).await.unwrap_or_default();
    for (place, now) in bare.into_iter().zip(looked) {
        let Some(mut now) = now else { continue };
        judgement.issues.append(&mut now.notes);
        judgement.cards.push((place, now));
    }
    Ok(())
}

/// The instant that was chosen, if one was.
fn instant(when: Option<&When>) -> Option<Timestamp> {
    match when? {
        When::At(at) => Some(*at),
        When::Local { local, zone } => times::resolve_exactly(*local, zone).ok(),
        When::Now | When::NextSlot => None,
    }
}

pub(super) type Resolved = (Channel, Content, Target);

/// Channels and what each will say. Refuses what is wrong whatever the platform.
pub(super) async fn resolve_targets(app: &App, scope: &Scope, new: &NewPost) -> Result<Vec<Resolved>, Fault> {
    if new.targets.len() > CHANNELS_MAX {
        return Err(Problem::field(
            "/channels",
            say!(
                "at most {channels_max} channels; there are {targets}",
                channels_max = CHANNELS_MAX,
                targets = new.targets.len()
            ),
        )
        .into());
    }
    let wanted: Vec<ChannelId> = new.targets.iter().filter_map(|target| target.channel).collect();
    if wanted.iter().collect::<BTreeSet<_>>().len() != wanted.len() {
        return Err(Problem::field("/channels", say!("a channel is given twice")).into());
    }
    let workspace = scope.workspace();
    let found = app
        .db
        .read(async move |tx| {
            let mut found = BTreeMap::new();
            for &id in &wanted {
                if let Some(channel) = channels::in_tx(tx, workspace, id).await? {
                    found.insert(id, channel);
                }
            }
            Ok::<_, db::Error>(found)
        })
        .await?;
    let mut resolved = Vec::with_capacity(new.targets.len());
    for (place, target) in new.targets.iter().enumerate() {
        let reached = target.channel.filter(|id| scope.reaches(*id));
        let channel = reached.and_then(|id| found.get(&id)).ok_or_else(|| {
            Problem::field(
                format!("/channels/{place}/channel"),
                say!("there is no such channel in this workspace; GET /v1/channels lists them"),
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

/// What a channel says about this content at this time, again and again if it repeats.
pub(super) async fn judge(
    app: &App,
    scope: &Scope,
    channel: Channel,
    content: &Content,
    when: Option<&When>,
    repeat: Option<&Repeat>,
) -> Result<Judgement, Fault> {
    let connector = app.connectors.get(&channel.platform);
    let Some(publish) = connector.and_then(|connector| connector.publish()) else {
        let detail = channels::takes_no_posts(connector.map(|connector| &**connector));
        let issue = Issue::error(Rule::PlatformMissing, "", detail, "Fanfare");
        return Ok(Judgement { channel, issues: vec![issue], lengths: Vec::new(), cards: Vec::new() });
    };
    let limits = publish.limits(&channel.facts);
    let words = content.words(app, scope.workspace(), &channel.platform).await?;
    let lengths = (0..words.parts.len()).map(|part| publish.read(&words, part, &channel.facts).length).collect();
    let mut issues = match content.to_draft(app, scope.workspace(), &channel.platform, &limits, Wanted::ToJudge).await {
        Ok(draft) => {
            let mut issues = publish.check(&draft, &channel.facts);
            if !draft.files.is_empty() || draft.parts.iter().any(|part| !part.media.is_empty()) {
                issues.extend(reachability::issue(app, &channel.platform).await);
            }
            surprises(&draft, &mut issues);
            if let Some(framing) = publish.framing(&draft.options) {
                reshaped(app, scope, content, &framing, &mut issues).await?;
            }
            issues
        }
        Err(Fault::Problem(problem)) => vec![Issue::error(Rule::MediaUnusable, "/parts", problem.detail, "Fanfare")],
        Err(fault) => return Err(fault),
    };
    issues.extend(repeats::too_often(&limits, when, repeat)?);
    Ok(Judgement { channel, issues, lengths, cards: Vec::new() })
}

/// Says of a file what its author would not expect: an animation that the channel shows as a still image, where the
/// connector has not said so, and a video in a form that not everyone can play.
fn surprises(draft: &Draft, issues: &mut Vec<Issue>) {
    for (place, part) in draft.parts.iter().enumerate() {
        for (file, media) in part.media.iter().enumerate() {
            let pointer = format!("/parts/{place}/media/{file}");
            let said =
                issues.iter().any(|issue| issue.pointer == pointer && issue.detail.english().contains("still image"));
            if media.animated && media.kind == MediaKind::Image && !said {
                let detail = say!(
                    "The animation will be a still image here: its first frame. Use a video (MP4) to keep it moving."
                );
                issues.push(Issue::warning(Rule::AnimationStill, &pointer, detail, "Fanfare"));
            }
            if media.video_codec.as_deref() == Some("hevc") {
                let detail = say!(
                    "The video is coded as HEVC (H.265), which not every platform and device plays. Export it as \
                              H.264 to be safe; on an iPhone that is Settings, Camera, Formats, Most Compatible."
                );
                issues.push(Issue::warning(Rule::VideoCodec, pointer, detail, "Fanfare"));
            }
        }
    }
}

/// Says which images get another shape, because their author chose so.
async fn reshaped(
    app: &App,
    scope: &Scope,
    content: &Content,
    framing: &Framing,
    issues: &mut Vec<Issue>,
) -> Result<(), Fault> {
    for (place, part) in content.parts.iter().enumerate() {
        for (file, media) in part.media.iter().enumerate() {
            let probe = assets::get(app, scope, media.id).await?.probe;
            let own = (probe.width, probe.height);
            if let Some(size) = renditions::framed(own, framing).filter(|_| !probe.file_type.is_video()) {
                let pointer = format!("/parts/{place}/media/{file}");
                let why = renditions::reshaped(own, size, framing.fit);
                issues.push(Issue::warning(Rule::ImageRatio, pointer, why, "Fanfare"));
            }
        }
    }
    Ok(())
}

/// Refuses what one of the channels cannot take.
pub(super) fn refuse(judgements: &[Judgement]) -> Result<(), Problem> {
    let issues: Vec<Value> = judgements
        .iter()
        .flat_map(|judgement| {
            judgement.issues.iter().filter(|issue| issue.severity == Severity::Error).map(|issue| {
                let mut shown = serde_json::to_value(issue).unwrap_or_default();
                shown["channel"] = serde_json::json!(judgement.channel.id);
                shown["channel_name"] = judgement.channel.name.clone().into();
                shown
            })
        })
        .collect();
    if issues.is_empty() {
        return Ok(());
    }
    let names: BTreeSet<&str> = judgements
        .iter()
        .filter(|judgement| judgement.issues.iter().any(|issue| issue.severity == Severity::Error))
        .map(|judgement| judgement.channel.name.as_str())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let detail =
        say!("{names} can't take this post as it is: {why}", names = names.join(", "), why = first_detail(judgements));
    Err(Problem::new(Code::PostRefused, detail).with("issues", issues))
}

fn first_detail(judgements: &[Judgement]) -> Text {
    let mut errors = judgements.iter().flat_map(|v| &v.issues).filter(|issue| issue.severity == Severity::Error);
    errors.next().map_or(Text::verbatim(""), |issue| issue.detail.clone())
}
