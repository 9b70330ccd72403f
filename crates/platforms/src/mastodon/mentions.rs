//! Accounts to mention, as the channel's own instance knows them.
//!
//! Asked without a token: `/api/v2/search` answers everyone as long as nothing is to be resolved, so no permission is
//! needed and the account's own limit is left to publishing. An instance that is closed to the public suggests no one.

use async_trait::async_trait;
use base::say;
use connector::{Call, Failure, Mentions, Suggestion, mentions::SUGGESTIONS_MAX};
use url::Url;

use super::{
    Mastodon,
    errors::Asked,
    facts::Facts,
    peer,
    wire::{Known, SearchAccounts},
};

#[async_trait]
impl Mentions for Mastodon {
    async fn suggest(&self, call: &Call<'_>, typed: &str) -> Result<Vec<Suggestion>, Failure> {
        let facts = Facts::read(call.facts);
        let peer = peer::at(call, &facts.instance);
        let request = peer.get("find accounts to mention", "/api/v2/search");
        let request = request.query("q", typed).query("type", "accounts").query("limit", SUGGESTIONS_MAX);
        let found: SearchAccounts = peer.read(Asked::Read, request, say!("search results")).await?;
        let home =
            Url::parse(&facts.instance).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let suggestion = |known: Known| Suggestion { handle: in_full(known.acct, &home), name: known.display_name };
        Ok(found.accounts.into_iter().take(SUGGESTIONS_MAX).map(suggestion).collect())
    }
}

/// With its domain, which an instance leaves out of its own accounts: channels on other instances get the same text.
fn in_full(acct: String, home: &str) -> String {
    if acct.contains('@') { acct } else { format!("{acct}@{home}") }
}
