//! What became of a post whose answer was lost: its container tells whether it was published, and the account's own posts, or
//! its stories, which one it is. Reads only.

use base::say;
use connector::{Call, Failure, Finding, Prepared, Sent, Trace};

use super::{
    ABOUT, comments,
    compose::{Frozen, Post as Wanted},
    errors::{Asked, CONTAINERS},
    peer, publish,
    reads::{self, List, Post},
    text,
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

/// What became of the part of a trace.
pub async fn find(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let wanted = match parts::frozen::<Frozen>(trace.ready)? {
        Frozen::Comment { on, text } => return comments::find(call, trace, &on, &text).await,
        Frozen::Post(wanted) => wanted,
    };
    let (peer, time) = (peer(call)?, (trace, call.clock.now()));
    if let Some(sent) = trace.sent {
        let read = reads::post(&peer, &sent.remote.id, wanted.list).await;
        return read_back::named(ABOUT.name, read.map(|post| publish::shown(call, &post)), sent, time);
    }
    let status = containers::state(&CONTAINERS, &peer, &wanted.container).await?.map(|state| state.status);
    if status == Some(Status::InProgress) {
        return Ok(Finding::Processing);
    }
    read_back::finding(ABOUT.name, status, own(call, &peer, &wanted, trace).await?, time)
}

/// The post that a container became.
pub async fn of_container(call: &Call<'_>, wanted: &Wanted, ready: &Prepared) -> Result<Sent, Failure> {
    let peer = peer(call)?;
    let trace = Trace { ready, armed_at: wanted.made_at, deadline: call.clock.now(), sent: None, taken: &[] };
    read_back::the_published(ABOUT.name, own(call, &peer, wanted, &trace).await?)
}

/// The account's posts that may be of this attempt, and how well each fits.
async fn own(
    call: &Call<'_>,
    peer: &Peer<'_, Asked>,
    wanted: &Wanted,
    trace: &Trace<'_>,
) -> Result<Vec<(Fit, Sent)>, Failure> {
    let list = wanted.list;
    let request = || peer.get("look for the post", &list.path(call)).query("fields", list.fields());
    let posts: Vec<Post> = match list {
        List::Media => read_back::around(peer, Asked::Read, request, trace).await?,
        // It has those of a day only, and takes no times.
        List::Stories => read_back::whole(peer, Asked::Read, request).await?,
    };
    let of_attempt = posts.iter().filter(|post| may_be(trace, &post.id, post.made_at()));
    Ok(of_attempt.map(|post| (fit(wanted, post), publish::shown(call, post))).collect())
}

fn fit(wanted: &Wanted, post: &Post) -> Fit {
    let is_other_kind = post.media_type.as_ref().is_some_and(|kind| *kind != wanted.media_type);
    let has_other_files = post.children.as_ref().is_some_and(|children| children.data.len() != wanted.children);
    if is_other_kind || has_other_files {
        return Fit::Other;
    }
    let (shown, sent) = (text::canonical(&post.caption), text::canonical(&wanted.caption));
    if shown == sent && !sent.is_empty() {
        Fit::Same(say!("the only match among the account's own posts: same text, kind and time"))
    } else if letters(&shown) == letters(&sent) {
        Fit::Alike
    } else {
        Fit::Other
    }
}
