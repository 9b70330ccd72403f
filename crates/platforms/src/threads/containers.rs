//! Containers: what a post is made of before it is published. Nobody sees one, and Threads forgets it after a day, so that
//! another one does no harm; each is journaled before anything builds on it.
//!
//! A container is made, worked on by Threads, and published. Its id is what makes publishing repeatable: before it is
//! published again its state is read, so that none is published twice. Waiting is the engine's business: what is not ready is
//! put back with a time.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind, Handles, Media, MediaKind, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    errors::{Asked, NOT_FETCHED},
    wire::{Created, One, Quota, State, Status},
};
use crate::kit::peer::{Peer, segment};

/// Threads forgets one after a day; older than this it is made anew.
const LIFE: Duration = Duration::from_secs(23 * 60 * 60);
/// How old one with a text alone must be before it is published. Threads advises half a minute on average; its copies know
/// a text sooner (Postiz 2047: they lag by 7 s in the median).
pub const PAUSE_TEXT: Duration = Duration::from_secs(10);
/// How old one with files must be: Threads's own advice.
pub const PAUSE_FILES: Duration = Duration::from_secs(30);
/// How old a file of a carousel must be before it is asked for.
pub const PAUSE_CHILD: Duration = Duration::from_secs(5);
/// The longest pause between two questions about one that Threads works on.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(60);
/// One that is not found may be too young to be found.
const SHOWN_WITHIN: Duration = Duration::from_secs(2 * 60);
/// How often one and the same is published before another takes its place.
const PUBLISHED_MAX: u32 = 2;
/// How long to wait when the day's posts are used up: the window rolls, so that one may be free at any time.
const QUOTA_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What is journaled of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// What it was made of.
    digest: String,
    /// When.
    pub made_at: Timestamp,
    /// When Threads was first seen to be done with it.
    finished_at: Option<Timestamp>,
    /// How often Threads still worked on it when asked.
    looks: u32,
    /// How often it was handed out to be published.
    sends: u32,
    /// Whether it is a post.
    #[serde(default)]
    pub is_published: bool,
}

/// A container that is wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Its name in the journal.
    pub name: String,
    /// For a post of its own or a reply.
    pub asked: Asked,
    /// What it says, but for the address of its file.
    pub fields: Vec<(&'static str, String)>,
    /// Its file.
    pub file: Option<&'a Media>,
    /// How old it must be when it is first asked for.
    pub pause: Duration,
    /// How long it must have been finished. A reply with a video that is published at once can become a post of its own
    /// (Postiz 1441).
    pub rest: Duration,
}

impl Wanted<'_> {
    fn digest(&self) -> String {
        let file = self.file.map(|file| file.sha256.as_str());
        hex::encode(Sha256::digest(json!([self.fields, file]).to_string()))
    }
}

/// Where containers are made.
pub struct Workshop<'a> {
    /// Threads, signed in.
    pub peer: &'a Peer<'a, Asked>,
    /// The journal.
    pub handles: &'a dyn Handles,
}

impl Workshop<'_> {
    /// A container that can be published, or that is a post already; handed out once more.
    pub async fn to_publish(&self, wanted: &Wanted<'_>) -> Result<Held, Failure> {
        if self.held(wanted).is_none() {
            self.within_quota(wanted.asked).await?;
        }
        let held = self.made(wanted).await?;
        let mut held = self.finished(wanted, held).await?;
        if !held.is_published && held.sends >= PUBLISHED_MAX {
            // Threads has not found it that often: the same id does not recover (trypost 352).
            return Err(self.anew(wanted).await?);
        }
        held.sends += 1;
        self.keep(wanted, &held).await?;
        Ok(held)
    }

    /// The journaled one, if it is made of the same and lives long enough; else a new one.
    pub async fn made(&self, wanted: &Wanted<'_>) -> Result<Held, Failure> {
        if let Some(held) = self.held(wanted) {
            return Ok(held);
        }
        let mut fields = wanted.fields.clone();
        if let Some(file) = wanted.file {
            let name = if file.kind == MediaKind::Video { "video_url" } else { "image_url" };
            fields.push((name, self.handles.public_address(file).await?.into()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // As a form: of a JSON body Threads takes the text and drops what else is asked for.
        let request = self.peer.request("prepare the post", http::Method::POST, "/v1.0/me/threads").form(&fields);
        let made = self.peer.read::<Created>(wanted.asked, request, say!("the container's ID")).await;
        let created = match made {
            Err(failure) if failure.code.as_deref() == Some(&NOT_FETCHED.to_string()) => {
                return Err(self.once_more(wanted, failure).await?);
            }
            made => made?,
        };
        let held = Held {
            id: created.id,
            digest: wanted.digest(),
            made_at: self.peer.call.clock.now(),
            finished_at: None,
            looks: 0,
            sends: 0,
            is_published: false,
        };
        self.keep(wanted, &held).await?;
        Ok(held)
    }

    /// The same container when Threads is done with it.
    pub async fn finished(&self, wanted: &Wanted<'_>, mut held: Held) -> Result<Held, Failure> {
        let now = self.peer.call.clock.now();
        let first = held.made_at + wanted.pause;
        if now < first {
            return Err(not_ready(first));
        }
        let Some(state) = state(self.peer, &held.id).await? else {
            let is_young = now < held.made_at + SHOWN_WITHIN;
            return Err(if is_young { not_ready(now + PAUSE_TEXT) } else { self.anew(wanted).await? });
        };
        match state.status {
            Status::Published => held.is_published = true,
            Status::Finished => {
                let rested = *held.finished_at.get_or_insert(now) + wanted.rest;
                if now < rested {
                    self.keep(wanted, &held).await?;
                    return Err(not_ready(rested));
                }
            }
            Status::InProgress => {
                held.looks += 1;
                self.keep(wanted, &held).await?;
                let pause = Duration::from_secs(5 << held.looks.min(4));
                return Err(not_ready(now + pause.min(LOOK_PAUSE_MAX)));
            }
            Status::Expired => return Err(self.anew(wanted).await?),
            Status::Error => {
                self.handles.forget(&wanted.name).await?;
                let (passes, why) = trouble(state.error_message.as_deref().unwrap_or_default());
                let failure = Failure::rejected(FailureKind::MediaRefused, why).answered(200, state.error_message);
                return Err(if passes { self.once_more(wanted, failure).await? } else { failure });
            }
        }
        Ok(held)
    }

    fn held(&self, wanted: &Wanted<'_>) -> Option<Held> {
        let held: Held = serde_json::from_value(self.handles.get(&wanted.name)?).ok()?;
        let lives = held.made_at + LIFE > self.peer.call.clock.now();
        (held.digest == wanted.digest() && lives).then_some(held)
    }

    async fn keep(&self, wanted: &Wanted<'_>, held: &Held) -> Result<(), Failure> {
        self.handles.put(&wanted.name, serde_json::to_value(held).unwrap_or(Value::Null)).await
    }

    /// It is of no use: another one is made at once.
    async fn anew(&self, wanted: &Wanted<'_>) -> Result<Failure, Failure> {
        self.handles.forget(&wanted.name).await?;
        Ok(not_ready(self.peer.call.clock.now() + Duration::from_secs(1)))
    }

    /// A trouble that may pass is given one more try with a new container; the second time it is final.
    async fn once_more(&self, wanted: &Wanted<'_>, failure: Failure) -> Result<Failure, Failure> {
        let name = format!("{}_failed", wanted.name);
        if self.handles.get(&name).is_some() {
            return Ok(failure);
        }
        self.handles.put(&name, json!(true)).await?;
        let detail = failure.detail.then(say!("Fanfare tries once more."));
        let again = Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, detail);
        Ok(again.not_before(Some(self.peer.call.clock.now() + PAUSE_FILES)))
    }

    /// Whether Threads takes another post, or reply, in these 24 hours. Only a plain answer that it does not keeps it back.
    async fn within_quota(&self, asked: Asked) -> Result<(), Failure> {
        let request = self.peer.get("ask how many posts are left", "/v1.0/me/threads_publishing_limit");
        let request = request.query("fields", "quota_usage,config,reply_quota_usage,reply_config");
        let read = self.peer.read::<One<Quota>>(Asked::Read, request, say!("the quota")).await;
        let Some(quota) = read.ok().and_then(|mut read| read.data.pop()) else { return Ok(()) };
        let (used, config) = match asked {
            Asked::Reply => (quota.reply_quota_usage, quota.reply_config),
            _ => (quota.quota_usage, quota.config),
        };
        let Some((used, total)) = used.zip(config.map(|config| config.quota_total)) else { return Ok(()) };
        if used < total {
            return Ok(());
        }
        let detail = say!(
            "This account has published {used} of the {total} posts or replies that Threads allows in 24 hours. Fanfare tries again as soon as there is room."
        );
        let failure = Failure::new(Outcome::Throttled, FailureKind::RateLimited, detail);
        Err(failure.not_before(Some(self.peer.call.clock.now() + QUOTA_PAUSE)))
    }
}

/// What Threads makes of a container; `None` if it does not find it.
pub async fn state(peer: &Peer<'_, Asked>, id: &str) -> Result<Option<State>, Failure> {
    let request = peer.get("ask about the container", &format!("/v1.0/{}", segment(id)));
    match peer.read(Asked::Read, request.query("fields", "id,status,error_message"), say!("its status")).await {
        Ok(state) => Ok(Some(state)),
        Err(failure) if failure.kind == FailureKind::RemoteNotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn not_ready(until: Timestamp) -> Failure {
    let detail = say!("Threads is still preparing the post. Fanfare checks again, then publishes.");
    Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, detail).not_before(Some(until))
}

/// What is wrong with a container, and whether it may pass. The names are Threads's, one of them misspelt there.
pub fn trouble(name: &str) -> (bool, Text) {
    let wrong = match name {
        "FAILED_DOWNLOADING_VIDEO" => {
            return (true, say!("Threads could not fetch the video from this installation."));
        }
        "FAILED_PROCESSING_AUDIO" => say!("Threads can't process the video's sound."),
        "FAILED_PROCESSING_VIDEO" => say!("Threads can't process the video."),
        "INVALID_ASPEC_RATIO" | "INVALID_ASPECT_RATIO" => say!("Threads doesn't take the video's aspect ratio."),
        "INVALID_BIT_RATE" => say!("Threads doesn't take the video's bit rate; it allows 100 Mbit/s."),
        "INVALID_DURATION" => say!("Threads doesn't take the video's length; it allows five minutes."),
        "INVALID_FRAME_RATE" => say!("Threads doesn't take the video's frame rate; it allows 23 to 60 per second."),
        "INVALID_AUDIO_CHANNELS" | "INVALID_AUDIO_CHANNEL_LAYOUT" => {
            say!("Threads doesn't take the video's sound channels; it allows mono and stereo.")
        }
        // `UNKNOWN`, no name at all, and names that come later: a new container may fare better.
        _ => return (true, say!("Threads could not prepare the post, and gives no reason.")),
    };
    (false, wrong.then(say!("Convert the file or use another one.")))
}
