//! What became of a post whose answer was lost: looked for among the account's own statuses. Reads only.

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{Call, Failure, FailureKind, Finding, Remote, Reply, Trace};

use super::{
    errors::Ask,
    facts::Facts,
    peer::{self, Peer, segment},
    publish::{Frozen, sent, status_path},
    text::{self, Links},
    wire::Status,
};
use crate::kit::parts;

/// How long before it was armed a post may carry as its time of creation: clocks differ.
const BEFORE: Duration = Duration::from_secs(2 * 60);
/// How long after its deadline: a server may finish late what it took in time.
const AFTER: Duration = Duration::from_secs(15 * 60);
/// How many statuses are read at once; the API's own limit.
const PAGE: usize = 40;
/// How many pages are read. Mastodon takes 300 new posts in three hours, so that the window of one attempt fits.
const PAGES_MAX: usize = 10;

/// How well a status fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It is what we sent.
    Same,
    /// Only its letters are the same: the server may have dressed the text up, or somebody wrote much the same.
    Alike,
    No,
}

pub(crate) async fn look_up(call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
    let facts = Facts::read(call.facts);
    let peer = peer::of_channel(call, &facts)?;
    let frozen = parts::frozen::<Frozen>(trace.ready)?;
    let (mut same, mut alike) = (Vec::new(), Vec::new());
    for status in own_statuses(&peer, &facts, trace).await? {
        match fit(&status, &frozen, trace) {
            Fit::Same => same.push(sent(&status, &frozen)),
            Fit::Alike => alike.push(sent(&status, &frozen)),
            Fit::No => {}
        }
    }
    let remotes = |found: Vec<connector::Sent>| found.into_iter().map(|sent| sent.remote).collect::<Vec<Remote>>();
    Ok(match (same.len(), alike.is_empty()) {
        (1, _) => Finding::Published {
            sent: same.remove(0),
            proof: say!("the only one of the account's own posts with this text, these media and this time"),
        },
        (0, true) => Finding::Absent { certain: false },
        // A text that is only alike proves nothing, but it forbids to say that there is none.
        (0, false) => Finding::Ambiguous(remotes(alike)),
        _ => Finding::Ambiguous(remotes(same)),
    })
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
    let status: Status = peer.read(Ask::Read, request, say!("a post")).await?;
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
        let reply = peer.ask(Ask::Read, request).await?;
        let page: Vec<Status> = reply.json().map_err(|_| peer.odd(Ask::Read, &reply, say!("a list of posts")))?;
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
    let detail = say!(
        "The account posted more than {pages_max} times around this attempt, too many to search. Check the account's page and say whether the post is there.",
        pages_max = PAGE * PAGES_MAX
    );
    Err(Failure::unknown(FailureKind::BadAnswer, detail))
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
    let window = trace.armed_at - BEFORE..=trace.deadline + AFTER;
    // A time that cannot be read may be any time.
    let in_time = created(status).is_none_or(|at| window.contains(&at));
    if !in_time || trace.taken.contains(&status.id) || status.media_attachments.len() != frozen.media.len() {
        return Fit::No;
    }
    let parent = frozen.body["in_reply_to_id"].as_str();
    let answered = status.in_reply_to_id.as_deref();
    // A post whose parent was deleted meanwhile answers nothing any more.
    let lost_its_parent = parent.is_some() && answered.is_none();
    if answered != parent && !lost_its_parent {
        return Fit::No;
    }
    let field = |name: &str| frozen.body[name].as_str().unwrap_or_default();
    let (text, warning) = (field("status"), field("spoiler_text"));
    // Mastodon shows a warning without a text as the text. Other servers leave it where it is.
    let is_moved = text.trim().is_empty() && !has_warning(status, warning);
    let (wanted, warning) = if is_moved { (warning, "") } else { (text, warning) };
    if !has_warning(status, warning) {
        return Fit::No;
    }
    let html = status.content.as_deref().unwrap_or_default();
    let shown = [Links::AsWritten, Links::AsAddress].map(|links| text::of_html(html, links));
    let letters = text::letters(wanted);
    let is_same = shown.iter().any(|shown| text::plain(shown) == text::plain(wanted));
    let is_alike = is_same || !letters.is_empty() && shown.iter().any(|shown| text::letters(shown) == letters);
    match (is_same && !lost_its_parent, is_alike) {
        (true, _) => Fit::Same,
        (false, true) => Fit::Alike,
        (false, false) => Fit::No,
    }
}

/// Whether a status has this content warning, which servers give back as text or as HTML.
fn has_warning(status: &Status, warning: &str) -> bool {
    let shown = status.spoiler_text.as_deref().unwrap_or_default();
    let wanted = text::plain(warning);
    text::plain(shown) == wanted || text::plain(&text::of_html(shown, Links::AsWritten)) == wanted
}
