//! The instance's JSON: accounts, statuses, media, polls.

use std::collections::BTreeSet;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    model::{Account, Draft, Media, Poll, Status, Town},
    text,
};
use crate::{Core, growth::grown};

/// What shapes are made from.
pub struct View<'a> {
    /// The network.
    pub core: &'a Core,
    /// Everything.
    pub town: &'a Town,
    /// The viewer; absent for a visitor.
    pub viewer: Option<&'a str>,
    /// Now.
    pub now: Timestamp,
}

/// An instant as the instance writes it.
pub fn instant(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

impl View<'_> {
    /// A profile page.
    pub fn profile(&self, account: &Account) -> String {
        self.core.url(&format!("/@{}", account.username))
    }

    /// An account.
    pub fn account(&self, account: &Account) -> Value {
        let avatar = self.core.url(&format!("/avatars/{}.png", account.username));
        let ids = self.town.by_account.get(&account.id);
        let last = ids.and_then(|ids| ids.last()).and_then(|id| self.town.statuses.get(id));
        let age = self.now.since(account.at);
        json!({
            "id": account.id, "username": account.username, "acct": account.username, "display_name": account.name,
            "locked": false, "bot": false, "group": false, "discoverable": true, "indexable": true,
            "created_at": instant(account.at), "note": format!("<p>{}</p>", crate::pages::escape(&account.note)),
            "url": self.profile(account), "uri": self.core.url(&format!("/users/{}", account.username)),
            "avatar": avatar, "avatar_static": avatar, "header": avatar, "header_static": avatar,
            "followers_count": 40 + grown(&account.id, "followers", age, 2000), "following_count": 12,
            "statuses_count": ids.map_or(0, Vec::len),
            "last_status_at": last.map(|status| status.at.to_jiff().strftime("%Y-%m-%d").to_string()),
            "emojis": [], "fields": [], "roles": [],
        })
    }

    /// An account, to its owner.
    pub fn own_account(&self, account: &Account) -> Value {
        let mut shape = self.account(account);
        shape["source"] = json!({
            "privacy": "public", "sensitive": false, "language": null, "note": account.note, "fields": [],
            "follow_requests_count": 0, "indexable": true, "discoverable": true, "hide_collections": false,
            "attribution_domains": [], "quote_policy": "public",
        });
        shape["role"] = json!({
            "id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false,
        });
        shape
    }

    /// An uploaded file. Its address is null until it is ready.
    pub fn media(&self, id: &str, media: &Media) -> Value {
        let address = (media.work.ready_at <= self.now).then(|| self.core.url(&format!("/system/media/{id}")));
        let mut meta = json!({ "focus": { "x": media.focus.0, "y": media.focus.1 } });
        if let Some((width, height)) = media.size {
            let aspect = f64::from(width) / f64::from(height.max(1));
            meta["original"] = json!({
                "width": width, "height": height, "size": format!("{width}x{height}"), "aspect": aspect,
            });
        }
        json!({
            "id": id, "type": media.kind, "url": address, "preview_url": address, "remote_url": null,
            "meta": meta, "description": media.description, "blurhash": null,
        })
    }

    /// A poll of the status `id`.
    pub fn poll(&self, id: u64, poll: &Poll) -> Value {
        let votes = self.votes(id, poll);
        let hidden = poll.hide_totals && poll.ends_at > self.now;
        let all: u64 = votes.iter().sum();
        let options = poll.options.iter().zip(&votes);
        let options: Vec<Value> = options
            .map(|(title, votes)| json!({ "title": title, "votes_count": if hidden { None } else { Some(votes) } }))
            .collect();
        json!({
            "id": id.to_string(), "expires_at": instant(poll.ends_at), "expired": poll.ends_at <= self.now,
            "multiple": poll.multiple, "votes_count": all, "voters_count": all, "options": options, "emojis": [],
            "voted": false, "own_votes": [],
        })
    }

    /// How the votes stand.
    pub fn votes(&self, id: u64, poll: &Poll) -> Vec<u64> {
        let age = self.now.min(poll.ends_at).since(poll.at);
        let place = |place| grown(&id.to_string(), &format!("votes{place}"), age, 120);
        (0..poll.options.len()).map(place).collect()
    }

    /// The text as HTML.
    pub fn html(&self, text: &str) -> String {
        let origin = self.core.url("");
        text::to_html(text, &origin, |user| self.town.by_username(user).map(|account| self.profile(account)))
    }

    /// How many statuses answer this one.
    pub fn answers(&self, id: u64) -> usize {
        self.town.statuses.range(id..).filter(|(_, status)| status.now.in_reply_to == Some(id)).count()
    }

    /// A status, with the status that it quotes inside.
    pub fn status(&self, status: &Status) -> Value {
        let mut shape = self.shallow(status);
        if let Some(quoted) = status.now.quote {
            let held = self.town.statuses.get(&quoted).filter(|quoted| self.town.may_see(self.viewer, quoted));
            shape["quote"] = match held {
                Some(held) => json!({ "state": "accepted", "quoted_status": self.shallow(held) }),
                None => json!({ "state": "deleted", "quoted_status": null }),
            };
        }
        shape
    }

    fn shallow(&self, status: &Status) -> Value {
        let Status { id, now: draft, .. } = status;
        let (key, age) = (id.to_string(), self.now.since(status.at));
        let author = self.town.accounts.get(&status.account);
        let name = author.map_or("", |author| author.username.as_str());
        let parent = draft.in_reply_to.and_then(|parent| self.town.statuses.get(&parent));
        let app = self.town.apps.get(&status.client_id);
        let likers = self.town.favourites.get(id);
        let mut shape = json!({
            "id": key, "uri": self.core.url(&format!("/users/{name}/statuses/{id}")),
            "url": self.core.url(&format!("/@{name}/{id}")),
            "created_at": instant(status.at), "edited_at": status.edited_at.map(instant),
            "account": author.map(|author| self.account(author)),
            "visibility": draft.visibility, "language": draft.language,
            "in_reply_to_id": draft.in_reply_to.map(|id| id.to_string()),
            "in_reply_to_account_id": parent.map(|parent| parent.account.clone()),
            "reblog": null, "card": null, "emojis": [], "quote": null,
            "quote_approval": self.quote_approval(status),
            "favourites_count": grown(&key, "favourites", age, 240) + likers.map_or(0, BTreeSet::len) as u64,
            "reblogs_count": grown(&key, "reblogs", age, 60),
            "replies_count": self.answers(*id),
            "quotes_count": self.town.statuses.range(id..).filter(|(_, other)| other.now.quote == Some(*id)).count(),
            "application": app.map(|app| json!({ "name": app.name, "website": app.website })),
        });
        self.put_content(&mut shape, *id, draft);
        if let Some(viewer) = self.viewer {
            for own in ["reblogged", "muted", "bookmarked", "pinned"] {
                shape[own] = json!(false);
            }
            shape["favourited"] = json!(likers.is_some_and(|likers| likers.contains(viewer)));
            shape["filtered"] = json!([]);
        }
        shape
    }

    fn put_content(&self, shape: &mut Value, id: u64, draft: &Draft) {
        let pieces = text::pieces(&draft.text);
        let mentions = pieces.iter().filter_map(|piece| match &piece.kind {
            text::Kind::Mention { user, .. } => self.town.by_username(user),
            _ => None,
        });
        let tags = pieces.iter().filter_map(|piece| match &piece.kind {
            text::Kind::Tag(name) => Some(name.to_lowercase()),
            _ => None,
        });
        let media = draft.media.iter().filter_map(|id| self.town.media.get(id).map(|media| self.media(id, media)));
        shape["content"] = json!(self.html(&draft.text));
        shape["spoiler_text"] = json!(draft.spoiler);
        shape["sensitive"] = json!(draft.sensitive);
        shape["media_attachments"] = media.collect();
        shape["poll"] = draft.poll.as_ref().map_or(Value::Null, |poll| self.poll(id, poll));
        shape["mentions"] = mentions
            .map(|account| {
                json!({
                    "id": account.id, "username": account.username, "acct": account.username,
                    "url": self.profile(account),
                })
            })
            .collect();
        shape["tags"] =
            tags.map(|name| json!({ "url": self.core.url(&format!("/tags/{name}")), "name": name })).collect();
    }

    fn quote_approval(&self, status: &Status) -> Value {
        let (automatic, open) = match status.now.quote_policy.as_str() {
            "public" => (json!(["public"]), true),
            "followers" => (json!(["followers"]), false),
            _ => (json!([]), false),
        };
        let current = match self.viewer {
            Some(viewer) if viewer == status.account => "automatic",
            Some(_) if open => "automatic",
            Some(_) => "denied",
            None => "unknown",
        };
        json!({ "automatic": automatic, "manual": [], "current_user": current })
    }

    /// One version in a status's history.
    pub fn version(&self, status: &Status, at: Timestamp, draft: &Draft) -> Value {
        let author = self.town.accounts.get(&status.account).map(|author| self.account(author));
        let media = draft.media.iter().filter_map(|id| self.town.media.get(id).map(|media| self.media(id, media)));
        let mut shape = json!({
            "content": self.html(&draft.text), "spoiler_text": draft.spoiler, "sensitive": draft.sensitive,
            "created_at": instant(at), "account": author, "media_attachments": media.collect::<Vec<_>>(), "emojis": [],
        });
        if let Some(poll) = &draft.poll {
            let options: Vec<Value> = poll.options.iter().map(|title| json!({ "title": title })).collect();
            shape["poll"] = json!({ "options": options });
        }
        shape
    }
}
