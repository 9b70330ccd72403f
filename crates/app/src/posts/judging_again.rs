//! Scheduled posts under a channel's new limits: the author of one that no longer fits should know before its time.

use std::collections::BTreeSet;

use base::{Scope, Text, ids::PostId};
use connector::Severity;
use serde_json::json;

use super::{judging, store};
use crate::{
    App, channels, events,
    fault::Fault,
    publishing::{self, Publication, State},
};

/// Judges what is scheduled on channels whose limits have changed, and returns how many publications no longer fit. These stay
/// scheduled and need attention: someone changes the post, or it is refused at its time.
///
/// # Errors
/// Those of the database.
pub async fn judge_again(app: &App) -> Result<usize, Fault> {
    let mut count = 0;
    for (channel, since) in channels::with_new_limits(app).await? {
        let judged = judged_now(app, &channel).await?;
        let (id, workspace, now) = (channel.id, channel.workspace, app.clock.now());
        count += app
            .write(async move |tx| {
                let mut refused = 0;
                for (publication, why) in &judged {
                    let is_noted = publishing::fits(tx, publication, why.as_ref()).await?;
                    let Some(why) = why.as_ref().filter(|_| is_noted) else { continue };
                    refused += 1;
                    let data = json!({
                        "publication": publication.id, "post": publication.post, "channel": id,
                        "due_at": publication.due_at, "detail": why.english(),
                    });
                    let name = "publication.no_longer_fits";
                    events::emit(tx, workspace, name, &publication.id.to_string(), data, now).await?;
                }
                channels::judged(tx, id, since).await?;
                Ok(refused)
            })
            .await?;
    }
    Ok(count)
}

/// What is scheduled on a channel, each with the reason why it would be refused there now, if it would.
async fn judged_now(app: &App, channel: &channels::Channel) -> Result<Vec<(Publication, Option<Text>)>, Fault> {
    let (id, workspace) = (channel.id, channel.workspace);
    let (scheduled, variants) = app
        .read(async move |tx| {
            let mut scheduled = publishing::open_of_channel(tx, id).await?;
            scheduled.retain(|publication| publication.life.state == State::Scheduled);
            let posts: BTreeSet<PostId> = scheduled.iter().map(|publication| publication.post).collect();
            let posts: Vec<PostId> = posts.into_iter().collect();
            Ok((scheduled, store::variants(tx, workspace, &posts).await?))
        })
        .await?;
    let scope = Scope::system("posts", workspace);
    let mut judged = Vec::with_capacity(scheduled.len());
    for publication in scheduled {
        let Some(variant) = variants.iter().find(|variant| variant.id == publication.variant) else { continue };
        let judgement = judging::judge(app, &scope, channel.clone(), &variant.content, None, None).await?;
        let error = judgement.issues.into_iter().find(|issue| issue.severity == Severity::Error);
        judged.push((publication, error.map(|issue| issue.detail)));
    }
    Ok(judged)
}
