//! The pages for people: an account's timeline, one post with its thread, a hashtag.

use std::ops::Range;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

use super::{
    Bluesky, blob,
    data::{self, Account, Data, Stored, quoted},
    shapes::POST,
    syntax, views,
};
use crate::{
    Core, Shows,
    pages::{self, Choice, MediaView, PostView, TimelineView},
};

/// How deep a thread is shown.
const DEPTH: usize = 6;

impl Shows for Bluesky {
    const ACCOUNT: &str = "/profile/{name}";
    const POST: &str = "/profile/{name}/post/{id}";
    const FILE: &str = "/media/{*id}";
    const INTRODUCTION: &str = "A PDS with its authorization server, directory and reading side. Connect one of these \
                                accounts by its handle, or with its app password.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        let data = self.data();
        data.accounts.values().map(|account| Choice::of(&account.handle, account.shown_name())).collect()
    }

    /// These people exist on this computer only; who tries the product needs a password to connect them with.
    fn noted(&self, name: &str) -> Option<String> {
        let data = self.data();
        Some(format!("app password {}", data.account(name)?.app_passwords.first()?))
    }

    /// Answers of its own stand under what they answer.
    fn account(&self, name: &str) -> Option<TimelineView> {
        let data = self.data();
        let account = data.account(name)?;
        let mut posts: Vec<(&String, &Stored)> = account.records.get(POST).into_iter().flatten().collect();
        posts.retain(|(_, stored)| stored.value.get("reply").is_none());
        posts.sort_by_key(|(rkey, stored)| std::cmp::Reverse((stored.at, *rkey)));
        Some(TimelineView {
            name: account.shown_name().to_owned(),
            handle: format!("@{}", account.handle),
            bio: account.shown_bio().to_owned(),
            posts: posts.iter().map(|(rkey, stored)| post(self, &data, account, rkey, stored, DEPTH)).collect(),
        })
    }

    fn post(&self, name: &str, id: &str) -> Option<PostView> {
        let data = self.data();
        let account = data.account(name)?;
        Some(post(self, &data, account, id, account.record(POST, id)?, DEPTH))
    }

    fn file(&self, id: &str) -> Option<(String, Bytes)> {
        let (did, cid) = id.split_once('/').filter(|(did, cid)| views::is_media(did, cid))?;
        let (bytes, mime) = blob::read(self, did, cid, self.core.now())?;
        Some((mime, bytes))
    }
}

/// The posts with a hashtag, of everyone.
pub fn hashtag(twin: &Bluesky, tag: &str) -> Response {
    let data = twin.data();
    let tagged = |value: &Value| {
        let features = value["facets"].as_array().into_iter().flatten().flat_map(|facet| facet["features"].as_array());
        let own = value["tags"].as_array().into_iter().flatten();
        let names = features.flatten().map(|feature| &feature["tag"]).chain(own);
        names.filter_map(Value::as_str).any(|name| name.eq_ignore_ascii_case(tag))
    };
    let mut posts = Vec::new();
    for account in data.accounts.values() {
        for (rkey, stored) in
            account.records.get(POST).into_iter().flatten().filter(|(_, stored)| tagged(&stored.value))
        {
            posts.push(post(twin, &data, account, rkey, stored, 0));
        }
    }
    posts.sort_by_key(|post| std::cmp::Reverse(post.at));
    let name = format!("#{tag}");
    let view = TimelineView { name, handle: "hashtag".to_owned(), bio: String::new(), posts };
    pages::timeline(twin.core.network.title(), &view).into_response()
}

fn post(twin: &Bluesky, data: &Data, account: &Account, rkey: &str, stored: &Stored, depth: usize) -> PostView {
    let (uri, value) = (data::uri(&account.did, POST, rkey), &stored.value);
    PostView {
        id: rkey.to_owned(),
        author: account.shown_name().to_owned(),
        handle: format!("@{}", account.handle),
        at: stored.at,
        text: text(data, value),
        warning: warning(value),
        media: media(account, value),
        poll: None,
        quote: quote(twin, data, value, depth),
        notes: notes(twin, data, account, rkey, &uri, stored),
        replies: replies(twin, data, &uri, depth),
    }
}

fn replies(twin: &Bluesky, data: &Data, uri: &str, depth: usize) -> Vec<PostView> {
    if depth == 0 {
        return Vec::new();
    }
    let shown = |reply: &String| {
        let (_, _, rkey) = syntax::record_of(reply)?;
        let (account, stored) = data.record(reply)?;
        Some(post(twin, data, account, rkey, stored, depth - 1))
    };
    views::replies(data, uri).iter().filter_map(shown).collect()
}

fn quote(twin: &Bluesky, data: &Data, value: &Value, depth: usize) -> Option<Box<PostView>> {
    let uri = quoted(value).filter(|_| depth > 0)?;
    let (_, _, rkey) = syntax::record_of(uri)?;
    let (account, stored) = data.record(uri)?;
    // A quote of a quote is not shown in full.
    Some(Box::new(PostView { replies: Vec::new(), ..post(twin, data, account, rkey, stored, 0) }))
}

fn text(data: &Data, value: &Value) -> String {
    let plain = value["text"].as_str().unwrap_or_default();
    let facets = value["facets"].as_array().into_iter().flatten();
    let links: Vec<(Range<usize>, String)> = facets.filter_map(|facet| link(data, facet)).collect();
    let mut markup = pages::linked(plain, &links);
    if let Some(card) = card(value) {
        markup.push_str(&card);
    }
    markup
}

fn link(data: &Data, facet: &Value) -> Option<(Range<usize>, String)> {
    let edge = |name: &str| usize::try_from(facet["index"][name].as_u64()?).ok();
    let feature = facet["features"].get(0)?;
    let address = match feature["$type"].as_str()?.split('#').nth(1)? {
        "link" => feature["uri"].as_str()?.to_owned(),
        "mention" => {
            let did = feature["did"].as_str()?;
            format!("/profile/{}", data.account(did).map_or(did, |account| &account.handle))
        }
        _ => format!(
            "/hashtag/{}",
            url::form_urlencoded::byte_serialize(feature["tag"].as_str()?.as_bytes()).collect::<String>()
        ),
    };
    Some((edge("byteStart")?..edge("byteEnd")?, address))
}

fn media_embed(value: &Value) -> &Value {
    let embed = &value["embed"];
    if embed["$type"] == "app.bsky.embed.recordWithMedia" { &embed["media"] } else { embed }
}

fn card(value: &Value) -> Option<String> {
    let external = media_embed(value).get("external")?;
    let (title, about) = (external["title"].as_str()?, external["description"].as_str().unwrap_or_default());
    let link = pages::link(external["uri"].as_str()?, if title.is_empty() { external["uri"].as_str()? } else { title });
    Some(format!(
        "<div class=\"quote\"><strong>{link}</strong><br><span class=\"quiet\">{}</span></div>",
        pages::escape(about)
    ))
}

fn media(account: &Account, value: &Value) -> Vec<MediaView> {
    let embed = media_embed(value);
    let view = |blob: &Value, alt: &Value| {
        Some(MediaView {
            address: format!("/media/{}/{}", account.did, blob["ref"]["$link"].as_str()?),
            content_type: blob["mimeType"].as_str()?.to_owned(),
            alt: alt.as_str().unwrap_or_default().to_owned(),
        })
    };
    let pictures = [&embed["images"], &embed["items"]].into_iter().filter_map(Value::as_array).flatten();
    let mut shown: Vec<MediaView> = pictures.filter_map(|picture| view(&picture["image"], &picture["alt"])).collect();
    shown.extend(view(&embed["video"], &embed["alt"]));
    shown.extend(view(&embed["external"]["thumb"], &Value::Null));
    shown
}

fn warning(value: &Value) -> Option<String> {
    let labels: Vec<&str> =
        value["labels"]["values"].as_array()?.iter().filter_map(|label| label["val"].as_str()).collect();
    let folds = labels.iter().any(|label| ["sexual", "nudity", "porn", "graphic-media"].contains(label));
    folds.then(|| format!("Content warning: {}", labels.join(", ")))
}

fn notes(twin: &Bluesky, data: &Data, account: &Account, rkey: &str, uri: &str, stored: &Stored) -> Vec<String> {
    let counts = views::counts(twin, data, uri, stored);
    let mut notes = Vec::new();
    for (count, one, many) in [
        (counts.likes, "like", "likes"),
        (counts.reposts, "repost", "reposts"),
        (counts.replies, "reply", "replies"),
        (counts.quotes, "quote", "quotes"),
    ] {
        if count > 0 {
            notes.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    notes.extend(views::gate(data, uri).and_then(|gate| gate_in_words(&gate.value)));
    if !views::may_be_quoted(account, rkey) {
        notes.push("quoting is off".to_owned());
    }
    if let Some(langs) = stored.value["langs"].as_array() {
        notes.push(langs.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
    }
    notes
}

fn gate_in_words(gate: &Value) -> Option<String> {
    let allow = gate["allow"].as_array()?;
    if allow.is_empty() {
        return Some("no one can reply".to_owned());
    }
    let who = allow.iter().filter_map(|rule| match rule["$type"].as_str()?.split('#').nth(1)? {
        "mentionRule" => Some("people mentioned"),
        "followingRule" => Some("people the author follows"),
        "followerRule" => Some("followers"),
        "listRule" => Some("people on a list"),
        _ => None,
    });
    Some(format!("{} can reply", who.collect::<Vec<_>>().join(" and ")))
}
