//! Notices: sent, found again, changed, deleted.

use async_trait::async_trait;
use base::{Timestamp, say};
use connector::{
    Call, Deleted, Draft, Failure, FailureKind as K, Finding, Handles, Issue, Limits, PartJob, Prepared, ProofClass,
    Publish, Reading, Remote, Sent, Trace,
};
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Noticeboard, errors::Asked, limits, peer, web};
use crate::kit::{
    parts,
    peer::segment,
    read_back::{Fit, decided, may_be},
};

/// The longest that sending may take, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 30_000;

/// What is sent.
#[derive(Debug, Serialize, Deserialize)]
struct Frozen {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<String>,
}

/// A notice, as the API says it.
#[derive(Debug, Deserialize)]
struct Notice {
    id: String,
    text: String,
    at: String,
}

/// A page of notices.
#[derive(Debug, Deserialize)]
struct Notices {
    notices: Vec<Notice>,
}

#[async_trait]
impl Publish for Noticeboard {
    fn limits(&self, _facts: &Value) -> Limits {
        limits::all()
    }

    fn read(&self, draft: &Draft, position: usize, _facts: &Value) -> Reading {
        Reading::plain(limits::length(draft.text(position)) as usize, limits::TEXT_MAX)
    }

    fn check(&self, draft: &Draft, _facts: &Value) -> Vec<Issue> {
        limits::check(draft)
    }

    // To fill in: how it is known what became of a post whose answer was lost: an id of ours, a container, a read, or a person.
    fn proof(&self, _job: &PartJob<'_>, _facts: &Value) -> ProofClass {
        ProofClass::ReadBack
    }

    // To fill in: files are uploaded here (see `kit::upload`), each handle journaled before the next step.
    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, _handles: &dyn Handles) -> Result<Prepared, Failure> {
        let answers = parts::answered(job)?.map(|parent| parent.id.clone());
        let frozen = Frozen { text: parts::part(job)?.text.clone(), answers };
        Ok(Prepared { request: json!(frozen), client_id: None, proof: self.proof(job, call.facts) })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let (peer, frozen): (_, Frozen) = (peer(call)?, parts::frozen(ready)?);
        let request = peer.request("put up the notice", Method::POST, "/notices").json(&json!(frozen));
        let notice: Notice = peer.read(Asked::Send, request, say!("the notice")).await?;
        Ok(sent(call, notice.id))
    }

    // To fill in: how the network shows a text (see `Fit`), and further pages of the list.
    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        let (peer, wanted): (_, Frozen) = (peer(call)?, parts::frozen(trace.ready)?);
        let list: Notices =
            peer.read(Asked::Read, peer.get("look for the notice", "/notices"), say!("the notices")).await?;
        let made_at = |notice: &Notice| Timestamp::parse(&notice.at).ok();
        let ours = list.notices.into_iter().filter(|notice| may_be(trace, &notice.id, made_at(notice)));
        Ok(decided(ours.map(|notice| {
            let fit =
                if notice.text == wanted.text { Fit::Same(say!("the only notice with this text")) } else { Fit::Other };
            (fit, sent(call, notice.id))
        })))
    }

    async fn at_address(&self, call: &Call<'_>, _ready: &Prepared, url: &url::Url) -> Result<Remote, Failure> {
        let own = |path: Vec<&str>| match path.as_slice() {
            ["u", _, id] if web(call, "").parse::<url::Url>().is_ok_and(|web| web.origin() == url.origin()) => {
                Some((*id).to_owned())
            }
            _ => None,
        };
        let id = url.path_segments().and_then(|path| own(path.collect())).ok_or_else(|| {
            let detail = say!("This isn't the address of a notice. Open the notice and copy its address.");
            Failure::rejected(K::InputInvalid, detail)
        })?;
        let peer = peer(call)?;
        let read = peer.get("read the notice", &format!("/notices/{}", segment(&id)));
        let notice: Notice = peer.read(Asked::Read, read, say!("the notice")).await?;
        Ok(sent(call, notice.id).remote)
    }

    async fn delete(&self, call: &Call<'_>, remote: &Remote) -> Result<Deleted, Failure> {
        let (peer, path) = (peer(call)?, format!("/notices/{}", segment(&remote.id)));
        match peer.ask(Asked::Delete, peer.request("take the notice down", Method::DELETE, &path)).await {
            Err(failure) if failure.kind == K::RemoteNotFound => Ok(Deleted::WasGone),
            Err(failure) => Err(failure),
            Ok(_) => Ok(Deleted::Gone),
        }
    }

    async fn edit(
        &self,
        call: &Call<'_>,
        remote: &Remote,
        job: &PartJob<'_>,
        _handles: &dyn Handles,
    ) -> Result<Sent, Failure> {
        let (peer, path) = (peer(call)?, format!("/notices/{}", segment(&remote.id)));
        let body = json!({ "text": parts::part(job)?.text });
        peer.ask(Asked::Edit, peer.request("change the notice", Method::PATCH, &path).json(&body)).await?;
        Ok(sent(call, remote.id.clone()))
    }
}

fn sent(call: &Call<'_>, id: String) -> Sent {
    let url = web(call, &format!("/u/{}/{id}", call.facts["name"].as_str().unwrap_or_default()));
    Sent { remote: Remote { id, url, extra: Value::Null }, processing: false }
}
