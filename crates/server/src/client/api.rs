//! Requests to the API, and its errors.

use std::{fmt, time::Duration};

use base::Secret;
use reqwest::{Method, StatusCode, header};
use serde_json::Value;
use url::Url;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long an event stream is read before it is opened again.
const STREAM_MAX: Duration = Duration::from_secs(6 * 3_600);
/// How often a request whose answer was lost is sent again, with the same Idempotency-Key.
const TRIES: u32 = 3;
/// How often a request is repeated, every two seconds, whose first one seems to be worked on: longer than an installation
/// believes that of one that died with its process.
const TRIES_IN_USE: u32 = 12;

/// The API at one address, with one key.
pub struct Api {
    http: reqwest::Client,
    address: Url,
    key: Secret<String>,
}

/// Why a command failed. Problems of the API are printed with title, detail and remedy.
#[derive(Debug)]
pub enum Told {
    /// A problem of the API.
    Problem(Box<Value>),
    /// An error on this side.
    Here(String),
    /// A proxy on the way rejects requests of this size.
    Limit(String),
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Problem(problem) = self else {
            let (Self::Here(text) | Self::Limit(text)) = self else { return Ok(()) };
            return f.write_str(text);
        };
        let text = |name: &str| problem[name].as_str().unwrap_or_default();
        let (title, remedy) = told(problem);
        write!(f, "{title}\n  {}", plain(text("detail")))?;
        for issue in problem["issues"].as_array().into_iter().flatten() {
            write!(f, "\n  - {}", issue["detail"].as_str().unwrap_or_default())?;
        }
        if remedy.is_empty() { Ok(()) } else { write!(f, "\n  What to do: {remedy}") }
    }
}

impl std::error::Error for Told {}

impl Told {
    /// As JSON, for `--json`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Problem(problem) => (**problem).clone(),
            Self::Here(text) | Self::Limit(text) => {
                serde_json::json!({ "title": "The command failed", "detail": text })
            }
        }
    }

    /// An error on this side.
    pub fn here(text: impl Into<String>) -> Self {
        Self::Here(text.into())
    }
}

/// A client for an address given at the terminal.
pub fn http() -> Result<reqwest::Client, Told> {
    #[expect(
        clippy::disallowed_methods,
        reason = "runs at the terminal of the person who gives the address, never in the server, so S-51 doesn't apply"
    )]
    let builder = reqwest::Client::builder();
    let built = builder.timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
    built.map_err(|error| Told::Here(format!("requests can't be sent from this computer: {error}")))
}

impl Api {
    /// At this address, with this key.
    ///
    /// # Errors
    /// If the client can't be created.
    pub fn new(address: Url, key: Secret<String>) -> Result<Self, Told> {
        Ok(Self { http: http()?, address, key })
    }

    /// Reads.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn get(&self, path: &str) -> Result<Value, Told> {
        self.send(Method::GET, path, None, None).await
    }

    /// Posts a request that changes nothing, or that may be repeated.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Told> {
        self.send(Method::POST, path, Some(body), None).await
    }

    /// Posts a request that must take effect once, even if an answer is lost.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn post_once(&self, path: &str, body: &Value) -> Result<Value, Told> {
        let once = base::random::token::<18>(&base::OsRandom);
        let mut tries = 1;
        loop {
            match self.send(Method::POST, path, Some(body), Some(&once)).await {
                Err(Told::Here(_)) if tries < TRIES => tokio::time::sleep(Duration::from_millis(400)).await,
                // The server died over the first request; it soon believes that.
                Err(Told::Problem(problem)) if is_in_use(&problem) && tries < TRIES_IN_USE => {
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                other => return other,
            }
            tries += 1;
        }
    }

    /// Deletes; something already gone counts as deleted.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn delete(&self, path: &str) -> Result<Value, Told> {
        self.send(Method::DELETE, path, Some(&serde_json::json!({})), None).await
    }

    /// Changes a thing that was read as `before`; refused if it has changed since.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn change(&self, method: Method, path: &str, body: &Value, before: &Value) -> Result<Value, Told> {
        let revision = format!("\"r{}\"", before["revision"]);
        self.send_with(path, |http, url| http.request(method, url).header(header::IF_MATCH, revision).json(body)).await
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn stream(&self, path: &str) -> Result<reqwest::Response, Told> {
        let request = self.http.get(self.at(path)?).bearer_auth(self.key.expose()).timeout(STREAM_MAX);
        let opened = request.send().await.map_err(|error| lost(&self.address, &error))?;
        if opened.status().is_success() { Ok(opened) } else { Err(refused(&self.address, opened).await) }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>, once: Option<&str>) -> Result<Value, Told> {
        self.send_with(path, |http, url| {
            let mut request = http.request(method, url);
            if let Some(once) = once {
                request = request.header("idempotency-key", once);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            request
        })
        .await
    }

    fn at(&self, path: &str) -> Result<Url, Told> {
        self.address.join(path).map_err(|error| Told::Here(format!("{path} isn't a path: {error}")))
    }

    /// Sends any other request, with the key.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn send_with(
        &self,
        path: &str,
        make: impl FnOnce(&reqwest::Client, Url) -> reqwest::RequestBuilder,
    ) -> Result<Value, Told> {
        answer(&self.address, make(&self.http, self.at(path)?).bearer_auth(self.key.expose())).await
    }
}

fn is_in_use(problem: &Value) -> bool {
    problem["type"].as_str().is_some_and(|kind| kind.ends_with("/idempotency-key-in-use"))
}

/// Sends, and reads the answer.
pub async fn answer(address: &Url, request: reqwest::RequestBuilder) -> Result<Value, Told> {
    let answer = request.send().await.map_err(|error| lost(address, &error))?;
    if !answer.status().is_success() {
        return Err(refused(address, answer).await);
    }
    let text = answer.text().await.map_err(|error| lost(address, &error))?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn lost(address: &Url, error: &reqwest::Error) -> Told {
    let why = match error {
        error if error.is_connect() => "nothing answers there; is it running?".to_owned(),
        error if error.is_timeout() => format!("no answer within {} s", TIMEOUT.as_secs()),
        error => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
    };
    Told::Here(format!("couldn't reach {address}: {why}"))
}

async fn refused(address: &Url, answer: reqwest::Response) -> Told {
    let status = answer.status();
    let json: Value = answer.json().await.unwrap_or_default();
    match status {
        _ if json["title"].is_string() => Told::Problem(Box::new(json)),
        // The installation itself would say why.
        StatusCode::PAYLOAD_TOO_LARGE => Told::Limit(format!(
            "A proxy in front of {address} rejects requests of this size (413). Raise its limit; in nginx that is \
             client_max_body_size"
        )),
        StatusCode::NOT_FOUND => Told::Here(format!("{address} isn't a Fanfare installation, or is an older version")),
        status => Told::Here(format!("{address} answered {status} without a reason")),
    }
}

/// What happened and what to do, in terms of this program; the API's own texts name requests and headers.
fn told(problem: &Value) -> (&str, &str) {
    let kind = problem["type"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let title = match kind {
        "stale-revision" | "revision-missing" => "Someone else changed it",
        "idempotency-key-in-use" | "idempotency-key-reused" => "The same command is already running",
        _ => problem["title"].as_str().unwrap_or_default(),
    };
    let remedy = match kind {
        "unauthenticated" | "key-expired" => "Log in again with `fanfare login ADDRESS`.",
        "confirm-identity" => "Do this in the browser: it needs a recent sign-in, and a key can't provide one.",
        "not-found" => "`fanfare posts` and `fanfare channels` list what is in this workspace.",
        "stale-revision" | "revision-missing" => "Run the command again.",
        "idempotency-key-in-use" | "idempotency-key-reused" => "Wait for it, or run the command again.",
        "upload-mismatch" | "upload-incomplete" => "Run the command again; the upload starts over.",
        "method-not-allowed" => "This program and the installation have different versions; update the older one.",
        "bad-request" | "invalid-field" => "Correct it and try again; `fanfare help COMMAND` shows the syntax.",
        "forbidden" => "Ask an owner of the workspace, or use a key that has this permission.",
        "post-refused" => "Change the post and try again.",
        "too-late" | "conflict" => "`fanfare explain ID` shows its state.",
        "connect-failed" => "Check what you entered and try again; docs/platforms explains what each platform needs.",
        "rate-limited" => "Wait a moment, then try again.",
        // A remedy that names members of the answer adds nothing here: they are already printed.
        _ => problem["remedy"].as_str().filter(|remedy| !remedy.contains('`')).unwrap_or_default(),
    };
    (title, remedy)
}

/// A problem's text without JSON pointers: `/parts/0/text` becomes "the text of part 1".
fn plain(detail: &str) -> String {
    let place = |pointer: &str| {
        let words: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
        let part =
            |number: &str| number.parse::<usize>().map_or_else(|_| "a part".to_owned(), |n| format!("part {}", n + 1));
        match words[..] {
            ["parts", number, name, ..] => format!("the {name} of {}", part(number)),
            ["parts", number] => part(number),
            [] | [""] => "the request".to_owned(),
            _ => {
                format!("the {}", words.iter().rev().find(|word| word.parse::<usize>().is_err()).unwrap_or(&"request"))
            }
        }
    };
    let clause = |clause: &str| match clause.strip_prefix('/').and_then(|rest| rest.split_once(": ")) {
        Some((pointer, said)) if !pointer.contains(' ') => format!("{}: {said}", place(pointer)),
        _ => clause.to_owned(),
    };
    detail.split("; ").map(clause).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn problems_are_printed_without_terms_of_the_api() {
        for code in base::Code::ALL {
            let problem = base::Problem::new(*code, "It is so.").body();
            let told = Told::Problem(Box::new(problem)).to_string();
            for word in [
                "/v1/",
                "If-Match",
                "ETag",
                "Idempotency-Key",
                "`detail`",
                "`errors`",
                "`issues`",
                "Bearer",
                "HEAD",
                "Content-Range",
                "Retry-After",
            ] {
                assert!(!told.contains(word), "{word} in {told}");
            }
        }
        assert_eq!(
            plain("/parts/1/text: is empty; /channels/0/schedule/zone: is unknown"),
            "the text of part 2: is empty; the zone: is unknown"
        );
        assert_eq!(plain("There is no such post; look again"), "There is no such post; look again");
        let issue = json!({ "title": "No", "detail": "d", "issues": [{ "detail": "too long" }], "type": "/problems/post-refused" });
        assert!(Told::Problem(Box::new(issue)).to_string().contains("- too long"));
    }
}
