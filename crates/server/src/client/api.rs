//! Requests to the API, and what it answers when something is wrong.

use std::{fmt, time::Duration};

use base::Secret;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request whose answer was lost is sent again, with the same Idempotency-Key.
const TRIES: u32 = 3;

/// The API at one address, with one key.
pub struct Api {
    http: reqwest::Client,
    address: Url,
    key: Secret<String>,
}

/// Why a command ended badly. Problems of the API are told with title, detail and remedy.
#[derive(Debug)]
pub enum Told {
    /// A problem of the API.
    Problem(Box<Value>),
    /// Something that happened here.
    Here(String),
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Problem(problem) = self else {
            let Self::Here(text) = self else { return Ok(()) };
            return f.write_str(text);
        };
        let text = |name: &str| problem[name].as_str().unwrap_or_default();
        write!(f, "{}\n  {}", text("title"), text("detail"))?;
        for issue in problem["issues"].as_array().into_iter().flatten() {
            write!(f, "\n  - {}", issue["detail"].as_str().unwrap_or_default())?;
        }
        if !text("remedy").is_empty() {
            write!(f, "\n  What to do: {}", text("remedy"))?;
        }
        Ok(())
    }
}

impl std::error::Error for Told {}

impl Told {
    /// As JSON, for `--json`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Problem(problem) => (**problem).clone(),
            Self::Here(text) => serde_json::json!({ "title": "It could not be done", "detail": text }),
        }
    }

    /// Something that happened here.
    pub fn here(text: impl Into<String>) -> Self {
        Self::Here(text.into())
    }
}

/// A client for an address that the person at the terminal names.
pub fn http() -> Result<reqwest::Client, Told> {
    #[expect(
        clippy::disallowed_methods,
        reason = "runs at the terminal of whoever names the address, never in the server, so S-51 is not about it"
    )]
    let builder = reqwest::Client::builder();
    let built = builder.timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).build();
    built.map_err(|error| Told::Here(format!("no request can be sent from here: {error}")))
}

impl Api {
    /// At this address, with this key.
    ///
    /// # Errors
    /// If there can be no client.
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

    /// Posts what changes nothing, or may be done twice.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Told> {
        self.send(Method::POST, path, Some(body), None).await
    }

    /// Posts what must be done once, even if an answer is lost on the way.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn post_once(&self, path: &str, body: &Value) -> Result<Value, Told> {
        let once = base::random::token::<18>(&base::OsRandom);
        let mut tries = 1;
        loop {
            match self.send(Method::POST, path, Some(body), Some(&once)).await {
                Err(Told::Here(_)) if tries < TRIES => tokio::time::sleep(Duration::from_millis(400)).await,
                other => return other,
            }
            tries += 1;
        }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>, once: Option<&str>) -> Result<Value, Told> {
        let url = self.address.join(path).map_err(|error| Told::Here(format!("{path} is no path: {error}")))?;
        let mut request = self.http.request(method, url).bearer_auth(self.key.expose());
        if let Some(once) = once {
            request = request.header("idempotency-key", once);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answer(&self.address, request).await
    }
}

impl Api {
    /// Sends a request of another kind, with the key.
    ///
    /// # Errors
    /// See [`Told`].
    pub async fn send_with(
        &self,
        path: &str,
        make: impl FnOnce(&reqwest::Client, Url) -> reqwest::RequestBuilder,
    ) -> Result<Value, Told> {
        let url = self.address.join(path).map_err(|error| Told::Here(format!("{path} is no path: {error}")))?;
        answer(&self.address, make(&self.http, url).bearer_auth(self.key.expose())).await
    }
}

/// Sends, and reads the answer.
pub async fn answer(address: &Url, request: reqwest::RequestBuilder) -> Result<Value, Told> {
    let lost = |error: reqwest::Error| {
        let why = if error.is_connect() {
            "nothing answers there; does it run?".to_owned()
        } else {
            error.without_url().to_string()
        };
        Told::Here(format!("{address} could not be asked: {why}"))
    };
    let answer = request.send().await.map_err(lost)?;
    let status = answer.status();
    let text = answer.text().await.map_err(lost)?;
    let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    match status {
        status if status.is_success() => Ok(json),
        _ if json["title"].is_string() => Err(Told::Problem(Box::new(json))),
        StatusCode::NOT_FOUND => Err(Told::Here(format!("{address} is no Fanfare installation, or an older one"))),
        status => Err(Told::Here(format!("{address} answered {status} without saying why"))),
    }
}
