//! What is posted in a storm: first one post of each kind on each network that takes it, then any kind on any channel; each
//! text once in the world.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use base::{Clock as _, Random, SystemClock, Timestamp};
use futures::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{Place, picture};

const KINDS: [&str; 11] =
    ["text", "thread", "comments", "image", "images", "video", "poll", "quote", "reel", "story", "video_story"];

/// Kinds that only some platforms have, and what is chosen for them there.
fn chosen(kind: &str, platform: &str) -> Option<Value> {
    match (kind, platform) {
        ("reel", "facebook") => Some(json!({ "format": "reel" })),
        // A video by itself is one.
        ("reel", "instagram") => Some(json!({})),
        ("story" | "video_story", "facebook") => Some(json!({ "format": "story" })),
        ("story" | "video_story", "instagram") => Some(json!({ "kind": "story" })),
        // X lets no self-serve app quote, not even the account's own posts.
        ("reel" | "story" | "video_story", _) | ("quote", "x") => None,
        _ => Some(json!({})),
    }
}

/// The first is due so long after the making of the posts has begun, and later for each post that has to be made.
const LEAD: Duration = Duration::from_secs(4);
const LEAD_PER_POST: Duration = Duration::from_millis(150);
/// How many requests are on their way at once.
const AT_ONCE: usize = 6;
/// One of so many posts is edited when it is live, and one is deleted.
const CHANGED: u64 = 8;
/// What an edited text says besides.
pub const EDITED: &str = "edited";

/// What becomes of a post when it is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Stays,
    Edited,
    Deleted,
}

/// A publication that is to be made.
struct Plan {
    channel: usize,
    tag: String,
    fate: Fate,
}

/// A publication.
pub struct Piece {
    pub id: String,
    pub channel: String,
    pub platform: String,
    pub kind: &'static str,
    pub due: Timestamp,
    /// The account's name on its network.
    pub account: String,
    tag: String,
    fate: Fate,
    content: Vec<Value>,
}

impl Piece {
    /// What only this part of it says.
    pub fn marks(&self) -> impl Iterator<Item = String> {
        (0..self.content.len()).map(|part| mark(&self.tag, part))
    }

    /// Whether it shows a file and no text, so that nothing of it says which one it is.
    pub fn is_story(&self) -> bool {
        self.kind.ends_with("story")
    }
}

fn mark(tag: &str, part: usize) -> String {
    format!("[{tag}-{part}]")
}

/// The files that posts have.
struct Files {
    picture: String,
    video: String,
    upright: String,
}

impl Files {
    fn content(&self, kind: &str, tag: &str, channel: &Channel) -> Vec<Value> {
        let part = |n: usize| json!({ "text": format!("Storm, {kind} {}", mark(tag, n)) });
        let with = |mut part: Value, name: &str, value: Value| {
            part[name] = value;
            part
        };
        let file = |id: &str| json!({ "id": id, "alt": "What it shows" });
        match kind {
            "thread" => (0..3).map(part).collect(),
            "comments" => vec![part(0), with(part(1), "kind", json!("comment"))],
            "image" => vec![with(part(0), "media", json!([file(&self.picture)]))],
            "images" => vec![with(part(0), "media", json!([file(&self.picture), file(&self.picture)]))],
            "video" => vec![with(part(0), "media", json!([file(&self.video)]))],
            "reel" => vec![with(part(0), "media", json!([file(&self.upright)]))],
            "story" => vec![json!({ "text": "", "media": [file(&self.picture)] })],
            "video_story" => vec![json!({ "text": "", "media": [file(&self.upright)] })],
            "quote" => vec![with(part(0), "quote", json!(channel.quotable))],
            "poll" => vec![with(part(0), "poll", json!({ "options": ["Tea", "Coffee"], "duration_minutes": 60 }))],
            _ => vec![part(0)],
        }
    }
}

#[derive(Clone)]
struct Channel {
    id: String,
    platform: String,
    /// The account's name on its network.
    account: String,
    /// The address of a post that it can quote, where its network has quotes.
    quotable: Option<String>,
}

impl Channel {
    /// A post of this kind on it, if its platform has such a kind.
    fn target(&self, files: &Files, kind: &str, tag: &str) -> Option<Value> {
        let options = chosen(kind, &self.platform).filter(|_| kind != "quote" || self.quotable.is_some())?;
        Some(json!({ "channel": self.id, "options": options, "parts": files.content(kind, tag, self) }))
    }
}

/// The addresses of posts to quote, by channel: one on each channel that may quote.
pub async fn quotables(place: &Place) -> BTreeMap<String, String> {
    let known = place.get("v1/channels").await;
    let may = |channel: &&Value| {
        let is_off = channel["switched_off"].as_array().is_some_and(|off| off.iter().any(|name| name == "quote"));
        let takes = chosen("quote", channel["platform"].as_str().unwrap()).is_some();
        channel["limits"]["quote"] == true && takes && !is_off
    };
    let quoting = known.as_array().unwrap().iter().filter(may);
    let targets: Vec<Value> = quoting.map(|channel| json!({ "channel": channel["id"] })).collect();
    let body = json!({ "parts": [{ "text": "To be quoted" }], "channels": targets, "schedule": { "now": true } });
    let post = place.post("v1/posts", &body).await;
    let live = |publication: &Value| publication["state"] == "published";
    let post = place.until(post["id"].as_str().unwrap(), crate::support::PATIENCE, live).await;
    let of = |one: &Value| (text(&one["channel"]), text(&one["url"]));
    post["publications"].as_array().unwrap().iter().map(of).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// All publications of a storm.
pub struct Load {
    pub pieces: Vec<Piece>,
}

impl Load {
    /// Schedules one publication of each kind on each network, and more of them until there are so many, of which so many are
    /// due per second on average.
    pub async fn make(
        place: &Place,
        quotables: &BTreeMap<String, String>,
        (publishes, per_second): (usize, u64),
        chance: &dyn Random,
    ) -> Self {
        let files = Files {
            picture: place.upload(picture()).await,
            video: place.upload(include_bytes!("clip.mp4").into()).await,
            // As a reel is: 9:16, longer than three seconds.
            upright: place.upload(include_bytes!("upright.mp4").into()).await,
        };
        let known = place.get("v1/channels").await;
        let known = known.as_array().unwrap().iter().map(|channel| Channel {
            id: text(&channel["id"]),
            platform: text(&channel["platform"]),
            account: text(&channel["handle"]).trim_start_matches('@').to_owned(),
            quotable: quotables.get(channel["id"].as_str().unwrap()).cloned(),
        });
        let channels: Vec<Channel> = known.collect();
        let mut takers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for kind in KINDS {
            takers.insert(kind, able(place, &files, &channels, kind).await);
        }
        let mut plans: Vec<(&str, Vec<Plan>)> = Vec::new();
        let mut count = 0;
        let mut plan = |kind: &str, channel: usize| {
            let fate = match chance.below(CHANGED) {
                // Whether the right story was changed could not be told.
                _ if kind.ends_with("story") => Fate::Stays,
                0 => Fate::Edited,
                1 => Fate::Deleted,
                _ => Fate::Stays,
            };
            count += 1;
            Plan { channel, tag: format!("{count}"), fate }
        };
        let one_of = |some: &mut Vec<usize>| some.swap_remove(chance.below(some.len() as u64) as usize);
        let mut planned = 0;
        for kind in KINDS {
            let mut on: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for channel in &takers[kind] {
                on.entry(&channels[*channel].platform).or_default().push(*channel);
            }
            let targets: Vec<Plan> = on.values_mut().map(|some| plan(kind, one_of(some))).collect();
            planned += targets.len();
            plans.push((kind, targets));
        }
        while planned < publishes {
            let kind = KINDS[chance.below(KINDS.len() as u64) as usize];
            let mut takers = takers[kind].clone();
            let wanted = (1 + chance.below(3) as usize).min(publishes - planned).min(takers.len());
            plans.push((kind, (0..wanted).map(|_| plan(kind, one_of(&mut takers))).collect()));
            planned += wanted;
        }
        let mut due = SystemClock.now() + LEAD + LEAD_PER_POST * u32::try_from(plans.len()).unwrap();
        let timed = plans.into_iter().filter(|(_, targets)| !targets.is_empty()).map(|(kind, targets)| {
            let per_post = Duration::from_millis(targets.len() as u64 * 1_000 / per_second);
            due = due + per_post.mul_f64(chance.below(200) as f64 / 100.0);
            (kind, targets, due)
        });
        let timed: Vec<_> = timed.collect();
        let making = timed.into_iter().map(|(kind, targets, due)| {
            let (channels, files) = (&channels, &files);
            async move {
                let said = targets.iter().map(|plan| channels[plan.channel].target(files, kind, &plan.tag).unwrap());
                let said: Vec<Value> = said.collect();
                let contents: Vec<Vec<Value>> =
                    said.iter().map(|target| target["parts"].as_array().unwrap().clone()).collect();
                let body = json!({ "parts": contents[0], "channels": said, "schedule": { "at": due } });
                let post = place.post("v1/posts", &body).await;
                let made = post["publications"].as_array().unwrap().clone();
                let pieces = targets.into_iter().zip(contents).map(move |(Plan { channel, tag, fate }, content)| {
                    let Channel { id: channel, platform, account, .. } = channels[channel].clone();
                    let id = made.iter().find(|one| one["channel"] == channel.as_str()).unwrap()["id"].as_str();
                    Piece { id: id.unwrap().to_owned(), channel, platform, kind, due, account, tag, fate, content }
                });
                pieces.collect::<Vec<_>>()
            }
        });
        let pieces: Vec<Vec<Piece>> = stream::iter(making).buffered(AT_ONCE).collect().await;
        Self { pieces: pieces.into_iter().flatten().collect() }
    }

    pub fn last_due(&self) -> Timestamp {
        self.pieces.iter().map(|piece| piece.due).max().unwrap()
    }

    /// Edits and deletes what is to be edited and deleted, as soon as it is live, while processes die: which of it the
    /// platform allowed.
    pub async fn change(&self, place: &Place, over: Instant) -> Vec<(&Piece, Fate)> {
        let fated = self.pieces.iter().filter(|piece| piece.fate != Fate::Stays);
        let changing = fated.map(|piece| async move {
            tokio::time::sleep(piece.due.since(SystemClock.now())).await;
            let path = format!("v1/publications/{}", piece.id);
            loop {
                let (_, seen) = place.insist(&Method::GET, &path, None, over).await?;
                if seen["state"] == "published" {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            let path = format!("{path}/live");
            let late = over + crate::support::PATIENCE;
            let answer = match piece.fate {
                Fate::Deleted => place.insist(&Method::DELETE, &path, None, late).await,
                _ => {
                    let mut parts = piece.content.clone();
                    for part in &mut parts {
                        part["text"] = json!(format!("{} {EDITED}", part["text"].as_str().unwrap()));
                    }
                    place.insist(&Method::PUT, &path, Some(&json!({ "parts": parts })), late).await
                }
            };
            (answer?.0 == 200).then_some((piece, piece.fate))
        });
        let waiting: Vec<_> = changing.collect();
        futures::future::join_all(waiting).await.into_iter().flatten().collect()
    }

    /// Waits until no publication moves by itself any more; gives each as it is then.
    pub async fn settle(&self, place: &Place, until: Instant) -> BTreeMap<String, Value> {
        let moves = |publication: &Value| {
            ["scheduled", "armed", "processing", "unknown"].contains(&publication["state"].as_str().unwrap())
        };
        let mut ended = BTreeMap::new();
        let mut open: BTreeSet<&str> = self.pieces.iter().map(|piece| &*piece.id).collect();
        loop {
            for id in open.clone() {
                let publication = place.get(&format!("v1/publications/{id}")).await;
                if !moves(&publication) {
                    open.remove(id);
                }
                ended.insert(id.to_owned(), publication);
            }
            if open.is_empty() || Instant::now() > until {
                return ended;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// The channels that take this kind.
async fn able(place: &Place, files: &Files, channels: &[Channel], kind: &str) -> Vec<usize> {
    let with_kind = channels.iter().enumerate();
    let with_kind = with_kind.filter_map(|(n, channel)| Some((n, channel.target(files, kind, "asked")?)));
    let (has_kind, targets): (Vec<usize>, Vec<Value>) = with_kind.unzip();
    let body = json!({ "parts": targets[0]["parts"], "channels": targets });
    let judged = place.post("v1/posts/validate", &body).await;
    let verdicts = judged["channels"].as_array().unwrap().iter().zip(has_kind);
    let able: Vec<usize> = verdicts.filter(|(one, _)| one["ok"] == true).map(|(_, n)| n).collect();
    assert!(!able.is_empty(), "no channel takes a {kind}: {judged:#}");
    able
}
