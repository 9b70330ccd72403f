//! Accounts to mention: what a channel's platform suggests while someone types `@…` in a post.
//!
//! A suggestion is a help and nothing more. It goes without the channel's tokens, waits a few seconds at most, asks nothing of
//! a platform that has limited the channel, and what it learned is remembered for a minute.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base::{Problem, Scope, Text, Timestamp, ids::ChannelId, say};
use connector::{AppCredentials, Suggestion, Tokens};

use super::Calling;
use crate::{App, fault::Fault, http::Rate};

/// The longest beginning of a name, in characters.
pub(super) const TYPED_MAX: usize = 100;
/// How long a person waits for suggestions.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long an answer is remembered.
const REMEMBERED_FOR: Duration = Duration::from_secs(60);
/// How many answers are remembered.
const REMEMBERED_MAX: usize = 2_000;
/// How often one caller may ask platforms.
const RATE: Rate = Rate::per(60, 60);

/// The accounts, or why there are none.
pub(super) type Answer = Result<Vec<Suggestion>, Text>;

/// What platforms suggested in the last minute.
#[derive(Default)]
pub struct Suggested(Mutex<HashMap<(ChannelId, String), (Timestamp, Answer)>>);

impl Suggested {
    fn known(&self) -> MutexGuard<'_, HashMap<(ChannelId, String), (Timestamp, Answer)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recall(&self, key: &(ChannelId, String), now: Timestamp) -> Option<Answer> {
        let known = self.known();
        let (at, answer) = known.get(key)?;
        (now.since(*at) < REMEMBERED_FOR).then(|| answer.clone())
    }

    fn remember(&self, key: (ChannelId, String), now: Timestamp, answer: Answer) {
        let mut known = self.known();
        known.retain(|_, (at, _)| now.since(*at) < REMEMBERED_FOR);
        if known.len() < REMEMBERED_MAX {
            known.insert(key, (now, answer));
        }
    }
}

/// The accounts that the channel's platform suggests for what was typed after the `@`. None on a platform that cannot be
/// asked.
///
/// # Errors
/// Not found; wrong fields; too many requests; those of the database.
pub(super) async fn suggest(app: &App, scope: &Scope, id: ChannelId, typed: &str) -> Result<Answer, Fault> {
    let typed = typed.trim().trim_start_matches('@').to_lowercase();
    if typed.is_empty() || typed.chars().count() > TYPED_MAX {
        return Err(Problem::field("/q", say!("must have 1 to {typed_max} characters", typed_max = TYPED_MAX)).into());
    }
    let channel = super::get(app, scope, id).await?;
    let Some(connector) = app.connectors.get(&channel.platform) else { return Ok(Ok(Vec::new())) };
    let Some(mentions) = connector.mentions() else { return Ok(Ok(Vec::new())) };
    let (now, key) = (app.clock.now(), (id, typed));
    if let Some(known) = app.memory.suggested.recall(&key, now) {
        return Ok(known);
    }
    if channel.blocked.as_ref().is_some_and(|(until, _)| *until > now) {
        return Ok(Err(say!("The platform limits this channel right now.")));
    }
    app.memory.buckets.take("mentions", scope.actor().to_string(), RATE, now).check(say!("searches for accounts"))?;
    let calling = Calling::new(app, &channel.platform, AppCredentials::default(), Tokens::default())
        .about(&channel.account_id, channel.facts.clone());
    let answer = match tokio::time::timeout(PATIENCE, mentions.suggest(&calling.call(), &key.1)).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(failure)) => Err(failure.detail),
        Err(_) => Err(say!("The platform took too long to answer.")),
    };
    app.memory.suggested.remember(key, now, answer.clone());
    Ok(answer)
}
