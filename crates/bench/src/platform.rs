//! The connector of the standing-in network: as little as a connector can do, over the same guarded HTTP client as all.

use std::sync::Arc;

use async_trait::async_trait;
use base::{Secret, Text};
use connector::{
    About, Account, AppCredentials, Call, Callback, Connect, Connector, Deleted, Draft, Failure, FailureKind, Feature,
    Field, Finding, Found, Granted, Handles, Input, Issue, Limits, PartJob, Prepared, ProofClass, Publish, Reading,
    Recipient, Remote, Reply, Rule, Sent, StartConnect, Started, TextLimit, Tokens, Trace, Unit, Way,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::network::KEY;

/// Its id.
pub const ID: &str = "bench";
/// The longest text in characters.
const TEXT_MAX: u32 = 500;
/// What it is called in refusals.
const SOURCE: &str = "the bench's own network";

/// The connector.
pub struct Bench;

static ABOUT: About = About {
    id: ID,
    name: "Bench",
    summary: Text::constant("A network that answers at once."),
    icon: "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\"/>",
    recipient: Recipient {
        name: Text::constant("Nobody"),
        country: Text::constant("NL"),
        policy_url: "https://network.example/privacy",
        reads: Text::constant("Nothing."),
    },
    ways: &[Way {
        kind: "password",
        fields: &[Field {
            name: "name",
            label: Text::constant("Name"),
            example: "alice",
            secret: false,
            optional: false,
            input: Input::Text,
        }],
    }],
    app_fields: &[],
    setup: None,
    features: &[Feature { name: "publish", scopes: &["write"] }],
    options: || json!({ "type": "object" }),
    dutch: "{}",
    caps: &[],
    hosts: &[],
    federated: false,
    fetches: false,
    send_timeout_ms: 20_000,
};

impl Connector for Bench {
    fn about(&self) -> &'static About {
        &ABOUT
    }
    fn connect(&self) -> &dyn Connect {
        self
    }
    fn publish(&self) -> Option<&dyn Publish> {
        Some(self)
    }
}

/// A real platform's reading of texts, with accounts that are connected as the bench's own: nothing is sent there.
struct Reader(Arc<dyn Connector>);

impl Connector for Reader {
    fn about(&self) -> &'static About {
        self.0.about()
    }
    fn connect(&self) -> &dyn Connect {
        &Bench
    }
    fn publish(&self) -> Option<&dyn Publish> {
        self.0.publish()
    }
}

/// The bench's own, and a reader for each real platform.
pub fn all() -> Vec<Arc<dyn Connector>> {
    let readers = platforms::all().into_iter().map(|real| Arc::new(Reader(real)) as Arc<dyn Connector>);
    [Arc::new(Bench) as Arc<dyn Connector>].into_iter().chain(readers).collect()
}

fn not_here(what: &str) -> Failure {
    Failure::rejected(FailureKind::InputInvalid, format!("the bench's network has no {what}"))
}

fn found(name: &str) -> Found {
    let url = format!("https://network.example/{name}");
    let account = Account { id: name.to_owned(), handle: name.to_owned(), name: name.to_owned(), url, avatar: None };
    Found::itself(account, json!({}))
}

#[async_trait]
impl Connect for Bench {
    fn instance_of(&self, _: &Value) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    async fn register(&self, _: &Call<'_>, _: Option<&str>) -> Result<Option<AppCredentials>, Failure> {
        Ok(Some(AppCredentials::default()))
    }

    async fn start(&self, _: &Call<'_>, _: &StartConnect) -> Result<Started, Failure> {
        Err(not_here("consent page"))
    }

    async fn finish(&self, _: &Call<'_>, _: &Value, _: &Callback) -> Result<Granted, Failure> {
        Err(not_here("consent page"))
    }

    async fn with_password(&self, _: &Call<'_>, input: &Value) -> Result<Granted, Failure> {
        let name = input["name"].as_str().ok_or_else(|| not_here("account without a name"))?;
        let found = found(name);
        Ok(Granted {
            account: found.account.clone(),
            tokens: Tokens { access: Some(Secret::from(format!("access-token-of-{name}"))), ..Tokens::default() },
            scopes: vec!["write".to_owned()],
            channels: vec![found],
        })
    }

    async fn refresh(&self, _: &Call<'_>) -> Result<Tokens, Failure> {
        Err(not_here("tokens that end"))
    }

    async fn revoke(&self, _: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }

    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure> {
        Ok(found(call.account_id))
    }
}

/// The network's answer.
#[derive(Deserialize)]
struct Post {
    id: String,
    url: String,
}

fn sent(reply: &Reply) -> Result<Sent, Failure> {
    let lost = |error: serde_json::Error| Failure::unknown(FailureKind::BadAnswer, error.to_string());
    let Post { id, url } = reply.json().map_err(lost)?;
    Ok(Sent { remote: Remote { id, url, extra: Value::Null }, processing: false })
}

#[async_trait]
impl Publish for Bench {
    fn limits(&self, _: &Value) -> Limits {
        Limits {
            text: TextLimit { max: TEXT_MAX, unit: Unit::CodePoints, max_bytes: None, source: SOURCE.to_owned() },
            parts_max: 1,
            images: None,
            gif: None,
            video: None,
            mixed_media: false,
            alt_text_max: 0,
            poll: None,
            quote: false,
            edit: false,
            delete: false,
            text_optional: false,
            same_text_refused_s: None,
        }
    }

    fn read(&self, draft: &Draft, position: usize, _: &Value) -> Reading {
        Reading::plain(draft.text(position).chars().count(), TEXT_MAX)
    }

    fn check(&self, draft: &Draft, facts: &Value) -> Vec<Issue> {
        let long = (0..draft.parts.len()).filter(|place| self.read(draft, *place, facts).over() > 0);
        long.map(|place| {
            let detail = format!("The text is longer than {TEXT_MAX} characters; shorten it.");
            Issue::error(Rule::TextTooLong, format!("/parts/{place}/text"), detail, SOURCE)
        })
        .collect()
    }

    fn proof(&self, _: &PartJob<'_>, _: &Value) -> ProofClass {
        ProofClass::ClientId { repeat_for_s: None }
    }

    async fn prepare(&self, call: &Call<'_>, job: &PartJob<'_>, _: &dyn Handles) -> Result<Prepared, Failure> {
        let part = &job.draft.parts[job.position];
        Ok(Prepared {
            request: json!({ "text": part.text }),
            client_id: Some(job.op_id.to_owned()),
            proof: self.proof(job, call.facts),
        })
    }

    async fn send(&self, call: &Call<'_>, ready: &Prepared) -> Result<Sent, Failure> {
        let url = format!("{}/posts", call.endpoint("api", "https://network.example"));
        let key = ready.client_id.clone().unwrap_or_default();
        let request = call.http.post("create post", url).bearer(call.tokens.bearer()?).header(KEY, key);
        sent(&request.json(&ready.request).send().await?)
    }

    async fn look_up(&self, call: &Call<'_>, trace: &Trace<'_>) -> Result<Finding, Failure> {
        let key = trace.ready.client_id.as_deref().unwrap_or_default();
        let url = format!("{}/posts/{key}", call.endpoint("api", "https://network.example"));
        let reply = call.http.get("look for the post", url).send().await?;
        if reply.status == 404 {
            return Ok(Finding::Absent { certain: true });
        }
        Ok(Finding::Published { sent: sent(&reply)?, proof: Text::verbatim("found under our own key") })
    }

    async fn at_address(&self, _: &Call<'_>, _: &Prepared, _: &url::Url) -> Result<Remote, Failure> {
        Err(not_here("reading by address"))
    }

    async fn delete(&self, _: &Call<'_>, _: &Remote) -> Result<Deleted, Failure> {
        Err(not_here("deletion"))
    }

    async fn edit(&self, _: &Call<'_>, _: &Remote, _: &PartJob<'_>, _: &dyn Handles) -> Result<Sent, Failure> {
        Err(not_here("edits"))
    }
}
