//! What became of a post whose answer was lost: its container tells whether it was published, and the account's own posts
//! which one it is. Reads only.

use base::say;
use connector::{Call, Failure, Finding, Prepared, Sent, Trace};

use super::{
    ABOUT,
    compose::Frozen,
    containers::RULES,
    errors::Asked,
    peer, publish,
    reads::{self, List},
    text,
    wire::Post,
};
use crate::{
    kit::{
        parts,
        peer::Peer,
        read_back::{Fit, letters, may_be},
    },
    meta::{
        containers::{self, Status},
        read_back,
    },
};

/// What became of the post of a trace.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let frozen = parts::frozen::<Frozen>(trace.ready)?;
    let (peer, time) = (peer(call)?, (trace, call.clock.now()));
    if let Some(sent) = trace.sent {
        let read = reads::post(&peer, &sent.remote.id, frozen.list).await;
        let shown = read.map(|post| publish::shown(call, &frozen, &post));
        return read_back::named(ABOUT.name, shown, sent, time);
    }
    let status = containers::state(&RULES, &peer, &frozen.container).await?.map(|state| state.status);
    if status == Some(Status::InProgress) {
        return Ok(Finding::Processing);
    }
    let search = Search { call, peer: &peer, frozen: &frozen, trace };
    let posts = search.posts(status == Some(Status::Published)).await?;
    read_back::finding(ABOUT.name, status, posts, time)
}

/// The post that a container became.
pub async fn of_container(call: &Call<'_>, frozen: &Frozen, ready: &Prepared) -> Result<Sent, Failure> {
    let peer = peer(call)?;
    let trace = Trace { ready, armed_at: frozen.made_at, deadline: call.clock.now(), sent: None, taken: &[] };
    let search = Search { call, peer: &peer, frozen, trace: &trace };
    read_back::the_published(ABOUT.name, search.posts(true).await?)
}

struct Search<'a> {
    call: &'a Call<'a>,
    peer: &'a Peer<'a, Asked>,
    frozen: &'a Frozen,
    trace: &'a Trace<'a>,
}

impl Search<'_> {
    /// The account's posts that may be of this attempt, and how well each fits.
    async fn posts(&self, is_published: bool) -> Result<Vec<(Fit, Sent)>, Failure> {
        let mut posts = self.own(self.frozen.list).await?;
        if is_published && self.frozen.list == List::Replies {
            // A reply with a video can become a post of its own (Postiz 1441).
            posts.extend(self.own(List::Threads).await?);
        }
        Ok(posts.iter().map(|post| (self.fit(post), publish::shown(self.call, self.frozen, post))).collect())
    }

    async fn own(&self, list: List) -> Result<Vec<Post>, Failure> {
        let request = || self.peer.get("look for the post", list.path()).query("fields", list.fields());
        let posts: Vec<Post> = read_back::around(self.peer, Asked::Read, request, self.trace).await?;
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
        } else if letters(&shown) == letters(&sent) {
            Fit::Alike
        } else {
            Fit::Other
        }
    }
}
