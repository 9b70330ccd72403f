//! How the reading side shows accounts and posts: `profileView…`, `postView`, embeds, gates and counts.

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    Bluesky,
    cid::Cid,
    data::{self, Account, Data, Stored},
    shapes::{FOLLOW, POST, POSTGATE, THREADGATE},
    syntax,
};

/// An account in short.
pub fn profile_basic(twin: &Bluesky, account: &Account) -> Value {
    let mut view = json!({"did": account.did, "handle": account.handle, "displayName": account.shown_name(),
        "createdAt": account.made_at});
    let own = account.record(super::shapes::PROFILE, "self");
    if let Some(cid) = own.and_then(|own| own.value["avatar"]["ref"]["$link"].as_str()) {
        view["avatar"] = json!(media(twin, &account.did, cid));
    }
    view
}

/// An account with what it says of itself.
pub fn profile(twin: &Bluesky, account: &Account) -> Value {
    let mut view = profile_basic(twin, account);
    view["description"] = json!(account.shown_bio());
    view["indexedAt"] = json!(account.made_at);
    view
}

/// An account with its numbers. Followers grow with time, as insights would show it.
pub fn profile_detailed(twin: &Bluesky, data: &Data, account: &Account) -> Value {
    let count = |collection: &str| account.records.get(collection).map_or(0, std::collections::BTreeMap::len);
    let follows = |other: &&Account| follows(other, &account.did);
    let followers = data.accounts.values().filter(follows).count() as u64;
    let mut view = profile(twin, account);
    view["postsCount"] = json!(count(POST));
    view["followsCount"] = json!(count(FOLLOW));
    view["followersCount"] = json!(followers + twin.grown(&account.did, "followers", account.made_at, 400));
    view
}

/// Whether one account follows another.
pub fn follows(account: &Account, other: &str) -> bool {
    account.records.get(FOLLOW).into_iter().flatten().any(|(_, follow)| follow.value["subject"] == other)
}

/// Where a file of an account can be seen.
pub fn media(twin: &Bluesky, did: &str, cid: &str) -> String {
    twin.core.url(&format!("/media/{did}/{cid}"))
}

/// The numbers under a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Likes.
    pub likes: u64,
    /// Reposts.
    pub reposts: u64,
    /// Replies that the gate lets through.
    pub replies: u64,
    /// Posts that quote it.
    pub quotes: u64,
}

/// Counts what is really there, and adds likes and reposts of an imagined audience that grows with time.
pub fn counts(twin: &Bluesky, data: &Data, uri: &str, stored: &Stored) -> Counts {
    let real = |map: &std::collections::HashMap<String, std::collections::BTreeSet<String>>| {
        map.get(uri).map_or(0, std::collections::BTreeSet::len) as u64
    };
    Counts {
        likes: real(&data.index.likes) + twin.grown(uri, "likes", stored.at, 300),
        reposts: real(&data.index.reposts) + twin.grown(uri, "reposts", stored.at, 60),
        replies: replies(data, uri).len() as u64,
        quotes: real(&data.index.quotes),
    }
}

/// The answers to a post that its gate lets people see, oldest first.
pub fn replies(data: &Data, uri: &str) -> Vec<String> {
    let mut found: Vec<(Timestamp, String)> = Vec::new();
    for reply in data.index.replies.get(uri).into_iter().flatten() {
        let let_through =
            data.record(reply).filter(|(author, stored)| is_let_through(data, author, reply, &stored.value));
        found.extend(let_through.map(|(_, stored)| (stored.at, reply.clone())));
    }
    found.sort();
    found.into_iter().map(|(_, reply)| reply).collect()
}

/// The gate of the thread that begins at `root`.
pub fn gate<'a>(data: &'a Data, root: &str) -> Option<&'a Stored> {
    let (authority, _, rkey) = syntax::record_of(root)?;
    data.account(authority)?.record(THREADGATE, rkey)
}

fn is_let_through(data: &Data, author: &Account, uri: &str, reply: &Value) -> bool {
    let root = reply["reply"]["root"]["uri"].as_str().unwrap_or_default();
    let Some(gate) = gate(data, root) else { return true };
    let hidden = gate.value["hiddenReplies"].as_array().is_some_and(|hidden| hidden.iter().any(|each| each == uri));
    !hidden && may_reply(data, author, root, &gate.value)
}

/// Whether an account may answer in the thread, as its gate says.
pub fn may_reply(data: &Data, author: &Account, root: &str, gate: &Value) -> bool {
    let Some((owner, post)) = data.record(root) else { return true };
    let Some(allow) = gate["allow"].as_array() else { return true };
    owner.did == author.did
        || allow.iter().any(|rule| match rule["$type"].as_str().and_then(|named| named.split('#').nth(1)) {
            Some("mentionRule") => mentions(&post.value, &author.did),
            Some("followingRule") => follows(owner, &author.did),
            Some("followerRule") => follows(author, &owner.did),
            // This sandbox has no lists, so no one is on one.
            _ => false,
        })
}

/// Whether a post mentions an account.
pub fn mentions(post: &Value, did: &str) -> bool {
    let features = post["facets"].as_array().into_iter().flatten().flat_map(|facet| facet["features"].as_array());
    features.flatten().any(|feature| feature["did"] == did)
}

/// A post; `None` if it is not there.
pub fn post(twin: &Bluesky, data: &Data, uri: &str) -> Option<Value> {
    let (authority, collection, rkey) = syntax::record_of(uri)?;
    let account = data.account(authority).filter(|_| collection == POST)?;
    let stored = account.record(POST, rkey)?;
    let uri = data::uri(&account.did, POST, rkey);
    let Counts { likes, reposts, replies, quotes } = counts(twin, data, &uri, stored);
    let mut view = json!({
        "uri": uri, "cid": stored.cid, "author": profile_basic(twin, account), "record": stored.value,
        "likeCount": likes, "repostCount": reposts, "replyCount": replies, "quoteCount": quotes, "bookmarkCount": 0,
        "indexedAt": stored.at, "labels": labels(account, &uri, stored),
    });
    if let Some(embed) = embed(twin, data, account, &uri, &stored.value["embed"]) {
        view["embed"] = embed;
    }
    if let Some(gate) = gate(data, &uri) {
        let gate_uri = data::uri(&account.did, THREADGATE, rkey);
        view["threadgate"] = json!({"uri": gate_uri, "cid": gate.cid, "record": gate.value, "lists": []});
    }
    Some(view)
}

fn labels(account: &Account, uri: &str, stored: &Stored) -> Vec<Value> {
    let values = stored.value["labels"]["values"].as_array().into_iter().flatten();
    let label = |label: &Value| {
        json!({"src": account.did, "uri": uri, "cid": stored.cid, "val": label["val"],
            "cts": stored.value["createdAt"]})
    };
    values.map(label).collect()
}

fn embed(twin: &Bluesky, data: &Data, account: &Account, uri: &str, embed: &Value) -> Option<Value> {
    let named = embed["$type"].as_str()?;
    let mut view = match named {
        "app.bsky.embed.images" => {
            let show = |image: &Value| picture(twin, account, image, "thumb", false);
            json!({"images": embed["images"].as_array()?.iter().filter_map(show).collect::<Vec<_>>()})
        }
        "app.bsky.embed.gallery" => {
            let show = |image: &Value| picture(twin, account, image, "thumbnail", true);
            json!({"items": embed["items"].as_array()?.iter().filter_map(show).collect::<Vec<_>>()})
        }
        "app.bsky.embed.video" => film(twin, account, embed)?,
        "app.bsky.embed.external" => card(twin, account, &embed["external"])?,
        "app.bsky.embed.record" => json!({"record": quote(twin, data, uri, embed["record"]["uri"].as_str()?)}),
        "app.bsky.embed.recordWithMedia" => json!({
            "record": {"$type": "app.bsky.embed.record#view",
                "record": quote(twin, data, uri, embed["record"]["record"]["uri"].as_str()?)},
            "media": self::embed(twin, data, account, uri, &embed["media"])?,
        }),
        _ => return None,
    };
    view["$type"] = json!(format!("{named}#view"));
    Some(view)
}

fn picture(twin: &Bluesky, account: &Account, image: &Value, small: &str, typed: bool) -> Option<Value> {
    let address = media(twin, &account.did, image["image"]["ref"]["$link"].as_str()?);
    let mut view = json!({small: address, "fullsize": address, "alt": image["alt"]});
    if let Some(ratio) = image.get("aspectRatio") {
        view["aspectRatio"] = ratio.clone();
    }
    if typed {
        view["$type"] = json!("app.bsky.embed.gallery#viewImage");
    }
    Some(view)
}

fn film(twin: &Bluesky, account: &Account, embed: &Value) -> Option<Value> {
    let cid = embed["video"]["ref"]["$link"].as_str()?;
    let mut view = json!({"cid": cid, "playlist": media(twin, &account.did, cid)});
    for field in ["alt", "aspectRatio", "presentation"] {
        if let Some(value) = embed.get(field) {
            view[field] = value.clone();
        }
    }
    Some(view)
}

fn card(twin: &Bluesky, account: &Account, external: &Value) -> Option<Value> {
    let mut view = json!({"uri": external["uri"], "title": external["title"], "description": external["description"]});
    if let Some(cid) = external["thumb"]["ref"]["$link"].as_str() {
        view["thumb"] = json!(media(twin, &account.did, cid));
    }
    Some(json!({"external": view}))
}

fn quote(twin: &Bluesky, data: &Data, quoting: &str, uri: &str) -> Value {
    let Some((account, stored)) = data.record(uri) else {
        return json!({"$type": "app.bsky.embed.record#viewNotFound", "uri": uri, "notFound": true});
    };
    if is_detached(account, quoting, uri) {
        return json!({"$type": "app.bsky.embed.record#viewDetached", "uri": uri, "detached": true});
    }
    let Counts { likes, reposts, replies, quotes } = counts(twin, data, uri, stored);
    json!({
        "$type": "app.bsky.embed.record#viewRecord", "uri": uri, "cid": stored.cid,
        "author": profile_basic(twin, account), "value": stored.value, "indexedAt": stored.at,
        "likeCount": likes, "repostCount": reposts, "replyCount": replies, "quoteCount": quotes,
    })
}

/// Whether the owner of the quoted post wants no quotes, or not this one.
fn is_detached(owner: &Account, quoting: &str, quoted: &str) -> bool {
    let Some(gate) = syntax::record_of(quoted).and_then(|(_, _, rkey)| owner.record(POSTGATE, rkey)) else {
        return false;
    };
    let listed = |field: &str| gate.value[field].as_array().cloned().unwrap_or_default();
    let own = quoting.starts_with(&format!("at://{}/", owner.did));
    listed("detachedEmbeddingUris").iter().any(|each| each == quoting) || (!own && !listed("embeddingRules").is_empty())
}

/// Whether the post may be quoted by others.
pub fn may_be_quoted(owner: &Account, rkey: &str) -> bool {
    owner.record(POSTGATE, rkey).is_none_or(|gate| gate.value["embeddingRules"].as_array().is_none_or(Vec::is_empty))
}

/// Whether the text is a content id; an address on the media path must be.
pub fn is_media(did: &str, cid: &str) -> bool {
    syntax::is_did(did) && Cid::parse(cid).is_some()
}
