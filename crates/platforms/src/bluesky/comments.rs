//! Answers to own posts, read from the public AppView. It tells a thread at once, so that the pages are made here, and leaves
//! out what the author hid, so that this is read apart.
//!
//! An answer is named by its key and its author, `key@did`: its address has slashes, which addresses of ours don't bear well.
//! A like is a record under a key that is made from the answer, so that it is made once and found again to be undone; a like
//! that was given elsewhere stays.

use std::collections::BTreeSet;

use async_trait::async_trait;
use base::{Timestamp, random, say};
use connector::{
    Author, Call, Comment, CommentAct, CommentChange, CommentState, Comments, CommentsAsked, CommentsPage, Draft,
    Failure, FailureKind as Kind, Handles, Outcome, Part, Remote, Replied, comments::COMMENTS_MAX,
};
use serde_json::{Value, json};

use super::{
    Bluesky, LIKE, POST, THREADGATE, WEB,
    errors::Asked,
    insights::APPVIEW,
    options::Options,
    publish::{Extra, get_record, record_in, remove, resolve_mentions},
    record::{self, Ingredients, Reply, datetime},
    rpc::{Ask, Pds, understood},
    syntax::AtUri,
    text, tid,
    wire::{AnswerView, Answers, StrongRef, ThreadView, Threads, Written},
};

/// How deep answers to answers are followed.
const DEPTH: &str = "20";
/// How many answers a thread's rules can hide.
const HIDDEN_MAX: usize = 300;
/// How many posts are asked for at once.
const POSTS_MAX: usize = 25;

#[async_trait]
impl Comments for Bluesky {
    fn feature(&self, act: CommentAct) -> Option<&'static str> {
        use CommentChange::{Approve, Decline, Delete, Hide, Like, Unhide, Unlike};
        match act {
            CommentAct::Read => Some("read"),
            CommentAct::Reply => Some("publish"),
            CommentAct::Change(Like | Unlike) => Some("likes"),
            CommentAct::Change(Hide | Unhide) => Some("reply_gates"),
            CommentAct::Change(Delete) => Some("delete"),
            CommentAct::Change(Approve | Decline) => None,
        }
    }

    fn id_of(&self, part: &Remote) -> String {
        AtUri::parse(&part.id).map_or_else(|| part.id.clone(), |uri| name(&uri.authority, &uri.rkey))
    }

    async fn below(&self, call: &Call<'_>, post: &Remote, asked: &CommentsAsked) -> Result<CommentsPage, Failure> {
        let query = vec![("uri", post.id.clone()), ("depth", DEPTH.to_owned()), ("parentHeight", "0".to_owned())];
        let ask = Ask::get("list the replies", "app.bsky.feed.getPostThread", query);
        let reply = ask.openly(call, &call.endpoint("appview", APPVIEW)).await?;
        let found: Threads = understood(Asked::Read, &reply, call)?;
        let gate = found.threadgate.and_then(|gate| gate.record).unwrap_or_default();
        let hidden = hidden_in(&gate);
        let mut all = Vec::new();
        found.thread.replies.into_iter().for_each(|thread| unfold(thread, &mut all));
        let shown_ones: BTreeSet<String> = all.iter().map(|answer| answer.uri.clone()).collect();
        let begin = asked.cursor.as_deref().map_or(Some(0), |cursor| cursor.parse().ok()).unwrap_or(usize::MAX);
        let end = begin.saturating_add(COMMENTS_MAX);
        let next = (end < all.len()).then(|| end.to_string());
        let mut page: Vec<AnswerView> = all.into_iter().skip(begin).take(COMMENTS_MAX).collect();
        // What is hidden comes with the last page.
        if next.is_none() && begin != usize::MAX {
            let left_out: Vec<String> = hidden.iter().filter(|uri| !shown_ones.contains(*uri)).cloned().collect();
            for some in left_out.chunks(POSTS_MAX) {
                page.extend(posts(call, some).await?);
            }
        }
        let items = page.into_iter().filter_map(|answer| {
            let is_hidden = hidden.contains(&answer.uri);
            shown(call, post, answer, is_hidden)
        });
        Ok(CommentsPage { items: items.collect(), next })
    }

    /// The account's own server tells what is under a key, so that a lost answer is decided here.
    async fn reply(&self, call: &Call<'_>, post: &Remote, comment: &str, text: &str) -> Result<Replied, Failure> {
        let pds = Pds::of(call, &self.nonces)?;
        let answered = one(call, post, comment).await?;
        let draft = Draft { parts: vec![Part { text: text.to_owned(), ..Part::default() }], ..Draft::default() };
        let reading = text::read(&draft, 0);
        let mentions = resolve_mentions(call, &reading, &Unkept).await?;
        let options = Options::default();
        let (created_at, part) = (call.clock.now(), &draft.parts[0]);
        let parent = StrongRef { uri: answered.uri, cid: answered.cid };
        let from = Ingredients {
            part,
            reading: &reading,
            options: &options,
            first: false,
            created_at,
            mentions: &mentions,
            blobs: &[],
            card: None,
            quote: None,
            reply: Some(Reply { root: root_of(post), parent }),
        };
        let rkey = tid::mint(created_at, &random::token::<16>(call.random));
        let id = name(call.account_id, &rkey);
        let url = Some(page(call, call.account_id, &rkey));
        let record = record::post(&from);
        match put(&pds, (POST, &rkey), &record, Some(Value::Null)).await {
            Ok(()) => Ok(Replied { id, url }),
            Err(failure) if failure.outcome == Outcome::Unknown => {
                match get_record(call, &pds.session.pds, call.account_id, &rkey).await {
                    Ok(Some(_)) => Ok(Replied { id, url }),
                    Ok(None) => {
                        let detail =
                            say!("The answer was lost, and the server has no such reply: it wasn't published.");
                        Err(Failure::new(Outcome::NotSent, Kind::Unavailable, detail))
                    }
                    Err(_) => Err(failure),
                }
            }
            Err(failure) => Err(failure),
        }
    }

    async fn change(
        &self,
        call: &Call<'_>,
        post: &Remote,
        comment: &str,
        change: CommentChange,
    ) -> Result<(), Failure> {
        let pds = Pds::of(call, &self.nonces)?;
        let answer = one(call, post, comment).await?;
        match change {
            CommentChange::Delete => {
                let uri = AtUri::parse(&answer.uri).filter(|uri| uri.authority == call.account_id);
                let uri = uri.ok_or_else(|| {
                    let detail = say!("On Bluesky an account can delete only its own posts. Hide this reply instead.");
                    Failure::rejected(Kind::ContentRefused, detail)
                })?;
                remove(&pds, &uri.authority, POST, &uri.rkey).await.map(drop)
            }
            CommentChange::Like => {
                let subject = StrongRef { uri: answer.uri.clone(), cid: answer.cid.clone() };
                let at = datetime(call.clock.now());
                let record = json!({ "$type": LIKE, "subject": subject, "createdAt": at });
                put(&pds, (LIKE, &key_of_like(&answer)), &record, None).await
            }
            CommentChange::Unlike => remove(&pds, call.account_id, LIKE, &key_of_like(&answer)).await.map(drop),
            _ => hide(&pds, post, &answer.uri, change == CommentChange::Hide).await,
        }
    }
}

/// A journal for what is decided within one call.
struct Unkept;

#[async_trait]
impl Handles for Unkept {
    fn get(&self, _name: &str) -> Option<Value> {
        None
    }
    async fn put(&self, _name: &str, _value: Value) -> Result<(), Failure> {
        Ok(())
    }
    async fn forget(&self, _name: &str) -> Result<(), Failure> {
        Ok(())
    }
}

/// Writes a record under this key. `swap` is what must be there now; `null` is nothing.
async fn put(
    pds: &Pds<'_>,
    (collection, rkey): (&str, &str),
    record: &Value,
    swap: Option<Value>,
) -> Result<(), Failure> {
    let mut body = json!({
        "repo": pds.call.account_id, "collection": collection, "rkey": rkey, "validate": true, "record": record,
    });
    if let Some(swap) = swap {
        body["swapRecord"] = swap;
    }
    let ask = Ask::post("write record", "com.atproto.repo.putRecord", &body);
    let _: Written = pds.read(Asked::Write, &ask).await?;
    Ok(())
}

/// Puts an answer on the list of hidden ones, or takes it off. The rules are those of the thread's first post.
async fn hide(pds: &Pds<'_>, post: &Remote, uri: &str, hides: bool) -> Result<(), Failure> {
    let (call, root) = (pds.call, root_of(post).uri);
    let at = AtUri::parse(&root).filter(|at| at.authority == call.account_id);
    let at = at.ok_or_else(|| refused(say!("Only who began a thread can hide replies in it.")))?;
    let now = record_in(call, &pds.session.pds, (&at.authority, THREADGATE, &at.rkey)).await?;
    let mut rules = now.as_ref().map_or_else(
        || json!({ "$type": THREADGATE, "post": root, "createdAt": datetime(call.clock.now()) }),
        |now| now.value.clone(),
    );
    let mut hidden = hidden_in(&rules);
    if hidden.contains(uri) == hides {
        return Ok(());
    }
    if hides {
        hidden.insert(uri.to_owned())
    } else {
        hidden.remove(uri)
    };
    if hidden.len() > HIDDEN_MAX {
        return Err(refused(say!("Bluesky hides {max} replies in a thread at most.", max = HIDDEN_MAX)));
    }
    rules["hiddenReplies"] = json!(hidden);
    let swap = now.and_then(|now| now.cid).map_or(Value::Null, Value::String);
    put(pds, (THREADGATE, &at.rkey), &rules, Some(swap)).await
}

fn hidden_in(rules: &Value) -> BTreeSet<String> {
    let hidden = rules["hiddenReplies"].as_array().into_iter().flatten();
    hidden.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn refused(detail: base::Text) -> Failure {
    Failure::rejected(Kind::ContentRefused, detail)
}

/// The post that began the thread of this part.
fn root_of(post: &Remote) -> StrongRef {
    let extra = serde_json::from_value::<Extra>(post.extra.clone());
    extra.map_or_else(|_| StrongRef { uri: post.id.clone(), cid: String::new() }, |extra| extra.root)
}

async fn posts(call: &Call<'_>, uris: &[String]) -> Result<Vec<AnswerView>, Failure> {
    let query = uris.iter().map(|uri| ("uris", uri.clone())).collect();
    let ask = Ask::get("read replies", "app.bsky.feed.getPosts", query);
    let reply = ask.openly(call, &call.endpoint("appview", APPVIEW)).await?;
    Ok(understood::<Answers>(Asked::Read, &reply, call)?.posts)
}

/// The answer, if it is in the thread of this part: nothing else is answered or deleted under its name.
async fn one(call: &Call<'_>, post: &Remote, id: &str) -> Result<AnswerView, Failure> {
    let gone = || Failure::rejected(Kind::RemoteNotFound, say!("Bluesky has no such reply below this post."));
    let (rkey, did) = id.split_once('@').ok_or_else(gone)?;
    let uri = format!("at://{did}/{POST}/{rkey}");
    AtUri::parse(&uri).ok_or_else(gone)?;
    let found = posts(call, &[uri]).await?.into_iter().next().ok_or_else(gone)?;
    let root = found.record["reply"]["root"]["uri"].as_str();
    if root == Some(root_of(post).uri.as_str()) && found.uri != post.id { Ok(found) } else { Err(gone()) }
}

/// The same for the same answer, as long as that is there.
fn key_of_like(answer: &AnswerView) -> String {
    tid::mint(made_at(answer).unwrap_or(Timestamp::from_seconds(0)), &format!("like {}", answer.uri))
}

fn made_at(answer: &AnswerView) -> Option<Timestamp> {
    Timestamp::parse(answer.record["createdAt"].as_str()?).ok()
}

fn name(did: &str, rkey: &str) -> String {
    format!("{rkey}@{did}")
}

fn page(call: &Call<'_>, did: &str, rkey: &str) -> String {
    format!("{}/profile/{did}/post/{rkey}", call.endpoint("web", WEB))
}

/// An answer, and after it what stands below it.
fn unfold(thread: ThreadView, all: &mut Vec<AnswerView>) {
    all.extend(thread.post);
    thread.replies.into_iter().for_each(|below| unfold(below, all));
}

fn shown(call: &Call<'_>, post: &Remote, answer: AnswerView, is_hidden: bool) -> Option<Comment> {
    let at = AtUri::parse(&answer.uri)?;
    let parent = answer.record["reply"]["parent"]["uri"].as_str().filter(|parent| *parent != post.id);
    let parent = parent.and_then(AtUri::parse).map(|parent| name(&parent.authority, &parent.rkey));
    let is_self = answer.author.did == call.account_id;
    let began = AtUri::parse(&root_of(post).uri).is_some_and(|root| root.authority == call.account_id);
    let mut can = vec![CommentChange::Like, CommentChange::Unlike];
    if is_self {
        can = vec![CommentChange::Delete];
    } else if began {
        can.push(if is_hidden { CommentChange::Unhide } else { CommentChange::Hide });
    }
    Some(Comment {
        id: name(&at.authority, &at.rkey),
        parent,
        made_at: made_at(&answer),
        text: answer.record["text"].as_str().unwrap_or_default().to_owned(),
        author: Author {
            url: Some(format!("{}/profile/{}", call.endpoint("web", WEB), answer.author.did)),
            id: Some(answer.author.did),
            name: answer.author.display_name.filter(|name| !name.is_empty()),
            handle: Some(answer.author.handle),
            is_self,
        },
        url: Some(page(call, &at.authority, &at.rkey)),
        state: if is_hidden { CommentState::Hidden } else { CommentState::Shown },
        likes: answer.like_count,
        replies: answer.reply_count,
        liked: None,
        can_reply: true,
        can,
    })
}
