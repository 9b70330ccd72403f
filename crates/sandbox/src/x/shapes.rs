//! X's JSON: posts with their stored text, users, media, polls.

use std::{collections::BTreeSet, time::Duration};

use base::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    compose::{EDIT_WINDOW, EDITS, may_be_edited},
    model::{Account, Media, Plaza, Poll, Post},
    query::Wanted,
    text::{self, Kind},
};
use crate::{Core, growth::grown};

/// What shapes are made from.
pub struct View<'a> {
    /// The network.
    pub core: &'a Core,
    /// Everything.
    pub plaza: &'a Plaza,
    /// Who looks.
    pub viewer: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// A text as X keeps it, with where its addresses, tags and names are, in code points.
pub struct Stored {
    /// The text.
    pub text: String,
    /// X's `entities`.
    pub entities: Value,
}

/// An instant as X writes it.
pub fn instant(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Escapes the three letters that X escapes on reads.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl View<'_> {
    /// The address of a post's page.
    pub fn page(&self, post: &Post) -> String {
        let name = self.plaza.accounts.get(&post.account).map_or("i", |account| account.username.as_str());
        self.core.url(&format!("/{name}/status/{}", post.id))
    }

    /// The whole text with short addresses; the last one leads to the media.
    pub fn stored(&self, post: &Post, escape: bool) -> Stored {
        let said = &post.draft.text;
        let mut text = String::new();
        let mut found: [(&str, Vec<Value>); 4] =
            [("urls", vec![]), ("mentions", vec![]), ("hashtags", vec![]), ("cashtags", vec![])];
        let mut done = 0;
        let plain = |text: &str| if escape { escaped(text) } else { text.to_owned() };
        for piece in text::pieces(said) {
            text.push_str(&plain(&said[done..piece.range.start]));
            let start = text.chars().count();
            let (place, mut entity) = self.entity(post, &said[piece.range.clone()], piece.kind, found[0].1.len());
            text.push_str(entity["url"].as_str().unwrap_or(&said[piece.range.clone()]));
            (entity["start"], entity["end"]) = (json!(start), json!(text.chars().count()));
            found[place].1.push(entity);
            done = piece.range.end;
        }
        text.push_str(&plain(&said[done..]));
        for id in &post.draft.media {
            let address = text::short(post.id, 1_000);
            if found[0].1.iter().all(|url| url["url"] != json!(address)) {
                text.push_str(if text.is_empty() { "" } else { " " });
                text.push_str(&address);
            }
            let end = text.chars().count();
            let media = self.plaza.media.get(id);
            let expanded = format!("{}/{}/1", self.page(post), media.map_or("photo", |media| media.kind()));
            found[0].1.push(json!({
                "start": end - text::URL_LENGTH, "end": end, "url": address, "expanded_url": expanded,
                "display_url": format!("pic.x.com/{}", &address[13..]), "media_key": media.map(|media| media.key(id)),
            }));
        }
        let entities = found.into_iter().filter(|(_, entities)| !entities.is_empty());
        let entities: Map<String, Value> = entities.map(|(name, found)| (name.to_owned(), json!(found))).collect();
        Stored { text, entities: Value::Object(entities) }
    }

    fn entity(&self, post: &Post, written: &str, kind: Kind, urls: usize) -> (usize, Value) {
        let mut letters = written.chars();
        letters.next();
        let tag = letters.as_str();
        match kind {
            Kind::Url => {
                let has_scheme =
                    written.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("http")) && written.contains("://");
                let expanded = if has_scheme { written.to_owned() } else { format!("http://{written}") };
                let display = expanded.split_once("://").map_or("", |(_, rest)| rest).trim_start_matches("www.");
                let display = match display.char_indices().nth(26) {
                    Some((cut, _)) => format!("{}…", &display[..cut]),
                    None => display.to_owned(),
                };
                (0, json!({ "url": text::short(post.id, urls), "expanded_url": expanded, "display_url": display }))
            }
            Kind::Mention => {
                let id = self.plaza.by_username(tag).map(|account| &account.id);
                (1, json!({ "username": tag, "id": id }))
            }
            Kind::Hashtag => (2, json!({ "tag": tag })),
            Kind::Cashtag => (3, json!({ "tag": tag })),
        }
    }

    /// The text in `text`: a long post is cut there and whole in `note_post`.
    fn short_text(&self, post: &Post, stored: &Stored) -> String {
        if text::weighted_length(&post.draft.text) <= 280 {
            return stored.text.clone();
        }
        let cut: String = stored.text.chars().take(250).collect();
        let cut = cut.rsplit_once(' ').map_or(cut.clone(), |(before, _)| before.to_owned());
        format!("{cut}… {}", text::short(post.id, 2_000))
    }

    /// A post with what is asked for. The newer words; see [`older_words`](super::query::older_words).
    pub fn post(&self, post: &Post, wanted: &Wanted) -> Value {
        let stored = self.stored(post, true);
        let mut shape = json!({ "id": post.id.to_string(), "text": self.short_text(post, &stored) });
        for field in &wanted.post {
            if let Some(value) = self.post_field(post, &stored, field).filter(|value| !value.is_null()) {
                shape[field.as_str()] = value;
            }
        }
        for expansion in &wanted.expansions {
            let field = match expansion.as_str() {
                "attachments.media_keys" | "attachments.poll_ids" => "attachments",
                other => other,
            };
            if let Some(value) = self.post_field(post, &stored, field).filter(|value| !value.is_null()) {
                shape[field] = value;
            }
        }
        shape
    }

    fn post_field(&self, post: &Post, stored: &Stored, field: &str) -> Option<Value> {
        let draft = &post.draft;
        let parent = draft.reply_to.and_then(|id| self.plaza.posts.get(&id));
        Some(match field {
            "created_at" => json!(instant(post.at)),
            "author_id" => json!(post.account),
            "conversation_id" => json!(post.conversation.to_string()),
            "community_id" => json!(draft.community),
            "lang" => json!("und"),
            "source" => json!("Fanfare"),
            "possibly_sensitive" => json!(false),
            "paid_partnership" => json!(draft.paid_partnership),
            "reply_settings" => json!(draft.reply_settings.as_deref().unwrap_or("everyone")),
            "in_reply_to_user_id" => json!(parent?.account),
            "edit_history_post_ids" => self.chain(post),
            "edit_controls" => self.edit_controls(post),
            "referenced_posts" => self.referenced(post)?,
            "attachments" => self.attachments(post)?,
            "entities" => Some(stored.entities.clone())
                .filter(|entities| entities.as_object().is_some_and(|map| !map.is_empty()))?,
            "public_metrics" => self.public_metrics(post),
            "non_public_metrics" | "organic_metrics" => self.own_metrics(post)?,
            "note_post" if text::weighted_length(&draft.text) > 280 => {
                json!({ "text": stored.text, "entities": stored.entities })
            }
            "display_text_range" => json!([0, self.short_text(post, stored).chars().count()]),
            _ => return None,
        })
    }

    fn chain(&self, post: &Post) -> Value {
        let chain = self.plaza.posts.range(post.chain[0]..).map(|(_, other)| other);
        let chain = chain.filter(|other| other.chain[0] == post.chain[0]).map(|other| other.id.to_string());
        chain.collect()
    }

    fn edit_controls(&self, post: &Post) -> Value {
        let author = self.plaza.accounts.get(&post.account);
        json!({
            "edits_remaining": (EDITS + 1).saturating_sub(post.chain.len()),
            "is_edit_eligible": author.is_some_and(Account::is_premium) && may_be_edited(self.plaza, post),
            "editable_until": instant(post.first_at + EDIT_WINDOW),
        })
    }

    fn referenced(&self, post: &Post) -> Option<Value> {
        let replied = post.draft.reply_to.map(|id| json!({ "type": "replied_to", "id": id.to_string() }));
        let quoted = post.draft.quote.map(|id| json!({ "type": "quoted", "id": id.to_string() }));
        let all: Vec<Value> = replied.into_iter().chain(quoted).collect();
        (!all.is_empty()).then(|| json!(all))
    }

    fn attachments(&self, post: &Post) -> Option<Value> {
        let keys = post.draft.media.iter().filter_map(|id| self.plaza.media.get(id).map(|media| media.key(id)));
        let keys: Vec<String> = keys.collect();
        match (keys.is_empty(), &post.draft.poll) {
            (false, _) => Some(json!({ "media_keys": keys })),
            (true, Some(_)) => Some(json!({ "poll_ids": [post.id.to_string()] })),
            (true, None) => None,
        }
    }

    /// The numbers that everyone sees, grown with age.
    pub fn public_metrics(&self, post: &Post) -> Value {
        let (key, age) = (post.chain[0].to_string(), self.now.since(post.first_at));
        let grow = |what: &str, most| grown(&key, what, age, most);
        let answers = self.plaza.posts.range(post.id..).filter(|(_, other)| other.draft.reply_to == Some(post.id));
        json!({
            "impression_count": grow("impressions", 20_000), "like_count": grow("likes", 500),
            "repost_count": grow("reposts", 90), "bookmark_count": grow("bookmarks", 40),
            "reply_count": answers.count(),
            "quote_count": self.plaza.posts.range(post.id..).filter(|(_, other)| other.draft.quote == Some(post.id)).count(),
        })
    }

    /// The numbers that only the author sees, for 30 days.
    fn own_metrics(&self, post: &Post) -> Option<Value> {
        let age = self.now.since(post.first_at);
        let shown = post.account == self.viewer && age <= Duration::from_secs(30 * 86_400);
        let key = post.chain[0].to_string();
        let grow = |what: &str, most| grown(&key, what, age, most);
        shown.then(|| {
            json!({
                "impression_count": grow("impressions", 20_000), "url_link_clicks": grow("clicks", 200),
                "user_profile_clicks": grow("profile", 60), "engagements": grow("engagements", 900),
            })
        })
    }

    /// A user with what is asked for.
    pub fn user(&self, account: &Account, fields: &BTreeSet<String>) -> Value {
        let mut shape = json!({ "id": account.id, "name": account.name, "username": account.username });
        for field in fields {
            let value = match field.as_str() {
                "created_at" => json!(instant(account.at)),
                "description" => json!(account.bio),
                "protected" => json!(false),
                "verified" => json!(account.is_premium()),
                "verified_type" => json!(if account.is_premium() { "blue" } else { "none" }),
                "subscription_type" => json!(account.subscription),
                "profile_image_url" => {
                    let file = format!("/profile_images/{}/{}_normal.png", account.id, account.username);
                    json!(self.core.url(&file))
                }
                "public_metrics" => self.user_metrics(account),
                _ => continue,
            };
            shape[field.as_str()] = value;
        }
        shape
    }

    fn user_metrics(&self, account: &Account) -> Value {
        let ids = self.plaza.by_account.get(&account.id);
        json!({
            "followers_count": 120 + grown(&account.id, "followers", self.now.since(account.at), 5_000),
            "following_count": 80, "post_count": ids.map_or(0, Vec::len), "listed_count": 2, "like_count": 31,
            "media_count": self.plaza.media.values().filter(|media| media.used && media.account == account.id).count(),
        })
    }

    fn media(&self, id: &str, media: &Media, fields: &BTreeSet<String>) -> Value {
        let address = self.core.url(&format!("/media/{id}"));
        let is_photo = media.kind() == "photo";
        let mut shape = json!({ "media_key": media.key(id), "type": media.kind() });
        for field in fields {
            let value = match field.as_str() {
                "alt_text" => json!(media.alt),
                "url" if is_photo => json!(address),
                "preview_image_url" if !is_photo => json!(address),
                "duration_ms" => json!(media.seconds.map(|seconds| (seconds * 1000.0) as u64)),
                "width" => json!(media.size.map(|(width, _)| width)),
                "height" => json!(media.size.map(|(_, height)| height)),
                _ => continue,
            };
            if !value.is_null() {
                shape[field.as_str()] = value;
            }
        }
        shape
    }

    /// How a poll's votes stand.
    pub fn votes(&self, post: &Post, poll: &Poll) -> Vec<u64> {
        let age = self.now.since(post.at).min(Duration::from_secs(poll.duration_minutes * 60));
        let place = |place| grown(&post.id.to_string(), &format!("votes{place}"), age, 300);
        (0..poll.options.len()).map(place).collect()
    }

    fn poll(&self, post: &Post, poll: &Poll, fields: &BTreeSet<String>) -> Value {
        let votes = self.votes(post, poll);
        let options = poll.options.iter().zip(votes).zip(1..);
        let options: Vec<Value> = options
            .map(|((label, votes), position)| json!({ "position": position, "label": label, "votes": votes }))
            .collect();
        let ends_at = post.at + Duration::from_secs(poll.duration_minutes * 60);
        let mut shape = json!({ "id": post.id.to_string(), "options": options });
        for field in fields {
            match field.as_str() {
                "duration_minutes" => shape["duration_minutes"] = json!(poll.duration_minutes),
                "end_datetime" => shape["end_datetime"] = json!(instant(ends_at)),
                "voting_status" => shape["voting_status"] = json!(if ends_at > self.now { "open" } else { "closed" }),
                _ => {}
            }
        }
        shape
    }

    /// What the expansions put beside the posts, each thing once.
    pub fn includes(&self, posts: &[&Post], wanted: &Wanted) -> Option<Value> {
        let has = |expansion: &str| wanted.expansions.contains(expansion);
        let (mut users, mut others) = (BTreeSet::new(), BTreeSet::new());
        let (mut media, mut polls) = (Vec::new(), Vec::new());
        for post in posts {
            let parent = post.draft.reply_to.and_then(|id| self.plaza.posts.get(&id));
            users.extend(has("author_id").then(|| post.account.clone()));
            users.extend(parent.filter(|_| has("in_reply_to_user_id")).map(|parent| parent.account.clone()));
            if has("referenced_posts") {
                others.extend(post.draft.reply_to.iter().chain(&post.draft.quote).copied());
            }
            if has("attachments.media_keys") {
                media.extend(post.draft.media.iter().filter_map(|id| Some((id, self.plaza.media.get(id)?))));
            }
            if let Some(poll) = post.draft.poll.as_ref().filter(|_| has("attachments.poll_ids")) {
                polls.push(self.poll(post, poll, &wanted.poll));
            }
        }
        let users = users.iter().filter_map(|id| self.plaza.accounts.get(id));
        let others = others.iter().filter_map(|id| self.plaza.posts.get(id));
        let lists = [
            ("users", users.map(|account| self.user(account, &wanted.user)).collect::<Vec<_>>()),
            ("posts", others.map(|post| self.post(post, wanted)).collect()),
            ("media", media.into_iter().map(|(id, media)| self.media(id, media, &wanted.media)).collect()),
            ("polls", polls),
        ];
        let lists = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let lists: Map<String, Value> = lists.map(|(name, list)| (name.to_owned(), json!(list))).collect();
        (!lists.is_empty()).then_some(Value::Object(lists))
    }
}
