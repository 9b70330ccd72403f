//! What became of a post whose answer was lost: looked for among the account's own statuses. Reads only.

use base::{Text, Timestamp, say};
use connector::{Call, Failure, FailureKind, Finding, Remote, Reply, Trace};

use super::{
    errors::Asked,
    facts::Facts,
    peer::{self, Peer, segment},
    publish::{Frozen, sent, status_path},
    text::{self, Links},
    wire::Status,
};
use crate::kit::{
    parts,
    read_back::{AFTER, BEFORE, Fit, decided, may_be, too_many},
};

/// How many statuses are read at once; the API's own limit.
const PAGE: usize = 40;
/// How many pages are read. Mastodon takes 300 new posts in three hours, so that the window of one attempt fits.
const PAGES_MAX: usize = 10;

pub(crate) async fn look_up(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let facts = Facts::read(call.facts);
    let peer = peer::of_channel(call, &facts)?;
    let frozen = parts::frozen::<Frozen>(trace.ready)?;
    let statuses = own_statuses(&peer, &facts, trace).await?;
    Ok(decided(statuses.iter().map(|status| (fit(status, &frozen, trace), sent(status, &frozen)))))
}

/// The status whose page a person found. The page ends with the id under which its own instance knows it, on every
/// server that speaks this API.
pub(crate) async fn at_address(call: &Call<'_>, frozen: &Frozen, url: &url::Url) -> Result<Remote, Failure> {
    let wrong = |detail: Text| Failure::rejected(FailureKind::InputInvalid, detail);
    let facts = Facts::read(call.facts);
    let peer = peer::of_channel(call, &facts)?;
    let id = url.path_segments().and_then(|mut path| path.rfind(|word| !word.is_empty()));
    let here = [facts.instance.as_str(), peer.base.as_str()].contains(&url.origin().ascii_serialization().as_str());
    let Some(id) = id.filter(|_| here && url.path() != "/") else {
        return Err(wrong(say!(
            "This isn't the address of a post on {instance}. Open the post there and copy its address.",
            instance = facts.instance
        )));
    };
    let request = peer.get("read the post", &status_path(id));
    let status: Status = peer.read(Asked::Read, request, say!("a post")).await?;
    if status.account.as_ref().is_none_or(|author| author.id != facts.account) {
        return Err(wrong(say!("This post is from another account. Give the address of a post of this channel.")));
    }
    let shown = |id: &str| status.media_attachments.iter().any(|file| file["id"] == id);
    let media = frozen.media.iter().filter(|file| shown(&file.id)).cloned().collect();
    Ok(sent(&status, &Frozen { media, ..frozen.clone() }).remote)
}

/// The account's own statuses around an attempt, newest first: from the end of its window, where ids tell the time, back
/// to before its beginning.
async fn own_statuses(peer: &Peer<'_>, facts: &Facts, trace: &Trace<'_>) -> Result<Vec<Status>, Failure> {
    let since = trace.armed_at - BEFORE;
    let end = trace.deadline + AFTER;
    let mut below = (facts.has_ids_by_time() && end < peer.call.clock.now()).then(|| first_id_after(end));
    let mut all: Vec<Status> = Vec::new();
    for _ in 0..PAGES_MAX {
        let path = format!("/api/v1/accounts/{}/statuses", segment(&facts.account));
        let request = peer.get("list the account's own posts", &path);
        let request = request.query("limit", PAGE).query("exclude_reblogs", true);
        let request = below.iter().fold(request, |request, id| request.query("max_id", id));
        let reply = peer.ask(Asked::Read, request).await?;
        let page: Vec<Status> = reply.json().map_err(|_| peer.odd(Asked::Read, &reply, say!("a list of posts")))?;
        let (size, known) = (page.len(), |status: &Status| all.iter().any(|seen| seen.id == status.id));
        let new: Vec<Status> = page.into_iter().filter(|status| !known(status)).collect();
        let is_end =
            new.is_empty() || is_last_page(&reply, size) || new.iter().filter_map(created).any(|at| at < since);
        all.extend(new);
        if is_end {
            return Ok(all);
        }
        below = all.last().map(|oldest| oldest.id.clone());
    }
    Err(too_many(PAGE * PAGES_MAX))
}

/// Whether a list ends with this page: the server names no next one, or says nothing of pages and this one is not full.
fn is_last_page(reply: &Reply, size: usize) -> bool {
    match reply.header("link") {
        Some(links) => !links.contains("rel=\"next\""),
        None => size < PAGE,
    }
}

/// The first id that Mastodon may give after an instant.
fn first_id_after(at: Timestamp) -> String {
    ((i128::from(at.as_micros()) / 1000 + 1) << 16).to_string()
}

fn created(status: &Status) -> Option<Timestamp> {
    Timestamp::parse(status.created_at.as_deref()?).ok()
}

fn fit(status: &Status, frozen: &Frozen, trace: &Trace<'_>) -> Fit {
    if !may_be(trace, &status.id, created(status)) || status.media_attachments.len() != frozen.media.len() {
        return Fit::Other;
    }
    let parent = frozen.body["in_reply_to_id"].as_str();
    let answered = status.in_reply_to_id.as_deref();
    // A post whose parent was deleted meanwhile answers nothing any more.
    let lost_its_parent = parent.is_some() && answered.is_none();
    if answered != parent && !lost_its_parent {
        return Fit::Other;
    }
    let field = |name: &str| frozen.body[name].as_str().unwrap_or_default();
    let (text, warning) = (field("status"), field("spoiler_text"));
    // Mastodon shows a warning without a text as the text. Other servers leave it where it is.
    let is_moved = text.trim().is_empty() && !has_warning(status, warning);
    let (wanted, warning) = if is_moved { (warning, "") } else { (text, warning) };
    if !has_warning(status, warning) {
        return Fit::Other;
    }
    let html = status.content.as_deref().unwrap_or_default();
    let shown = [Links::AsWritten, Links::AsAddress].map(|links| text::of_html(html, links));
    let letters = text::letters(wanted);
    let is_same = shown.iter().any(|shown| text::plain(shown) == text::plain(wanted));
    let is_alike = is_same || !letters.is_empty() && shown.iter().any(|shown| text::letters(shown) == letters);
    match (is_same && !lost_its_parent, is_alike) {
        (true, _) => {
            Fit::Same(say!("the only one of the account's own posts with this text, these media and this time"))
        }
        (false, true) => Fit::Alike,
        (false, false) => Fit::Other,
    }
}

/// Whether a status has this content warning, which servers give back as text or as HTML.
fn has_warning(status: &Status, warning: &str) -> bool {
    let shown = status.spoiler_text.as_deref().unwrap_or_default();
    let wanted = text::plain(warning);
    text::plain(shown) == wanted || text::plain(&text::of_html(shown, Links::AsWritten)) == wanted
}
