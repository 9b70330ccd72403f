//! The reading side (AppView) behind the PDS: posts, feeds, threads, profiles, who liked, notifications.
//!
//! Reads without credentials are answered too, as the public cache of the real network does.

use std::cmp::Reverse;

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    Bluesky, Reply,
    auth::{self, Caller},
    call::Call,
    data::{self, Account, Data, Stored, quoted},
    refusal::Refusal,
    scopes::Need,
    shapes::{FOLLOW, LIKE, POST, REPOST},
    syntax, views,
};

/// The service that answers reads.
pub const SERVICE: &str = "did:web:api.bsky.app#bsky_appview";

fn reader(twin: &Bluesky, call: &Call) -> Result<Option<Caller>, Refusal> {
    if call.header("atproto-proxy").is_some_and(|service| service != SERVICE) {
        return Err(Refusal::invalid("could not resolve proxy did service url"));
    }
    let caller = auth::find(twin, call)?;
    if let Some(caller) = &caller {
        caller.must(&Need::Rpc(&call.nsid, SERVICE))?;
    }
    Ok(caller)
}

fn user(twin: &Bluesky, call: &Call) -> Result<Caller, Refusal> {
    reader(twin, call)?.ok_or_else(auth::missing)
}

fn actor<'a>(data: &'a Data, call: &Call) -> Result<&'a Account, Refusal> {
    let actor = call.formed("actor", syntax::is_at_identifier, "a DID or a handle")?;
    data.account(actor).ok_or_else(|| Refusal::invalid("Profile not found"))
}

/// The AT-URI with a DID as its authority.
fn resolved(data: &Data, uri: &str) -> Option<String> {
    let (authority, collection, rkey) = syntax::record_of(uri)?;
    Some(data::uri(&data.account(authority)?.did, collection, rkey))
}

/// One page of what is sorted newest first: `cursor` is the place of the last one shown.
fn page<T>(call: &Call, mut all: Vec<(Timestamp, String, T)>) -> Result<(Vec<T>, Option<String>), Refusal> {
    let limit = call.limit(50, 100)?;
    all.sort_by(|a, b| (Reverse(a.0), &a.1).cmp(&(Reverse(b.0), &b.1)));
    if let Some(cursor) = call.one("cursor") {
        let (micros, key) = cursor.split_once("::").ok_or_else(|| Refusal::invalid("Malformed cursor"))?;
        let at = micros.parse().map(Timestamp::from_micros).map_err(|_| Refusal::invalid("Malformed cursor"))?;
        all.retain(|(when, name, _)| (Reverse(*when), name.as_str()) > (Reverse(at), key));
    }
    let more = all.len() > limit;
    all.truncate(limit);
    let cursor = all.last().filter(|_| more).map(|(at, key, _)| format!("{}::{key}", at.as_micros()));
    Ok((all.into_iter().map(|(_, _, item)| item).collect(), cursor))
}

fn paged(mut answer: Value, cursor: Option<String>) -> Reply {
    if let Some(cursor) = cursor {
        answer["cursor"] = json!(cursor);
    }
    Reply::json(answer)
}

/// `app.bsky.feed.getPosts`: up to 25; those that are gone are left out.
pub fn posts(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let uris = call.all("uris");
    if uris.is_empty() || uris.len() > 25 || !uris.iter().all(|uri| syntax::is_at_uri(uri)) {
        return Err(Refusal::invalid("uris must be 1 to 25 AT-URIs"));
    }
    let data = twin.data();
    let posts: Vec<Value> = uris.iter().filter_map(|uri| views::post(twin, &data, uri)).collect();
    Ok(Reply::json(json!({"posts": posts})))
}

/// `app.bsky.feed.getAuthorFeed`.
pub fn author_feed(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let data = twin.data();
    let account = actor(&data, call)?;
    let filter = call.one("filter").unwrap_or("posts_with_replies");
    let mut found = Vec::new();
    for (rkey, stored) in account.records.get(POST).into_iter().flatten() {
        if twin.is_listed(stored.at) && passes(filter, account, &stored.value) {
            let uri = data::uri(&account.did, POST, rkey);
            found.push((stored.at, uri.clone(), (uri, None)));
        }
    }
    for (rkey, repost) in account.records.get(REPOST).into_iter().flatten() {
        if let (true, Some(subject)) = (twin.is_listed(repost.at), repost.value["subject"]["uri"].as_str()) {
            let uri = data::uri(&account.did, REPOST, rkey);
            found.push((repost.at, uri.clone(), (subject.to_owned(), Some((uri, repost)))));
        }
    }
    let (items, cursor) = page(call, found)?;
    let feed: Vec<Value> =
        items.into_iter().filter_map(|(uri, repost)| item(twin, &data, account, &uri, repost)).collect();
    Ok(paged(json!({"feed": feed}), cursor))
}

fn passes(filter: &str, account: &Account, post: &Value) -> bool {
    let answered = post["reply"]["root"]["uri"].as_str();
    let embed = |ending: &str| {
        [&post["embed"]["$type"], &post["embed"]["media"]["$type"]]
            .iter()
            .any(|named| *named == &json!(format!("app.bsky.embed.{ending}")))
    };
    match filter {
        "posts_no_replies" => answered.is_none(),
        "posts_with_media" => embed("images") || embed("gallery") || embed("video"),
        "posts_with_video" => embed("video"),
        "posts_and_author_threads" => answered.is_none_or(|root| root.starts_with(&format!("at://{}/", account.did))),
        _ => true,
    }
}

fn item(twin: &Bluesky, data: &Data, account: &Account, uri: &str, repost: Option<(String, &Stored)>) -> Option<Value> {
    let post = views::post(twin, data, uri)?;
    let reply = &post["record"]["reply"];
    let mut item = json!({});
    if let (Some(root), Some(parent)) = (reply["root"]["uri"].as_str(), reply["parent"]["uri"].as_str()) {
        let shown = |uri: &str| typed(views::post(twin, data, uri), uri);
        item["reply"] = json!({"root": shown(root), "parent": shown(parent)});
    }
    if let Some((uri, repost)) = repost {
        item["reason"] = json!({"$type": "app.bsky.feed.defs#reasonRepost", "uri": uri, "cid": repost.cid,
            "by": views::profile_basic(twin, account), "indexedAt": repost.at});
    }
    item["post"] = post;
    Some(item)
}

fn typed(post: Option<Value>, uri: &str) -> Value {
    match post {
        Some(mut post) => {
            post["$type"] = json!("app.bsky.feed.defs#postView");
            post
        }
        None => not_found(uri),
    }
}

fn not_found(uri: &str) -> Value {
    json!({"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri, "notFound": true})
}

/// `app.bsky.feed.getPostThread`.
pub fn thread(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let uri = call.formed("uri", syntax::is_at_uri, "an AT-URI")?;
    let number = |name: &str, usual: usize| match call.one(name).map(str::parse::<usize>) {
        None => Ok(usual),
        Some(Ok(number)) if number <= 1000 => Ok(number),
        Some(_) => Err(Refusal::invalid(format!("{name} must be a whole number from 0 to 1000"))),
    };
    let (depth, height) = (number("depth", 6)?, number("parentHeight", 80)?);
    let data = twin.data();
    let missing = || Refusal::new(400, "NotFound", format!("Post not found: {uri}"));
    let uri = resolved(&data, uri).ok_or_else(missing)?;
    let mut thread = with_replies(twin, &data, &uri, depth).ok_or_else(missing)?;
    if let Some(parent) = parent(twin, &data, &thread, height) {
        thread["parent"] = parent;
    }
    let mut answer = json!({"thread": thread});
    let root = answer["thread"]["post"]["record"]["reply"]["root"]["uri"].as_str().unwrap_or(&uri).to_owned();
    if let Some(gate) = views::post(twin, &data, &root).and_then(|post| post.get("threadgate").cloned()) {
        answer["threadgate"] = gate;
    }
    Ok(Reply::json(answer))
}

fn with_replies(twin: &Bluesky, data: &Data, uri: &str, depth: usize) -> Option<Value> {
    let mut node = json!({"$type": "app.bsky.feed.defs#threadViewPost", "post": views::post(twin, data, uri)?});
    if depth > 0 {
        let below = views::replies(data, uri);
        let replies: Vec<Value> = below.iter().filter_map(|reply| with_replies(twin, data, reply, depth - 1)).collect();
        node["replies"] = json!(replies);
    }
    Some(node)
}

fn parent(twin: &Bluesky, data: &Data, node: &Value, height: usize) -> Option<Value> {
    let uri = node["post"]["record"]["reply"]["parent"]["uri"].as_str().filter(|_| height > 0)?;
    let Some(post) = views::post(twin, data, uri) else { return Some(not_found(uri)) };
    let mut above = json!({"$type": "app.bsky.feed.defs#threadViewPost", "post": post});
    if let Some(parent) = parent(twin, data, &above, height - 1) {
        above["parent"] = parent;
    }
    Some(above)
}

/// `app.bsky.actor.getProfile`.
pub fn profile(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let data = twin.data();
    let account = actor(&data, call)?;
    Ok(Reply::json(views::profile_detailed(twin, &data, account)))
}

/// `app.bsky.actor.searchActorsTypeahead`: accounts whose handle, or a word of whose name, begins so.
pub fn typeahead(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let limit = call.limit(10, 100)?;
    let sought = call.one("q").or_else(|| call.one("term")).unwrap_or_default().to_lowercase();
    let data = twin.data();
    let begins = |account: &&Account| {
        let name = account.shown_name().to_lowercase();
        account.handle.starts_with(&sought) || name.split_whitespace().any(|word| word.starts_with(&sought))
    };
    let found = data.accounts.values().filter(|_| !sought.is_empty()).filter(begins).take(limit);
    let actors: Vec<Value> = found.map(|account| views::profile_basic(twin, account)).collect();
    Ok(Reply::json(json!({ "actors": actors })))
}

/// The post's address, what points at it, and where the next page begins.
type Pointing<'a> = (String, Vec<(&'a Account, &'a Stored)>, Option<String>);

/// What points at the post that `uri` names: the pointing records, newest first, one page.
fn pointing<'a>(
    data: &'a Data,
    call: &Call,
    map: &std::collections::HashMap<String, std::collections::BTreeSet<String>>,
) -> Result<Pointing<'a>, Refusal> {
    let uri = call.formed("uri", syntax::is_at_uri, "an AT-URI")?;
    let uri = resolved(data, uri).unwrap_or_else(|| uri.to_owned());
    let from = map.get(&uri).into_iter().flatten();
    let found = from.filter_map(|from| data.record(from).map(|found| (found.1.at, from.clone(), found))).collect();
    let (items, cursor) = page(call, found)?;
    Ok((uri, items, cursor))
}

/// `app.bsky.feed.getLikes`.
pub fn likes(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let data = twin.data();
    let (uri, items, cursor) = pointing(&data, call, &data.index.likes)?;
    let like = |(account, stored): &(&Account, &Stored)| json!({"actor": views::profile(twin, account), "createdAt": stored.value["createdAt"], "indexedAt": stored.at});
    Ok(paged(json!({"uri": uri, "likes": items.iter().map(like).collect::<Vec<_>>()}), cursor))
}

/// `app.bsky.feed.getRepostedBy`.
pub fn reposted_by(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let data = twin.data();
    let (uri, items, cursor) = pointing(&data, call, &data.index.reposts)?;
    let who: Vec<Value> = items.iter().map(|(account, _)| views::profile(twin, account)).collect();
    Ok(paged(json!({"uri": uri, "repostedBy": who}), cursor))
}

/// `app.bsky.feed.getQuotes`.
pub fn quotes(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    reader(twin, call)?;
    let data = twin.data();
    let uri = call.formed("uri", syntax::is_at_uri, "an AT-URI")?;
    let uri = resolved(&data, uri).unwrap_or_else(|| uri.to_owned());
    let from = data.index.quotes.get(&uri).into_iter().flatten();
    let found = from.filter_map(|from| Some((data.record(from)?.1.at, from.clone(), from))).collect();
    let (items, cursor) = page(call, found)?;
    let posts: Vec<Value> = items.into_iter().filter_map(|from| views::post(twin, &data, from)).collect();
    Ok(paged(json!({"uri": uri, "posts": posts}), cursor))
}

/// Something that happened to an account.
struct Notice<'a> {
    uri: String,
    author: &'a Account,
    reason: &'static str,
    subject: Option<String>,
    stored: &'a Stored,
}

/// Everything that others did to the account's posts or to itself.
fn notices<'a>(twin: &Bluesky, data: &'a Data, did: &str) -> Vec<Notice<'a>> {
    let own = |uri: Option<&str>| uri.filter(|uri| uri.starts_with(&format!("at://{did}/"))).map(str::to_owned);
    let mut found = Vec::new();
    for author in data.accounts.values().filter(|author| author.did != did) {
        for (collection, records) in &author.records {
            for (rkey, stored) in records.iter().filter(|(_, stored)| twin.is_listed(stored.at)) {
                let value = &stored.value;
                let subject = own(value["subject"]["uri"].as_str());
                let why = match collection.as_str() {
                    LIKE => subject.map(|subject| ("like", Some(subject))),
                    REPOST => subject.map(|subject| ("repost", Some(subject))),
                    FOLLOW => (value["subject"] == did).then_some(("follow", None)),
                    POST => match (own(value["reply"]["parent"]["uri"].as_str()), own(quoted(value))) {
                        (Some(parent), _) => Some(("reply", Some(parent))),
                        (None, Some(quoted)) => Some(("quote", Some(quoted))),
                        (None, None) => views::mentions(value, did).then_some(("mention", None)),
                    },
                    _ => None,
                };
                if let Some((reason, subject)) = why {
                    let uri = data::uri(&author.did, collection, rkey);
                    found.push(Notice { uri, author, reason, subject, stored });
                }
            }
        }
    }
    found
}

/// `app.bsky.notification.listNotifications`.
pub fn notifications(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = user(twin, call)?;
    let (data, reasons) = (twin.data(), call.all("reasons"));
    let seen_at = data.accounts.get(&caller.did).map_or(twin.core.now(), |account| account.seen_at);
    let wanted = notices(twin, &data, &caller.did).into_iter();
    let wanted = wanted.filter(|notice| reasons.is_empty() || reasons.contains(&notice.reason));
    let (items, cursor) = page(call, wanted.map(|notice| (notice.stored.at, notice.uri.clone(), notice)).collect())?;
    let show = |notice: Notice<'_>| {
        let mut shown = json!({
            "uri": notice.uri, "cid": notice.stored.cid, "author": views::profile(twin, notice.author),
            "reason": notice.reason, "record": notice.stored.value, "isRead": notice.stored.at <= seen_at,
            "indexedAt": notice.stored.at, "labels": [],
        });
        if let Some(subject) = notice.subject {
            shown["reasonSubject"] = json!(subject);
        }
        shown
    };
    let items: Vec<Value> = items.into_iter().map(show).collect();
    Ok(paged(json!({"notifications": items, "priority": false, "seenAt": seen_at}), cursor))
}

/// `app.bsky.notification.getUnreadCount`.
pub fn unread(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = user(twin, call)?;
    let data = twin.data();
    let seen_at = data.accounts.get(&caller.did).map_or(twin.core.now(), |account| account.seen_at);
    let count = notices(twin, &data, &caller.did).iter().filter(|notice| notice.stored.at > seen_at).count();
    Ok(Reply::json(json!({"count": count})))
}

/// `app.bsky.notification.updateSeen`.
pub fn seen(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = user(twin, call)?;
    let body = call.json()?;
    let at =
        body["seenAt"].as_str().and_then(syntax::datetime).ok_or_else(|| Refusal::invalid("seenAt must be a date"))?;
    if let Some(account) = twin.data().accounts.get_mut(&caller.did) {
        account.seen_at = at;
    }
    Ok(Reply::empty())
}
