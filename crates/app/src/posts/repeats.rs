//! The same text again: what a network may refuse, and what readers would see twice.

use std::time::Duration;

use base::{Problem, Scope, Timestamp, ids::PostId, say};
use connector::{Issue, Limits};

use super::{Content, When};
use crate::{
    App,
    channels::Channel,
    fault::Fault,
    publishing,
    schedule::{Repeat, Rule, times},
};

/// How close two posts with the same text are to count as one posted twice by mistake.
const NEARBY: Duration = Duration::from_secs(24 * 3_600);

/// A warning if this channel says the same around this time already.
pub(super) async fn said_nearby(
    app: &App,
    scope: &Scope,
    channel: &Channel,
    content: &Content,
    due: Timestamp,
    except: Option<PostId>,
) -> Result<Option<Issue>, Fault> {
    let said = texts(content);
    if said.iter().all(|text| text.is_empty()) {
        return Ok(None);
    }
    let limits = app.connectors.get(&channel.platform).and_then(|one| Some(one.publish()?.limits(&channel.facts)));
    let refused = limits.and_then(|limits| limits.same_text_refused_s).map(Duration::from_secs);
    let (id, workspace, within) = (channel.id, scope.workspace(), refused.unwrap_or(NEARBY).max(NEARBY));
    let (from, until) = (due - within, due + within);
    let near = app.read(async move |tx| publishing::said_between(tx, workspace, id, from, until, except).await).await?;
    let same = near
        .iter()
        .find(|(_, stored)| serde_json::from_str::<Content>(stored).is_ok_and(|stored| texts(&stored) == said));
    Ok(same.map(|(at, _)| {
        let detail = match refused {
            Some(_) => say!(
                "{name} has the same text on {at}, and this platform refuses a text that it just had. Change a word.",
                name = channel.name
            ),
            None => say!("{name} has the same text on {at}. Is this the same post twice?", name = channel.name),
        };
        Issue::warning(connector::Rule::SameText, "/parts/0/text", detail, "Fanfare")
    }))
}

fn texts(content: &Content) -> Vec<&str> {
    content.parts.iter().map(|part| part.text.trim()).collect()
}

/// An error if the occurrences of a recurring post follow each other faster than its network takes the same text again.
///
/// # Errors
/// A rule that is none, or a time that does not exist.
pub(super) fn too_often(
    limits: &Limits,
    when: Option<&When>,
    repeat: Option<&Repeat>,
) -> Result<Option<Issue>, Problem> {
    let (Some(refused_s), Some(When::Local { local, zone }), Some(repeat)) = (limits.same_text_refused_s, when, repeat)
    else {
        return Ok(None);
    };
    let (zone, rule) = (times::zone(zone)?, Rule::new(*local, repeat.clone())?);
    let all: Vec<Timestamp> = rule.occurrences(&zone).map(|occurrence| occurrence.at).collect();
    let apart = all.windows(2).map(|pair| pair[1].since(pair[0]).as_secs()).min();
    Ok(apart.filter(|apart| *apart < refused_s).map(|apart| {
        let detail = say!("This platform refuses a text that it just had, so all of these posts except the first would fail. Repeat it less often, or write posts with different texts.");
        Issue::error(connector::Rule::RepeatsTooOften, "/repeat", detail, "Fanfare").numbers(refused_s, apart)
    }))
}
