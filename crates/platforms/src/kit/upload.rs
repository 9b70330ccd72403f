//! Files on their way to a network: begun, sent in pieces, ended, worked on. Each step is journaled before the next, so that
//! a crash repeats one step at most.
//!
//! A network brings its calls ([`Upload`]) and what it keeps of a file; the order, the journal, the patience and the new
//! beginning where the network has forgotten a file are here. Waiting is the engine's business: what is not ready is put back
//! with a time.

use std::time::Duration;

use async_trait::async_trait;
use base::{Text, Timestamp, say};
use connector::{Call, Failure, FailureKind, Handles, Media, Outcome};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::given_up;

/// A file that a network forgets within this time is uploaded anew, so that it lives until the post is sent.
const MARGIN: Duration = Duration::from_secs(60 * 60);
/// The longest pause between two questions about a file that a network works on.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// How often a file is begun anew because the network has lost it.
const BEGINNINGS_MAX: u32 = 4;

/// How a network takes files.
#[async_trait]
pub(crate) trait Upload: Sync {
    /// What the network's calls need of a file: its id, above all.
    type Own: Serialize + DeserializeOwned + Send + Sync;

    /// Begins, or sends the whole file where that is one call.
    async fn begin(&self, file: &Media) -> Result<Begun<Self::Own>, Failure>;

    /// Sends the piece that begins after this many bytes. How many are there then.
    async fn piece(&self, file: &Media, own: &mut Self::Own, sent: u64) -> Result<u64, Failure>;

    /// How many bytes are there, where a run before this one may have sent more than it journaled.
    async fn resume(&self, _own: &Self::Own, sent: u64) -> Result<u64, Failure> {
        Ok(sent)
    }

    /// All bytes are there: tells the network so, where it wants to hear it.
    async fn end(&self, own: &mut Self::Own) -> Result<Ended, Failure>;

    /// What the network makes of it.
    async fn state(&self, own: &Self::Own) -> Result<State, Failure>;

    /// Says what the file shows, once it is ready. Whether that was news.
    async fn describe(&self, _file: &Media, _own: &mut Self::Own) -> Result<bool, Failure> {
        Ok(false)
    }

    /// Whether a file that was ready is asked for again by the next preparation.
    fn is_asked_again(&self) -> bool {
        false
    }

    /// The sentence for a file that the network still works on.
    fn working(&self) -> Text;

    /// The network, as people know it.
    fn at(&self) -> &'static str;
}

/// An upload that has begun.
pub(crate) struct Begun<O> {
    /// What is kept of it.
    pub own: O,
    /// How long the network keeps the file.
    pub life: Duration,
    /// What follows.
    pub stage: Stage,
}

/// An upload of which all bytes are there.
pub(crate) struct Ended {
    /// What the network makes of it.
    pub state: State,
    /// How long the network keeps the file from now on, where it says so.
    pub life: Option<Duration>,
}

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// So many bytes are there.
    Pieces { sent: u64 },
    /// The network works on it.
    Processing,
    /// A post can use it.
    Ready,
}

/// What a network makes of a file.
pub(crate) enum State {
    /// A post can use it.
    Ready,
    /// It is worked on; how soon the network wants to be asked again.
    Working(Option<Duration>),
    /// It is of no use.
    Refused(Failure),
}

/// What is journaled of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Held<O> {
    own: O,
    sha256: String,
    expires_at: Timestamp,
    stage: Stage,
    /// How often the network still worked on it when asked.
    looks: u32,
    /// Since when it works on it.
    #[serde(default)]
    since: Option<Timestamp>,
    /// How often it was begun.
    #[serde(default)]
    beginnings: u32,
}

/// A file, ready for a post: what the network calls it. `name` is its place in the journal.
pub(crate) async fn ready<U: Upload>(
    upload: &U,
    call: &Call<'_>,
    file: &Media,
    handles: &dyn Handles,
    name: &str,
) -> Result<U::Own, Failure> {
    let way = OnItsWay { upload, call, file, handles, name };
    let Some(held) = way.held() else { return way.anew(0).await };
    let beginnings = held.beginnings;
    match way.carry_on(held, true).await {
        // The network has forgotten what we hold: once more from the beginning.
        Err(failure) if is_lost(&failure) => way.anew(beginnings).await,
        result => result,
    }
}

fn is_lost(failure: &Failure) -> bool {
    failure.kind == FailureKind::MediaNotReady && failure.retry_at.is_none()
}

struct OnItsWay<'a, U> {
    upload: &'a U,
    call: &'a Call<'a>,
    file: &'a Media,
    handles: &'a dyn Handles,
    name: &'a str,
}

impl<U: Upload> OnItsWay<'_, U> {
    /// What is journaled, if it is of these bytes and lives long enough.
    fn held(&self) -> Option<Held<U::Own>> {
        let held: Held<U::Own> = serde_json::from_value(self.handles.get(self.name)?).ok()?;
        let lives = held.expires_at > self.call.clock.now() + MARGIN;
        (held.sha256 == self.file.sha256 && lives).then_some(held)
    }

    async fn keep(&self, held: &Held<U::Own>) -> Result<(), Failure> {
        self.handles.put(self.name, serde_json::to_value(held).unwrap_or(Value::Null)).await
    }

    /// After so many beginnings that came to nothing.
    async fn anew(&self, before: u32) -> Result<U::Own, Failure> {
        if before >= BEGINNINGS_MAX {
            self.handles.forget(self.name).await?;
            let detail = say!(
                "{at} lost the file {times} times after Fanfare had uploaded it. Publish again later. If the same happens, \
                 convert the file or use another one.",
                at = self.upload.at().to_owned(),
                times = before
            );
            return Err(Failure::rejected(FailureKind::MediaRefused, detail));
        }
        let Begun { own, life, stage } = self.upload.begin(self.file).await?;
        let expires_at = self.call.clock.now() + life;
        let held = Held {
            own,
            sha256: self.file.sha256.clone(),
            expires_at,
            stage,
            looks: 0,
            since: None,
            beginnings: before + 1,
        };
        self.keep(&held).await?;
        self.carry_on(held, false).await
    }

    async fn carry_on(&self, mut held: Held<U::Own>, is_resumed: bool) -> Result<U::Own, Failure> {
        if let Stage::Pieces { mut sent } = held.stage {
            if is_resumed {
                sent = self.upload.resume(&held.own, sent).await?;
            }
            while sent < self.file.size_bytes {
                let there = self.upload.piece(self.file, &mut held.own, sent).await?;
                // A network that takes nothing must not be sent the same for ever.
                if there <= sent {
                    return Err(Failure::new(Outcome::NotSent, FailureKind::MediaNotReady, self.upload.working()));
                }
                sent = there;
                held.stage = Stage::Pieces { sent };
                self.keep(&held).await?;
            }
            let Ended { state, life } = self.upload.end(&mut held.own).await?;
            held.stage = Stage::Processing;
            held.expires_at = life.map_or(held.expires_at, |life| self.call.clock.now() + life);
            self.keep(&held).await?;
            self.judge(&mut held, state).await?;
        } else if held.stage == Stage::Processing || is_resumed && self.upload.is_asked_again() {
            let state = self.upload.state(&held.own).await?;
            self.judge(&mut held, state).await?;
        }
        if self.upload.describe(self.file, &mut held.own).await? {
            self.keep(&held).await?;
        }
        Ok(held.own)
    }

    async fn judge(&self, held: &mut Held<U::Own>, state: State) -> Result<(), Failure> {
        match state {
            State::Ready => {
                held.stage = Stage::Ready;
                self.keep(held).await
            }
            // How often it was begun is remembered.
            State::Refused(failure) if is_lost(&failure) => Err(failure),
            State::Refused(failure) => {
                self.handles.forget(self.name).await?;
                Err(failure)
            }
            State::Working(hint) => {
                let now = self.call.clock.now();
                if let Some(failure) = given_up(self.upload.at(), *held.since.get_or_insert(now), now) {
                    self.handles.forget(self.name).await?;
                    return Err(failure);
                }
                // Each time twice as long: a long video is not asked about every second, a short one is not kept waiting.
                let pause = hint.unwrap_or(Duration::from_secs(5)).max(Duration::from_secs(1));
                let pause = pause.saturating_mul(1 << held.looks.min(6)).min(PAUSE_MAX);
                held.looks += 1;
                self.keep(held).await?;
                let failure = Failure::new(Outcome::Throttled, FailureKind::MediaNotReady, self.upload.working());
                Err(failure.not_before(Some(now + pause)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use base::{Clock as _, TestClock};
    use connector::MediaKind;
    use serde_json::json;

    use super::{super::WORK_MAX, *};
    use crate::meta::test_world::{Journal, NOW, World, file};

    /// A network that takes every byte and never has a file ready: it works on it, or has lost it.
    struct Never {
        loses: bool,
        beginnings: AtomicU32,
    }

    #[async_trait]
    impl Upload for Never {
        type Own = ();

        async fn begin(&self, _: &Media) -> Result<Begun<()>, Failure> {
            self.beginnings.fetch_add(1, Ordering::Relaxed);
            Ok(Begun { own: (), life: Duration::from_secs(86_400), stage: Stage::Pieces { sent: 0 } })
        }

        async fn piece(&self, file: &Media, (): &mut (), _: u64) -> Result<u64, Failure> {
            Ok(file.size_bytes)
        }

        async fn end(&self, (): &mut ()) -> Result<Ended, Failure> {
            Ok(Ended { state: State::Working(None), life: None })
        }

        async fn state(&self, (): &()) -> Result<State, Failure> {
            let lost = || State::Refused(Failure::rejected(FailureKind::MediaNotReady, "it is lost"));
            Ok(if self.loses { lost() } else { State::Working(None) })
        }

        fn working(&self) -> Text {
            "it is worked on".into()
        }

        fn at(&self) -> &'static str {
            "Never"
        }
    }

    #[tokio::test]
    async fn a_file_that_never_becomes_ready_is_given_up_and_begun_anew_when_a_person_publishes_again() {
        for (loses, words, beginnings) in [(false, "within 30 minutes", 1), (true, "4 times", BEGINNINGS_MAX)] {
            let world = World::at("http://127.0.0.1:1/", &[], json!(null), TestClock::at(NOW));
            let (network, journal) = (Never { loses, beginnings: AtomicU32::new(0) }, Journal::default());
            let film = file("film", MediaKind::Video, "video/mp4", None);
            let refused = loop {
                let failure = ready(&network, &world.call(), &film, &journal, "file").await.expect_err("never ready");
                if failure.outcome == Outcome::Rejected && failure.kind == FailureKind::MediaRefused {
                    break failure;
                }
                world.wait(failure.retry_at.map_or(5, |at| at.since(world.clock.now()).as_secs()));
            };
            assert!(refused.detail.english().contains(words), "{}", refused.detail.english());
            assert_eq!(network.beginnings.load(Ordering::Relaxed), beginnings, "{words}");
            assert!(world.clock.now().since(NOW) <= WORK_MAX + PAUSE_MAX, "{words}");
            let again = ready(&network, &world.call(), &film, &journal, "file").await.expect_err("never ready");
            assert_eq!(again.kind, FailureKind::MediaNotReady, "{words}");
            assert_eq!(network.beginnings.load(Ordering::Relaxed), beginnings + 1, "{words}");
        }
    }
}
