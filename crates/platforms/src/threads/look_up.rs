//! What became of a post whose answer was lost: its container tells whether it was published, and the account's own posts
//! which one it is. Reads only.

use std::time::Duration;

use base::{Timestamp, say};
use connector::{Call, Failure, FailureKind, Finding, Sent, Trace};

use super::{
    compose::Frozen,
    containers,
    errors::{Asked, SETTLES},
    peer, publish,
    reads::{self, List},
    text,
    wire::{Post, Status},
};
use crate::{
    kit::{
        parts,
        peer::Peer,
        read_back::{AFTER, BEFORE, Fit, decided, may_be, too_many},
    },
    meta::pages,
};

/// How many pages are read. Threads takes 250 posts and 1,000 replies a day.
const PAGES_MAX: usize = 10;
/// How long a post that Threads has named may not be shown.
const SHOWN_WITHIN: Duration = Duration::from_secs(5 * 60);

/// What became of the post of a trace.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let frozen = parts::frozen::<Frozen>(trace.ready)?;
    let (peer, now) = (peer(call)?, call.clock.now());
    if let Some(sent) = trace.sent {
        let proof = say!("the answer of Threads had its ID");
        return match reads::post(&peer, &sent.remote.id, frozen.list).await {
            Ok(post) => Ok(Finding::Published { sent: publish::shown(call, &frozen, &post), proof }),
            Err(failure) if failure.kind != FailureKind::RemoteNotFound => Err(failure),
            Err(_) if now < trace.deadline + SHOWN_WITHIN => Ok(Finding::Processing),
            Err(_) => Ok(Finding::Published { sent: Sent { processing: false, ..sent.clone() }, proof }),
        };
    }
    let status = containers::state(&peer, &frozen.container).await?.map(|state| state.status);
    let search = Search { call, peer: &peer, frozen: &frozen, trace };
    match status {
        Some(Status::InProgress) => Ok(Finding::Processing),
        Some(Status::Published) => search.published().await,
        // Threads itself says that it is no post. A post that is exactly it says otherwise, and is believed.
        Some(Status::Finished | Status::Error | Status::Expired) => match search.among_own(false).await? {
            Finding::Absent { .. } => Ok(Finding::Absent { certain: now >= trace.deadline + SETTLES }),
            found => Ok(found),
        },
        None => search.among_own(true).await,
    }
}

/// The post that a container became.
pub async fn of_container(call: &Call<'_>, frozen: &Frozen, ready: &connector::Prepared) -> Result<Sent, Failure> {
    let (peer, now) = (peer(call)?, call.clock.now());
    let trace = Trace { ready, armed_at: frozen.made_at, deadline: now, sent: None, taken: &[] };
    match (Search { call, peer: &peer, frozen, trace: &trace }).published().await? {
        Finding::Published { sent, .. } => Ok(sent),
        _ => Err(not_shown()),
    }
}

struct Search<'a> {
    call: &'a Call<'a>,
    peer: &'a Peer<'a, Asked>,
    frozen: &'a Frozen,
    trace: &'a Trace<'a>,
}

impl Search<'_> {
    /// It is there for certain: one post that may be it is it, and if there is none, Threads does not show it yet.
    async fn published(&self) -> Result<Finding, Failure> {
        let proof = say!("Threads says that it published the container, and one of the account's own posts fits");
        let mut posts = self.own(self.frozen.list).await?;
        if self.frozen.list == List::Replies {
            // A reply with a video can become a post of its own (Postiz 1441).
            posts.extend(self.own(List::Threads).await?);
        }
        match decided(posts.iter().map(|post| (self.fit(post), publish::shown(self.call, self.frozen, post)))) {
            Finding::Absent { .. } => Err(not_shown()),
            Finding::Ambiguous(mut found) if found.len() == 1 => {
                Ok(Finding::Published { sent: Sent { remote: found.remove(0), processing: false }, proof })
            }
            Finding::Published { sent, .. } => Ok(Finding::Published { sent, proof }),
            found => Ok(found),
        }
    }

    /// Only the account's own posts can tell. A mere likeness counts only where the container tells nothing.
    async fn among_own(&self, likeness: bool) -> Result<Finding, Failure> {
        let posts = self.own(self.frozen.list).await?;
        let fits = posts.iter().map(|post| (self.fit(post), publish::shown(self.call, self.frozen, post)));
        Ok(decided(fits.filter(|(fit, _)| likeness || *fit != Fit::Alike)))
    }

    /// The account's posts in the window.
    async fn own(&self, list: List) -> Result<Vec<Post>, Failure> {
        let second = |at: Timestamp| at.as_seconds().to_string();
        let end = self.trace.deadline + AFTER;
        let is_over = end + BEFORE < self.call.clock.now();
        let request = || {
            let request = self.peer.get("look for the post", list.path()).query("fields", list.fields());
            let request = request.query("since", second(self.trace.armed_at - BEFORE));
            if is_over { request.query("until", second(end + Duration::from_secs(1))) } else { request }
        };
        let what = (say!("a list of posts"), PAGES_MAX);
        let (posts, whole) = pages::read::<_, Post>(self.peer, Asked::Read, request, what, |_| false).await?;
        if !whole {
            return Err(too_many(PAGES_MAX * pages::PAGE));
        }
        Ok(posts.into_iter().filter(|post| may_be(self.trace, &post.id, post.made_at())).collect())
    }

    fn fit(&self, post: &Post) -> Fit {
        let wanted = self.frozen;
        let proof = |what| Fit::Same(say!("the only match among the account's own posts: {what}"));
        let children: Vec<&str> =
            post.children.iter().flat_map(|children| &children.data).map(|child| child.id.as_str()).collect();
        if children.iter().any(|id| wanted.children.iter().any(|own| own == id)) {
            return proof(say!("it shows the prepared files"));
        }
        let is_other_kind = post.media_type.as_ref().is_some_and(|kind| *kind != wanted.media_type);
        let has_other_files = post.children.is_some() && children.len() != wanted.children.len();
        let quotes_otherwise = post.is_quote_post.is_some_and(|quotes| quotes != wanted.quotes);
        if is_other_kind || has_other_files || quotes_otherwise {
            return Fit::Other;
        }
        let is_placed = match (&wanted.replies_to, &post.replied_to) {
            (Some(wanted), Some(found)) if *wanted == found.id => true,
            (None, None) => true,
            (Some(_), None) => false,
            _ => return Fit::Other,
        };
        let (shown, sent) = (text::canonical(&post.text), text::canonical(&wanted.text));
        if shown == sent && !sent.is_empty() && is_placed {
            proof(say!("same text, same time, replies to the same post"))
        } else if text::letters(&shown) == text::letters(&sent) {
            Fit::Alike
        } else {
            Fit::Other
        }
    }
}

/// Published, says its container, and not to be seen yet: a look that failed, never an absence.
fn not_shown() -> Failure {
    let detail = say!("Threads says that it is published, but doesn't show it yet. Fanfare checks again.");
    Failure::unknown(FailureKind::Unavailable, detail)
}
