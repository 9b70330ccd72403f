//! What became of a post whose answer was lost: looked for among the account's own statuses. Reads only.

use std::time::Duration;

use base::Timestamp;
use connector::{Call, Failure, FailureKind, Finding, Remote, Trace};

use super::{
    errors::Ask,
    facts::Facts,
    peer::{Peer, segment},
    publish::{Frozen, sent, status_path},
    text::{self, Links},
    wire::Status,
};

/// How long before it was armed a post may carry as its time of creation: clocks differ.
const BEFORE: Duration = Duration::from_secs(2 * 60);
/// How long after its deadline: a server may finish late what it took in time.
const AFTER: Duration = Duration::from_secs(15 * 60);
/// How many statuses are read at once; the API's own limit.
const PAGE: usize = 40;
/// How many pages are read. An account that posts more than 200 times in the window cannot be judged.
const PAGES_MAX: usize = 5;

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
    let peer = Peer::of_channel(call, &facts)?;
    let frozen = Frozen::of(trace.ready)?;
    let (mut same, mut alike) = (Vec::new(), Vec::new());
    for status in own_statuses(&peer, &facts.account, trace.armed_at - BEFORE).await? {
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
            proof: "the only post among the account's own with this text, these media and this time".into(),
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
    let wrong = |detail: String| Failure::rejected(FailureKind::InputInvalid, detail);
    let facts = Facts::read(call.facts);
    let peer = Peer::of_channel(call, &facts)?;
    let id = url.path_segments().and_then(|mut path| path.rfind(|word| !word.is_empty()));
    let here = [facts.instance.as_str(), peer.origin.as_str()].contains(&url.origin().ascii_serialization().as_str());
    let Some(id) = id.filter(|_| here && url.path() != "/") else {
        return Err(wrong(format!(
            "This is not the address of a post on {}. Open the post there and copy its address.",
            facts.instance
        )));
    };
    let request = peer.get("read the post", &status_path(id));
    let status: Status = peer.read(Ask::Read, request, "a post").await?;
    if status.account.as_ref().is_none_or(|author| author.id != facts.account) {
        return Err(wrong("This post is of another account. Give the address of a post of this channel.".to_owned()));
    }
    let shown = |id: &str| status.media_attachments.iter().any(|file| file["id"] == id);
    let media = frozen.media.iter().filter(|file| shown(&file.id)).cloned().collect();
    Ok(sent(&status, &Frozen { media, ..frozen.clone() }).remote)
}

/// The account's own statuses, newest first, back to before `since`.
async fn own_statuses(peer: &Peer<'_>, account: &str, since: Timestamp) -> Result<Vec<Status>, Failure> {
    let mut all: Vec<Status> = Vec::new();
    for _ in 0..PAGES_MAX {
        let request =
            peer.get("list the account's own posts", &format!("/api/v1/accounts/{}/statuses", segment(account)));
        let request = request.query("limit", PAGE).query("exclude_reblogs", true);
        let request = match all.last() {
            Some(oldest) => request.query("max_id", &oldest.id),
            None => request,
        };
        let page: Vec<Status> = peer.read(Ask::Read, request, "a list of posts").await?;
        let known = |status: &Status| all.iter().any(|seen| seen.id == status.id);
        let new: Vec<Status> = page.into_iter().filter(|status| !known(status)).collect();
        let is_end = new.is_empty() || new.iter().filter_map(created).any(|at| at < since);
        all.extend(new);
        if is_end {
            return Ok(all);
        }
    }
    let detail = format!(
        "The account has more than {} posts since this one was begun; Fanfare cannot tell whether it is among them. \
            Look at the account.",
        PAGE * PAGES_MAX
    );
    Err(Failure::unknown(FailureKind::BadAnswer, detail))
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
    let spoiler = status.spoiler_text.as_deref().unwrap_or_default();
    if text::plain(&text::of_html(spoiler, Links::AsWritten)) != text::plain(field("spoiler_text"))
        && text::plain(spoiler) != text::plain(field("spoiler_text"))
    {
        return Fit::No;
    }
    let html = status.content.as_deref().unwrap_or_default();
    let shown = [Links::AsWritten, Links::AsAddress].map(|links| text::of_html(html, links));
    let wanted = field("status");
    let letters = text::letters(wanted);
    let is_same = shown.iter().any(|shown| text::plain(shown) == text::plain(wanted));
    let is_alike = is_same || !letters.is_empty() && shown.iter().any(|shown| text::letters(shown) == letters);
    match (is_same && !lost_its_parent, is_alike) {
        (true, _) => Fit::Same,
        (false, true) => Fit::Alike,
        (false, false) => Fit::No,
    }
}
