//! The first steps of a new user, over the public API: become the owner, sign in, create a key, enter a platform's app,
//! connect an account through the platform's own consent page.

use std::sync::{Mutex, PoisonError};

use base::Secret;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

/// A browser with its cookie.
pub struct Newcomer {
    http: reqwest::Client,
    address: Url,
    cookies: Mutex<Option<Secret<String>>>,
    /// E-mail address and password, for confirming their identity.
    known_by: Option<(String, Secret<String>)>,
}

/// An error, in words for the person at the terminal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NewcomerError(pub(super) String);

/// What a person enters on a sandbox platform's consent page.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    /// The account they choose.
    pub account: &'a str,
}

type Outcome<T> = Result<T, NewcomerError>;

impl From<reqwest::Error> for NewcomerError {
    fn from(error: reqwest::Error) -> Self {
        Self(format!("{} did not answer: {error}", error.url().map_or("it", |url| url.as_str())))
    }
}

impl Newcomer {
    /// At an installation of this machine.
    ///
    /// # Errors
    /// If the client can't be created.
    pub fn at(address: Url) -> Outcome<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "plays the person's browser, which calls our own address and the sandbox's: nothing a user can choose"
        )]
        let builder = reqwest::Client::builder();
        let http = builder.redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
        Ok(Self { http, address, cookies: Mutex::default(), known_by: None })
    }

    /// Sends a request with the session; returns the response's JSON.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let answer = self.send(method.clone(), self.join(path)?, body).await?;
        read(method, path, answer).await
    }

    fn join(&self, path: &str) -> Outcome<Url> {
        self.address.join(path).map_err(|error| NewcomerError(format!("{path} is no path: {error}")))
    }

    async fn send(&self, method: Method, url: Url, body: Option<&Value>) -> Outcome<reqwest::Response> {
        let mut request = self.with_cookies(self.http.request(method, url));
        if let Some(body) = body {
            request = request.json(body);
        }
        Ok(request.send().await?)
    }

    fn with_cookies(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &*self.cookies.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(cookies) => request.header(header::COOKIE, cookies.expose()),
            None => request,
        }
    }

    async fn begin(&self, path: &str, body: &Value) -> Outcome<()> {
        let answer = self.send(Method::POST, self.join(path)?, Some(body)).await?;
        let cookies = cookies_of(answer.headers());
        read(Method::POST, path, answer).await?;
        *self.cookies.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookies);
        Ok(())
    }

    /// Confirms their identity, which is required before changing accounts.
    async fn confirm(&self) -> Outcome<()> {
        match &self.known_by {
            Some((email, password)) => {
                self.begin("/v1/session", &json!({ "email": email, "password": password.expose() })).await
            }
            None => Ok(()),
        }
    }

    /// Becomes the owner with the token of the console's link, and signs in.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn become_owner(
        &mut self,
        token: &str,
        email: &str,
        password: &Secret<String>,
        workspace: &str,
    ) -> Outcome<()> {
        let body = json!({
            "token": token, "email": email, "password": password.expose(), "name": "Lena Vos",
            "zone": local_zone(), "workspace": workspace,
        });
        self.begin("/v1/owner", &body).await?;
        self.known_by = Some((email.to_owned(), password.clone()));
        Ok(())
    }

    /// Signs in.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn sign_in(&mut self, email: &str, password: &Secret<String>) -> Outcome<()> {
        self.known_by = Some((email.to_owned(), password.clone()));
        self.confirm().await
    }

    /// Creates an API key with all permissions of its creator.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn make_key(&self, name: &str) -> Outcome<Secret<String>> {
        let me = self.ask(Method::GET, "/v1/me", None).await?;
        let mut permissions = me["workspaces"][0]["permissions"].clone();
        if let Some(list) = permissions.as_array_mut() {
            list.retain(|permission| permission != "instance:operate");
        }
        let body = json!({ "name": name, "permissions": permissions, "days": 365 });
        let made = self.ask(Method::POST, "/v1/keys", Some(&body)).await?;
        Ok(made["secret"].as_str().unwrap_or_default().into())
    }

    /// Enters the installation's app at a platform.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn enter_app(&self, platform: &str, values: &Value) -> Outcome<()> {
        self.confirm().await?;
        let path = format!("/v1/platforms/{platform}/app");
        self.ask(Method::PUT, &path, Some(&json!({ "values": values }))).await.map(drop)
    }

    /// Uploads an image; returns its id.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn upload(&self, name: &str, alt: &str, bytes: Vec<u8>) -> Outcome<String> {
        const PATH: &str = "/v1/media";
        let mut url = self.join(PATH)?;
        url.query_pairs_mut().append_pair("name", name).append_pair("alt", alt);
        let request = self.http.post(url).header(header::CONTENT_TYPE, "application/octet-stream").body(bytes);
        let made = read(Method::POST, PATH, self.with_cookies(request).send().await?).await?;
        Ok(made["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Connects an account in the first way that the platform offers: through its consent page, or with what is entered
    /// alone; returns the channel's id.
    ///
    /// # Errors
    /// What the platform or Fanfare answered.
    pub async fn connect(
        &self,
        platform: &str,
        input: &Value,
        reconnects: Option<&str>,
        consent: Consent<'_>,
    ) -> Outcome<String> {
        let offered = self.ask(Method::GET, "/v1/platforms", None).await?;
        let offered = offered.as_array().into_iter().flatten().find(|one| one["id"] == platform);
        if offered.is_some_and(|one| one["ways"][0]["kind"] == "password") {
            let made = self.connecting(platform, "password", input, reconnects).await?;
            let channel = made["channels"][0]["id"].as_str().map(str::to_owned);
            return channel.ok_or_else(|| NewcomerError(format!("{platform} gave no channel")));
        }
        let page = self.begin_connecting(platform, input, reconnects).await?;
        let back = self.consent(&page, consent).await?;
        self.come_back(platform, back).await
    }

    /// Starts connecting an account; returns the platform's consent page.
    ///
    /// # Errors
    /// A problem, with its remedy.
    pub async fn begin_connecting(&self, platform: &str, input: &Value, reconnects: Option<&str>) -> Outcome<Url> {
        let begun = self.connecting(platform, "oauth", input, reconnects).await?;
        let page = begun["redirect_to"].as_str().and_then(|text| Url::parse(text).ok());
        page.ok_or_else(|| NewcomerError(format!("{platform} has no consent page to go to")))
    }

    async fn connecting(&self, platform: &str, way: &str, input: &Value, reconnects: Option<&str>) -> Outcome<Value> {
        self.confirm().await?;
        let mut body = json!({ "platform": platform, "way": way, "input": input });
        if let Some(channel) = reconnects {
            body["reconnects"] = channel.into();
        }
        self.ask(Method::POST, "/v1/channels/connect", Some(&body)).await
    }

    /// Follows the consent page's redirect in the same browser; returns the channel's id.
    ///
    /// # Errors
    /// An address that is not ours, or why the account was not connected.
    pub async fn come_back(&self, platform: &str, back: Url) -> Outcome<String> {
        if back.origin() != self.address.origin() {
            return Err(NewcomerError(format!(
                "the consent page sent the browser to {}",
                back.origin().ascii_serialization()
            )));
        }
        let answer = self.send(Method::GET, back, None).await?;
        let target = location(&answer);
        if let Some(attempt) = target.as_deref().and_then(|path| path.strip_prefix("/channels?choose=")) {
            return self.choose_first(attempt).await;
        }
        match target.as_deref().and_then(|path| path.strip_prefix("/channels?connected=")) {
            Some(channel) => Ok(channel.to_owned()),
            None => Err(NewcomerError(format!(
                "connecting {platform} ended with: {} {}",
                target.unwrap_or_default(),
                text_of(&answer.text().await?)
            ))),
        }
    }

    /// Of several channels that an account gives, connects the first one; returns its id.
    async fn choose_first(&self, attempt: &str) -> Outcome<String> {
        let path = format!("/v1/connections/{attempt}");
        let offered = self.ask(Method::GET, &path, None).await?;
        let body = serde_json::json!({ "channels": [offered["targets"][0]["key"]] });
        let kept = self.ask(Method::POST, &format!("{path}/channels"), Some(&body)).await?;
        let first = kept["channels"][0]["id"].as_str().map(str::to_owned);
        first.ok_or_else(|| NewcomerError("none of the account's channels was connected".to_owned()))
    }

    /// Reads the consent page, submits its form, and returns the address of the redirect.
    async fn consent(&self, page: &Url, consent: Consent<'_>) -> Outcome<Url> {
        let html = self.http.get(page.clone()).send().await?.text().await?;
        let mut fields = sent_fields(&html);
        let action = attribute(&html, "<form", "action").and_then(|action| page.join(&action).ok());
        let Some(action) = action else {
            return Err(NewcomerError(format!("the consent page has no form; it says: {}", text_of(&html))));
        };
        fields.push(("account".to_owned(), account_value(&html, consent.account)));
        fields.push(("decision".to_owned(), "allow".to_owned()));
        let answer = self.http.post(action).form(&fields).send().await?;
        match location(&answer).and_then(|text| Url::parse(&text).ok()) {
            Some(back) => Ok(back),
            None => Err(NewcomerError(format!("the consent page answered: {}", text_of(&answer.text().await?)))),
        }
    }
}

/// The cookies that an answer sets, as a browser sends them back.
pub(crate) fn cookies_of(headers: &header::HeaderMap) -> Secret<String> {
    let set = headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    Secret::new(set.filter_map(|text| text.split(';').next()).collect::<Vec<_>>().join("; "))
}

/// The zone of this machine, or UTC.
pub(crate) fn local_zone() -> String {
    jiff::tz::TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
}

async fn read(method: Method, path: &str, answer: reqwest::Response) -> Outcome<Value> {
    let status = answer.status();
    let text = answer.text().await?;
    let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(json);
    }
    let told = |name: &str| json[name].as_str().unwrap_or_default();
    Err(NewcomerError(format!("{method} {path} was answered with {status}: {} {}", told("detail"), told("remedy"))))
}

fn location(answer: &reqwest::Response) -> Option<String> {
    let redirected = answer.status().is_redirection() || answer.status() == StatusCode::SEE_OTHER;
    let value = answer.headers().get(header::LOCATION).filter(|_| redirected)?;
    value.to_str().ok().map(str::to_owned)
}

/// The value of an attribute in the first tag with this start.
fn attribute(html: &str, tag: &str, name: &str) -> Option<String> {
    let rest = html.split_once(tag)?.1.split_once('>')?.0;
    let value = rest.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
    Some(unescape(value))
}

/// What a browser sends of its own accord: hidden fields, and boxes that are ticked.
fn sent_fields(html: &str) -> Vec<(String, String)> {
    let inputs = html.split("<input").skip(1).filter_map(|rest| Some(format!("<input{}>", rest.split_once('>')?.0)));
    inputs
        .filter(|input| {
            let is_ticked = input.contains("type=\"checkbox\"") && input.contains(" checked");
            is_ticked || input.contains("type=\"hidden\"")
        })
        .filter_map(|input| Some((attribute(&input, "<input", "name")?, attribute(&input, "<input", "value")?)))
        .collect()
}

/// The value of the radio button beside the account's handle; the handle itself if there is none.
fn account_value(html: &str, handle: &str) -> String {
    let labels = html.split("<label").skip(1).filter_map(|rest| rest.split_once("</label>").map(|(label, _)| label));
    let of_handle = labels.filter(|label| label.contains(&format!(">@{handle}<")));
    of_handle.filter_map(|label| attribute(label, "<input", "value")).next().unwrap_or_else(|| handle.to_owned())
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// The text of a page without its markup.
fn text_of(html: &str) -> String {
    let body = html.split_once("<body").map_or(html, |(_, body)| body);
    let words = body.split('<').filter_map(|piece| piece.split_once('>').map(|(_, text)| text));
    let text = unescape(&words.collect::<Vec<_>>().join(" "));
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_form_is_submitted_with_its_own_values() {
        let html = "<body><form method=\"post\" action=\"/oauth/authorize\" class=\"card\">\
            <input type=\"hidden\" name=\"state\" value=\"a&amp;b\"><input type=\"hidden\" name=\"x\" value=\"\">\
            <label class=\"choice\"><input type=\"radio\" name=\"account\" value=\"did:1\" checked> A <span>@anna.test</span></label>\
            <label class=\"choice\"><input type=\"radio\" name=\"account\" value=\"did:2\"> L <span>@lena.test</span></label>";
        assert_eq!(attribute(html, "<form", "action").as_deref(), Some("/oauth/authorize"));
        assert_eq!(sent_fields(html), [("state".into(), "a&b".into()), ("x".into(), String::new())]);
        let boxes = "<input type=\"checkbox\" name=\"page\" value=\"1\" checked> <input type=\"checkbox\" name=\"page\" value=\"2\">";
        assert_eq!(sent_fields(boxes), [("page".into(), "1".into())]);
        assert_eq!(account_value(html, "lena.test"), "did:2");
        assert_eq!(text_of("<body class=\"x\"><h1>No</h1><p>because &lt;that&gt;</p>"), "No because <that>");
    }
}
