//! Containers: what a post is made of before it is published. No one sees one, and the network forgets it after a day, so that
//! another one does no harm; each is journaled before anything builds on it.
//!
//! A container is made, worked on by the network, and published. Its id is what makes publishing repeatable: before it is
//! published again its state is read, so that none is published twice. Waiting is the engine's business: what is not ready is
//! put back with a time.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind, Handles, Media, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::wire::{Created, One, Quota};
use crate::kit::{
    given_up,
    peer::{Peer, segment},
};

/// A network forgets one after a day; older than this it is made anew.
const LIFE: Duration = Duration::from_secs(23 * 60 * 60);
/// How soon one that is not found yet is asked for again.
const UNSEEN_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause between two questions about one that the network works on.
const LOOK_PAUSE_MAX: Duration = Duration::from_secs(60);
/// One that is not found may be too young to be found.
const SHOWN_WITHIN: Duration = Duration::from_secs(2 * 60);
/// How often one and the same is published before another takes its place.
const PUBLISHED_MAX: u32 = 2;
/// How often another takes the place of one that is of no use, though nothing is wrong with it.
const REMADE_MAX: u64 = 5;
/// How long to wait before another takes the place of one that failed.
const AGAIN_PAUSE: Duration = Duration::from_secs(30);
/// How long to wait when the day's posts are used up: the window rolls, so that one may be free at any time.
pub(crate) const QUOTA_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What differs between the networks.
pub(crate) struct Rules<A: 'static> {
    /// The network, as people know it.
    pub at: &'static str,
    /// What the judge calls a read.
    pub read: A,
    /// What stands before the id in the path of a container.
    pub root: &'static str,
    /// What is asked of one.
    pub fields: &'static str,
    /// What is asked of the day's posts.
    pub quota_fields: &'static str,
    /// Codes of failures that another container may be spared.
    pub passing: &'static [i64],
    /// How many containers are made for one post that fails so.
    pub tries: u64,
    /// What is wrong with one, by what its state says of it, and whether it may pass.
    pub trouble: fn(&str) -> (bool, Text),
}

/// The life of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    /// The network works on it.
    InProgress,
    /// It can be published.
    Finished,
    /// It is a post.
    Published,
    /// It cannot be used.
    Error,
    /// It was not published within a day.
    Expired,
}

/// What a container says of itself. Threads has the word in `status` and the name of the trouble beside it; Instagram has the
/// word in `status_code` and a sentence in `status`, and of one that failed it may leave the word empty (trypost 351).
#[derive(Debug, Deserialize)]
#[serde(try_from = "Fields")]
pub(crate) struct State {
    pub status: Status,
    /// Why it is of no use, in the network's words.
    pub why: Option<String>,
}

#[derive(Deserialize)]
struct Fields {
    status_code: Option<String>,
    status: Option<String>,
    error_message: Option<String>,
}

impl TryFrom<Fields> for State {
    type Error = serde_json::Error;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        let Fields { status_code, status, error_message } = fields;
        let has_code = status_code.is_some();
        let (word, why) = if has_code { (status_code, status) } else { (status, error_message) };
        let word = word.filter(|word| !word.is_empty());
        let fails = || has_code && why.as_deref().is_some_and(|why| why.starts_with("Error"));
        let status = match word {
            None if fails() => Status::Error,
            word => serde_json::from_value(json!(word))?,
        };
        Ok(Self { status, why })
    }
}

/// What is journaled of a container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub id: String,
    /// What it was made of.
    digest: String,
    pub made_at: Timestamp,
    /// When the network was first seen to be done with it.
    finished_at: Option<Timestamp>,
    /// How often the network still worked on it when asked.
    looks: u32,
    /// How often it was handed out to be published.
    sends: u32,
    /// Whether it is a post.
    #[serde(default)]
    pub is_published: bool,
}

/// A container that is wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a, A> {
    /// Its name in the journal.
    pub name: String,
    pub asked: A,
    /// Whether it counts as a reply, of which there may be another number in a day.
    pub is_reply: bool,
    /// What it says, but for the addresses of its files.
    pub fields: Vec<(&'static str, String)>,
    /// Its files, by the fields with their addresses.
    pub files: Vec<(&'static str, &'a Media)>,
    /// How old it must be when it is first asked for.
    pub pause: Duration,
    /// How long it must have been finished.
    pub rest: Duration,
}

impl<A> Wanted<'_, A> {
    fn digest(&self) -> String {
        let files: Vec<&str> = self.files.iter().map(|(_, file)| file.sha256.as_str()).collect();
        hex::encode(Sha256::digest(json!([self.fields, files]).to_string()))
    }
}

/// Where containers are made.
pub(crate) struct Workshop<'a, A: 'static> {
    pub rules: &'static Rules<A>,
    /// The network, signed in.
    pub peer: &'a Peer<'a, A>,
    /// The journal.
    pub handles: &'a dyn Handles,
    /// The path where one is made.
    pub path: String,
    /// The path that tells the day's posts.
    pub quota_path: String,
}

impl<A: Copy + PartialEq> Workshop<'_, A> {
    /// A container that can be published, or that is a post already; handed out once more.
    pub(crate) async fn to_publish(&self, wanted: &Wanted<'_, A>) -> Result<Held, Failure> {
        if self.held(wanted).is_none() {
            self.within_quota(wanted.is_reply).await?;
        }
        let held = self.made(wanted).await?;
        let mut held = self.finished(wanted, held).await?;
        if !held.is_published && held.sends >= PUBLISHED_MAX {
            // It was not found that often: the same id does not recover (trypost 352).
            return Err(self.anew(wanted).await?);
        }
        held.sends += 1;
        self.keep(wanted, &held).await?;
        Ok(held)
    }

    /// The ids of these, all finished. All are made before the first is waited for.
    pub(crate) async fn all_finished(&self, wanted: &[Wanted<'_, A>]) -> Result<Vec<String>, Failure> {
        let mut made = Vec::new();
        for one in wanted {
            made.push(self.made(one).await?);
        }
        let mut ids = Vec::new();
        for (one, held) in wanted.iter().zip(made) {
            ids.push(self.finished(one, held).await?.id);
        }
        Ok(ids)
    }

    /// The journaled one, if it is made of the same and lives long enough; else a new one.
    async fn made(&self, wanted: &Wanted<'_, A>) -> Result<Held, Failure> {
        if let Some(held) = self.held(wanted) {
            return Ok(held);
        }
        let mut fields = wanted.fields.clone();
        for (name, file) in &wanted.files {
            fields.push((*name, self.handles.public_address(file).await?.into()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // As a form: of a JSON body Threads takes the text and drops what else is asked for.
        let request = self.peer.request("prepare the post", http::Method::POST, &self.path).form(&fields);
        let created: Created = match self.peer.read(wanted.asked, request, say!("the container's ID")).await {
            Err(failure) if self.passes(&failure) => return Err(self.once_more(wanted, failure).await?),
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

    /// The same container when the network is done with it.
    async fn finished(&self, wanted: &Wanted<'_, A>, mut held: Held) -> Result<Held, Failure> {
        let now = self.peer.call.clock.now();
        let first = held.made_at + wanted.pause;
        if now < first {
            return Err(self.not_ready(first));
        }
        let Some(state) = state(self.rules, self.peer, &held.id).await? else {
            let is_young = now < held.made_at + SHOWN_WITHIN;
            return Err(if is_young { self.not_ready(now + UNSEEN_PAUSE) } else { self.anew(wanted).await? });
        };
        match state.status {
            Status::Published => held.is_published = true,
            Status::Finished => {
                let rested = *held.finished_at.get_or_insert(now) + wanted.rest;
                if now < rested {
                    self.keep(wanted, &held).await?;
                    return Err(self.not_ready(rested));
                }
            }
            Status::InProgress => {
                if let Some(failure) = given_up(self.rules.at, held.made_at, now) {
                    self.handles.forget(&wanted.name).await?;
                    return Err(failure);
                }
                held.looks += 1;
                self.keep(wanted, &held).await?;
                let pause = Duration::from_secs(5 << held.looks.min(4));
                return Err(self.not_ready(now + pause.min(LOOK_PAUSE_MAX)));
            }
            Status::Expired => return Err(self.anew(wanted).await?),
            Status::Error => {
                self.handles.forget(&wanted.name).await?;
                let (passes, why) = (self.rules.trouble)(state.why.as_deref().unwrap_or_default());
                let failure = Failure::rejected(FailureKind::MediaRefused, why).answered(200, state.why);
                return Err(if passes { self.once_more(wanted, failure).await? } else { failure });
            }
        }
        Ok(held)
    }

    fn held(&self, wanted: &Wanted<'_, A>) -> Option<Held> {
        let held: Held = serde_json::from_value(self.handles.get(&wanted.name)?).ok()?;
        let lives = held.made_at + LIFE > self.peer.call.clock.now();
        (held.digest == wanted.digest() && lives).then_some(held)
    }

    async fn keep(&self, wanted: &Wanted<'_, A>, held: &Held) -> Result<(), Failure> {
        self.handles.put(&wanted.name, serde_json::to_value(held).unwrap_or(Value::Null)).await
    }

    /// It is of no use: another one is made at once, unless that did not help several times.
    async fn anew(&self, wanted: &Wanted<'_, A>) -> Result<Failure, Failure> {
        self.handles.forget(&wanted.name).await?;
        if !self.is_worth_another(&format!("{}_remade", wanted.name), REMADE_MAX).await? {
            let detail = say!(
                "{at} lost the prepared post {times} times before it could be published. Publish again later.",
                at = self.rules.at.to_owned(),
                times = REMADE_MAX
            );
            return Ok(Failure::rejected(FailureKind::ContentRefused, detail));
        }
        Ok(self.not_ready(self.peer.call.clock.now() + Duration::from_secs(1)))
    }

    fn passes(&self, failure: &Failure) -> bool {
        let code = failure.code.as_deref().and_then(|code| code.parse().ok());
        code.is_some_and(|code: i64| self.rules.passing.contains(&code))
    }

    /// A trouble that may pass is given another try with a new container, until there were as many as the network is worth.
    async fn once_more(&self, wanted: &Wanted<'_, A>, failure: Failure) -> Result<Failure, Failure> {
        if !self.is_worth_another(&format!("{}_failed", wanted.name), self.rules.tries).await? {
            return Ok(failure);
        }
        let detail = failure.detail.then(say!("Fanfare tries once more."));
        let again = Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, detail);
        Ok(again.not_before(Some(self.peer.call.clock.now() + AGAIN_PAUSE)))
    }

    /// Counts one that came to nothing: whether there were fewer than this. If not, the count begins anew, for the day when a
    /// person publishes it again.
    async fn is_worth_another(&self, count: &str, most: u64) -> Result<bool, Failure> {
        let failed = self.handles.get(count).and_then(|count| count.as_u64()).unwrap_or(0) + 1;
        if failed < most {
            self.handles.put(count, json!(failed)).await?;
        } else {
            self.handles.forget(count).await?;
        }
        Ok(failed < most)
    }

    /// Whether the account may publish another post, or reply, in these 24 hours. Only a plain answer that it may not keeps it
    /// back.
    async fn within_quota(&self, is_reply: bool) -> Result<(), Failure> {
        let request = self.peer.get("ask how many posts are left", &self.quota_path);
        let request = request.query("fields", self.rules.quota_fields);
        let read = self.peer.read::<One<Quota>>(self.rules.read, request, say!("the quota")).await;
        let Some(quota) = read.ok().and_then(|mut read| read.data.pop()) else { return Ok(()) };
        let Some((used, total)) = quota.of(is_reply).filter(|(used, total)| used >= total) else { return Ok(()) };
        let at = self.rules.at.to_owned();
        let detail = if is_reply {
            say!(
                "This account has published {used} of the {total} replies that {at} allows in 24 hours. Fanfare tries again as soon as there is room."
            )
        } else {
            say!(
                "This account has published {used} of the {total} posts that {at} allows in 24 hours. Fanfare tries again as soon as there is room."
            )
        };
        let failure = Failure::new(Outcome::Throttled, FailureKind::RateLimited, detail);
        Err(failure.not_before(Some(self.peer.call.clock.now() + QUOTA_PAUSE)))
    }

    fn not_ready(&self, until: Timestamp) -> Failure {
        let detail = say!(
            "{at} is still preparing the post. Fanfare checks again, then publishes.",
            at = self.rules.at.to_owned()
        );
        Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, detail).not_before(Some(until))
    }
}

/// What the network makes of a container; `None` if it does not find it.
pub(crate) async fn state<A: Copy + PartialEq>(
    rules: &Rules<A>,
    peer: &Peer<'_, A>,
    id: &str,
) -> Result<Option<State>, Failure> {
    let request = peer.get("ask about the container", &format!("{}/{}", rules.root, segment(id)));
    match peer.read(rules.read, request.query("fields", rules.fields), say!("its status")).await {
        Ok(state) => Ok(Some(state)),
        Err(failure) if failure.kind == FailureKind::RemoteNotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{State, Status};

    #[test]
    fn a_container_tells_its_state_in_one_field_or_in_two() {
        let read = |fields| serde_json::from_value::<State>(fields).ok().map(|state| (state.status, state.why));
        let why = |text: &str| Some(text.to_owned());
        #[rustfmt::skip]
        let cases = [
            (json!({ "id": "1", "status": "FINISHED" }), Some((Status::Finished, None))),
            (json!({ "status": "ERROR", "error_message": "UNKNOWN" }), Some((Status::Error, why("UNKNOWN")))),
            (json!({ "status_code": "IN_PROGRESS", "status": "In progress" }), Some((Status::InProgress, why("In progress")))),
            (json!({ "status_code": "", "status": "Error: 2207026" }), Some((Status::Error, why("Error: 2207026")))),
            (json!({ "status_code": "", "status": "In progress" }), None),
            (json!({ "id": "1" }), None),
        ];
        for (fields, expected) in cases {
            assert_eq!(read(fields.clone()), expected, "{fields}");
        }
    }
}
