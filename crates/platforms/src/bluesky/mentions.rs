//! Accounts to mention, from the public AppView: no sign-in, so nothing is taken from the account's own limit.

use async_trait::async_trait;
use connector::{Call, Failure, Mentions, Suggestion, mentions::SUGGESTIONS_MAX};

use super::{
    Bluesky,
    errors::Asked,
    insights::APPVIEW,
    rpc::{Ask, understood},
    wire::Actors,
};

/// What the network shows for an account whose handle leads nowhere; a mention of it would be plain text.
const LOST_HANDLE: &str = "handle.invalid";

#[async_trait]
impl Mentions for Bluesky {
    async fn suggest(&self, call: &Call<'_>, typed: &str) -> Result<Vec<Suggestion>, Failure> {
        let query = vec![("q", typed.to_owned()), ("limit", SUGGESTIONS_MAX.to_string())];
        let ask = Ask::get("find accounts to mention", "app.bsky.actor.searchActorsTypeahead", query);
        let reply = ask.openly(call, &call.endpoint("appview", APPVIEW)).await?;
        let found: Actors = understood(Asked::Read, &reply, call)?;
        let known = found.actors.into_iter().filter(|actor| actor.handle != LOST_HANDLE);
        let all = known.map(|actor| Suggestion { handle: actor.handle, name: actor.display_name });
        Ok(all.take(SUGGESTIONS_MAX).collect())
    }
}
