//! What became of a post whose answer was lost: its photo or video tells where it is shown, and for a text or a comment the
//! page's own posts and the post's comments tell. Reads only.

use std::time::Duration;

use base::{Timestamp, say};
use connector::{Call, Failure, FailureKind, Finding, Remote, Trace};

use super::{
    compose::{Frozen, Kind},
    errors::Asked,
    peer,
    publish::sent,
    reads, text,
    uploads::unusable,
    wire::{Attachment, Photo, Post, Video},
};
use crate::kit::{
    parts,
    peer::{Peer, segment},
    read_back::{BEFORE, Fit, decided, letters, may_be},
};

/// How long after its end a call that was lost may still take effect.
const SETTLES: Duration = Duration::from_secs(60);
/// How long a story whose id was answered may not be in the list.
const SHOWN_WITHIN: Duration = Duration::from_secs(5 * 60);

/// What became of the part of a trace.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let frozen = parts::frozen::<Frozen>(trace.ready)?;
    let peer = peer(call)?;
    let search = Search { call, peer: &peer, frozen: &frozen, trace };
    match frozen.kind {
        Kind::Text | Kind::Comment => search.among_own().await,
        Kind::Photos => search.by_photo().await,
        Kind::Video | Kind::Reel => search.by_video().await,
        Kind::PhotoStory | Kind::VideoStory => search.by_story().await,
    }
}

struct Search<'a> {
    call: &'a Call<'a>,
    peer: &'a Peer<'a, Asked>,
    frozen: &'a Frozen,
    trace: &'a Trace<'a>,
}

impl Search<'_> {
    /// A handle that tells nothing of the post any more proves that there is none, once a late call is over.
    fn absent(&self) -> Finding {
        Finding::Absent { certain: self.call.clock.now() >= self.trace.deadline + SETTLES }
    }

    fn handle(&self) -> &str {
        self.frozen.media.first().map_or("", String::as_str)
    }

    /// A photo names the post that shows it. What it does not name yet may be in the list already.
    async fn by_photo(&self) -> Result<Finding, Failure> {
        let request = self.peer.get("ask about the photo", &format!("/{}", segment(self.handle())));
        let request = request.query("fields", "page_story_id");
        let photo = self.peer.read::<Photo>(Asked::Read, request, say!("a photo")).await;
        let Some(id) = gone(photo)?.and_then(|photo| photo.page_story_id) else {
            return Ok(match self.among_own().await? {
                Finding::Absent { .. } => self.absent(),
                found => found,
            });
        };
        let request = self.peer.get("read the post", &format!("/{}", segment(&id))).query("fields", reads::POST);
        let post = gone(self.peer.read::<Post>(Asked::Read, request, say!("a post")).await)?;
        Ok(match post.filter(|post| post.is_published != Some(false)) {
            Some(post) => {
                let sent = sent(self.call, self.frozen, &post.id, post.permalink_url.as_deref(), None);
                Finding::Published { sent, proof: say!("the prepared photo names the post that shows it") }
            }
            None => self.absent(),
        })
    }

    async fn by_video(&self) -> Result<Finding, Failure> {
        let Some(video) = gone(reads::video(self.peer, self.handle()).await)? else { return Ok(self.absent()) };
        Ok(match self.state_of(&video) {
            State::Published => {
                let link = video.permalink_url.as_deref();
                let sent = sent(self.call, self.frozen, &video.id, link, video.post_id.as_deref());
                Finding::Published { sent, proof: say!("Facebook says that it published the prepared video") }
            }
            State::Working => Finding::Processing,
            State::Refused(failure) => Finding::Refused(failure.detail),
            State::Waiting if self.trace.sent.is_some() => Finding::Processing,
            State::Waiting => self.absent(),
        })
    }

    /// A video that is only uploaded waits to be published; while Facebook works on it, it may be either.
    fn state_of(&self, video: &Video) -> State {
        let (status, publishing) = (&video.status, &video.status.publishing_phase);
        let is_broken = matches!(status.video_status.as_str(), "error" | "upload_failed" | "expired");
        if is_broken || publishing.publish_status == "error" || status.processing_phase.trouble().is_some() {
            return State::Refused(unusable(status));
        }
        let is_out = publishing.publish_status == "published"
            || publishing.publish_status.is_empty() && video.published == Some(true) && status.video_status == "ready";
        match status.video_status.as_str() {
            _ if is_out => State::Published,
            "processing" => State::Working,
            "ready" if publishing.is_complete() && publishing.publish_status.is_empty() => State::Published,
            "ready" if publishing.status == "in_progress" => State::Working,
            _ => State::Waiting,
        }
    }

    /// The list of stories names each one's photo or video.
    async fn by_story(&self) -> Result<Finding, Failure> {
        let stories = reads::stories(self.peer, self.call.account_id, self.trace.armed_at).await?;
        let found = stories.into_iter().find(|story| story.media_id.as_deref() == Some(self.handle()));
        if let Some(story) = found {
            let sent = sent(self.call, self.frozen, &story.post_id, story.url.as_deref(), None);
            return Ok(Finding::Published { sent, proof: say!("the list of stories has the prepared file") });
        }
        let is_late = self.call.clock.now() >= self.trace.deadline + SHOWN_WITHIN;
        if self.frozen.kind == Kind::VideoStory
            && let Some(video) = gone(reads::video(self.peer, self.handle()).await)?
        {
            match self.state_of(&video) {
                State::Refused(failure) => return Ok(Finding::Refused(failure.detail)),
                State::Working => return Ok(Finding::Processing),
                State::Published | State::Waiting => {}
            }
        }
        Ok(match self.trace.sent {
            // Its id was in the answer. Whether the list shows every story is doubted by clients.
            Some(sent) if is_late => {
                let sent = connector::Sent { processing: false, ..sent.clone() };
                Finding::Published { sent, proof: say!("the answer of Facebook had its ID") }
            }
            Some(_) => Finding::Processing,
            None => self.absent(),
        })
    }

    /// The page's own posts, or the comments under the post, in the window.
    async fn among_own(&self) -> Result<Finding, Failure> {
        let since = self.trace.armed_at - BEFORE;
        let (path, fields) = match self.frozen.kind {
            Kind::Comment => (self.frozen.path.clone(), reads::COMMENT),
            _ => (format!("/{}/published_posts", segment(self.call.account_id)), reads::POST),
        };
        let request = || {
            let request = self.peer.get("look for the post", &path).query("fields", fields);
            if self.frozen.kind != Kind::Comment {
                return request;
            }
            request.query("filter", "stream").query("order", "reverse_chronological").of_others()
        };
        // Newest first.
        let is_before = |post: &Post| post.made_at().is_some_and(|at| at < since);
        let posts = reads::listed(self.peer, request, |all: &[Post]| all.last().is_some_and(is_before)).await?;
        Ok(decided(
            posts.iter().map(|post| {
                (self.fit(post), sent(self.call, self.frozen, &post.id, post.permalink_url.as_deref(), None))
            }),
        ))
    }

    fn fit(&self, post: &Post) -> Fit {
        let wanted = self.frozen;
        let is_others = match wanted.kind {
            Kind::Comment => post.from.as_ref().is_some_and(|from| from.id != self.call.account_id),
            _ => post.application.as_ref().is_some_and(|app| Some(app.id.as_str()) != app_id(self.call)),
        };
        if is_others || post.is_published == Some(false) || !may_be(self.trace, &post.id, post.made_at()) {
            return Fit::Other;
        }
        let proof = |what| Fit::Same(say!("the only match among the page's own posts: {what}"));
        let shows_ours =
            post.shows().filter_map(|one| one.target.as_ref()?.id.as_ref()).any(|id| wanted.media.contains(id));
        if shows_ours {
            return proof(say!("it shows the prepared files"));
        }
        let has_files = post.shows().any(Attachment::is_file);
        if has_files == wanted.media.is_empty() && post.shows().next().is_some() {
            return Fit::Other;
        }
        let link_of = |address: &str| url::Url::parse(address).map(|url| url.to_string()).ok();
        let has_link = wanted.link.as_deref().is_none_or(|link| {
            post.shows().filter_map(|one| one.unshimmed_url.as_deref()).any(|shown| link_of(shown) == link_of(link))
        });
        let (shown, said) = (text::canonical(&post.message), text::canonical(&wanted.text));
        let is_telling = !said.is_empty() || wanted.link.is_some();
        if shown == said && has_link && is_telling && wanted.media.is_empty() {
            proof(say!("same text, same link, same time"))
        } else if letters(&shown) == letters(&said) {
            Fit::Alike
        } else {
            Fit::Other
        }
    }
}

enum State {
    Published,
    Working,
    Waiting,
    Refused(Failure),
}

/// `None` for what is not there.
fn gone<T>(read: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match read {
        Ok(found) => Ok(Some(found)),
        Err(failure) if failure.kind == FailureKind::RemoteNotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn app_id<'a>(call: &'a Call<'_>) -> Option<&'a str> {
    call.app.get("client_id").ok().map(|id| id.expose().as_str())
}

/// The part at an address that a person found: what its own file tells, or the one of the page's own posts (or stories, or the
/// post's comments) that has this page.
pub async fn at_address(call: &Call<'_>, frozen: &Frozen, url: &url::Url) -> Result<Remote, Failure> {
    let place = place(call, url).ok_or_else(|| {
        let detail = say!(
            "This isn't the address of a post on Facebook. Open the post there and copy its address, like https://www.facebook.com/page/posts/123."
        );
        Failure::rejected(FailureKind::InputInvalid, detail)
    })?;
    let is_it = |id: &str, link: Option<&str>| {
        let own =
            link.and_then(|link| url::Url::parse(&super::web(call, link)).ok()).and_then(|url| self::place(call, &url));
        own.as_deref() == Some(&place) || id == place || id.ends_with(&format!("_{place}"))
    };
    let peer = peer(call)?;
    let remote = |id: &str, link: Option<&str>, post: Option<&str>| Ok(sent(call, frozen, id, link, post).remote);
    match frozen.kind {
        Kind::Video | Kind::Reel => {
            if let Some(id) = frozen.media.first()
                && let Some(video) = gone(reads::video(&peer, id).await)?
                && (is_it(&video.id, video.permalink_url.as_deref())
                    || video.post_id.as_deref().is_some_and(|id| is_it(id, None)))
            {
                return remote(&video.id, video.permalink_url.as_deref(), video.post_id.as_deref());
            }
        }
        Kind::PhotoStory | Kind::VideoStory => {
            let stories = reads::stories(&peer, call.account_id, Timestamp::from_seconds(0) + BEFORE).await?;
            if let Some(story) = stories.iter().find(|story| is_it(&story.post_id, story.url.as_deref())) {
                return remote(&story.post_id, story.url.as_deref(), None);
            }
        }
        Kind::Text | Kind::Photos | Kind::Comment => {
            let (path, fields) = match frozen.kind {
                Kind::Comment => (frozen.path.clone(), reads::COMMENT),
                _ => (format!("/{}/published_posts", segment(call.account_id)), reads::POST),
            };
            let request = || peer.get("look for the post by its address", &path).query("fields", fields);
            let found = |post: &Post| is_it(&post.id, post.permalink_url.as_deref());
            let posts = reads::listed(&peer, request, |all: &[Post]| all.last().is_some_and(found)).await?;
            if let Some(post) = posts.iter().find(|post| found(post)) {
                return remote(&post.id, post.permalink_url.as_deref(), None);
            }
        }
    }
    let detail = say!("This isn't among the page's own posts, or not what was to be published.");
    Err(Failure::rejected(FailureKind::RemoteNotFound, detail))
}

/// What names a post in its address: a parameter (`comment_id` before `story_fbid`, `fbid` and `v`), or the last word of the
/// path.
fn place(call: &Call<'_>, url: &url::Url) -> Option<String> {
    let host = url.host_str()?;
    let stands_in = call.endpoints.values().any(|own| own.host_str() == Some(host));
    let is_own = host == "facebook.com" || host.ends_with(".facebook.com") || stands_in;
    let named = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let word = || url.path_segments()?.rfind(|word| !word.is_empty()).map(str::to_owned);
    let place = ["comment_id", "story_fbid", "fbid", "v"].into_iter().find_map(named).or_else(word);
    place.filter(|_| is_own && matches!(url.scheme(), "http" | "https"))
}
