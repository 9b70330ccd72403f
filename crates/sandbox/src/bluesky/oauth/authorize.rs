//! `/oauth/authorize`: the page on which a person lets an app in, and what comes of it.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use base::random;
use http::{HeaderValue, StatusCode, header};
use url::{Url, form_urlencoded};

use super::{Code, Pushed};
use crate::{
    bluesky::{Bluesky, data::Data, syntax},
    pages,
};

const CODE_LIFE: Duration = Duration::from_secs(60);

fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
}

fn refuse(why: &str) -> Response {
    guarded((StatusCode::BAD_REQUEST, pages::refusal("Bluesky", why)).into_response())
}

/// The page may not be framed, or a person could be made to click.
fn guarded(mut page: Response) -> Response {
    let headers = page.headers_mut();
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

fn waiting(data: &Data, twin: &Bluesky, fields: &[(String, String)]) -> Option<Pushed> {
    let pushed = data.oauth.pushed.get(value(fields, "request_uri"))?;
    (pushed.client_id == value(fields, "client_id") && pushed.ends_at > twin.core.now()).then(|| pushed.clone())
}

const GONE: &str = "This request is not known here, was used, or has expired. Go back to the app and begin again.";

/// `GET`: asks.
pub fn ask(twin: &Bluesky, query: &[(String, String)]) -> Response {
    let data = twin.data();
    match waiting(&data, twin, query) {
        Some(pushed) => show(&data, &pushed, query, None),
        None => refuse(GONE),
    }
}

fn show(data: &Data, pushed: &Pushed, fields: &[(String, String)], problem: Option<String>) -> Response {
    let hint = pushed.login_hint.as_deref().unwrap_or_default().trim_start_matches('@');
    let hinted = data.account(hint).map(|account| account.did.clone());
    let mut accounts: Vec<_> = data
        .accounts
        .values()
        .map(|account| pages::Choice {
            value: account.did.clone(),
            name: account.shown_name().to_owned(),
            handle: format!("@{}", account.handle),
            targets: Vec::new(),
        })
        .collect();
    // The first one is chosen already, so it is the one that the app spoke of.
    accounts.sort_by_key(|one| (Some(&one.value) != hinted.as_ref(), one.handle.clone()));
    let carried = ["client_id", "request_uri"].map(|name| (name.to_owned(), value(fields, name).to_owned()));
    let form = pages::ConsentForm {
        network: "Bluesky".to_owned(),
        app: pushed.client_name.clone(),
        scopes: pushed.scope.split_whitespace().map(wish).collect(),
        action: "/oauth/authorize".to_owned(),
        hidden: carried.to_vec(),
        accounts,
        problem,
    };
    guarded(pages::consent(&form).into_response())
}

fn wish(scope: &str) -> pages::Wish {
    pages::Wish { value: scope.to_owned(), said: in_words(scope), optional: false }
}

fn in_words(scope: &str) -> String {
    let said = match scope.split([':', '?']).next().unwrap_or_default() {
        "atproto" => "know who you are",
        "repo" => "write records",
        "blob" => "upload files",
        "rpc" => "read on your behalf",
        "account" => "see account details",
        "identity" => "change your handle",
        "transition" => "do what apps with an app password may do",
        _ => "something this server does not know",
    };
    format!("{said} ({scope})")
}

/// `POST`: the person decided.
pub fn decide(twin: &Bluesky, fields: &[(String, String)]) -> Response {
    let mut data = twin.data();
    let Some(pushed) = waiting(&data, twin, fields) else { return refuse(GONE) };
    match value(fields, "decision") {
        "allow" => match chosen(twin, &mut data, fields) {
            Ok(did) => allow(twin, &mut data, pushed, did, fields),
            Err(problem) => show(&data, &pushed, fields, Some(problem)),
        },
        "deny" => {
            data.oauth.pushed.remove(value(fields, "request_uri"));
            let denied = [("error", "access_denied"), ("error_description", "Access denied")];
            send_back(twin, &pushed, &denied)
        }
        _ => show(&data, &pushed, fields, Some("Choose Allow or Deny.".to_owned())),
    }
}

fn chosen(twin: &Bluesky, data: &mut Data, fields: &[(String, String)]) -> Result<String, String> {
    let wanted = value(fields, "new_account").trim().to_ascii_lowercase();
    if wanted.is_empty() {
        let account = data.account(value(fields, "account")).ok_or("Choose one of the accounts.")?;
        return Ok(account.did.clone());
    }
    let handle = if wanted.contains('.') { wanted.clone() } else { format!("{wanted}.test") };
    if !syntax::is_handle(&handle) || !handle.ends_with(".test") {
        return Err(format!("“{handle}” cannot be a handle here: letters, digits and hyphens, ending in .test."));
    }
    if let Some(did) = data.did_of(&handle) {
        return Ok(did.to_owned());
    }
    Ok(data.add_account(&handle, &wanted, twin.core.now()))
}

fn allow(twin: &Bluesky, data: &mut Data, pushed: Pushed, did: String, fields: &[(String, String)]) -> Response {
    data.oauth.pushed.remove(value(fields, "request_uri"));
    // A form may send `scope` fields to grant less; the page itself grants everything that was asked for.
    let kept: Vec<&str> = fields.iter().filter(|(name, _)| name == "scope").map(|(_, value)| value.as_str()).collect();
    let granted = |scope: &&str| kept.is_empty() || *scope == "atproto" || kept.contains(scope);
    let scope = pushed.scope.split_whitespace().filter(granted).collect::<Vec<_>>().join(" ");
    let code = format!("cod-{}", random::token::<32>(&*twin.core.random));
    let back = send_back(twin, &pushed, &[("code", &code)]);
    let pushed = Pushed { ends_at: twin.core.now() + CODE_LIFE, ..pushed };
    data.oauth.codes.insert(code, Code { pushed, did, scope, used_for: None });
    twin.core.touch();
    back
}

fn send_back(twin: &Bluesky, pushed: &Pushed, answer: &[(&str, &str)]) -> Response {
    let issuer = twin.endpoint();
    let said = [("iss", issuer.as_str()), ("state", pushed.state.as_str())].into_iter().chain(answer.iter().copied());
    let Ok(mut address) = Url::parse(&pushed.redirect_uri) else { return refuse("The app's address does not read.") };
    if pushed.response_mode == "fragment" {
        let fragment = form_urlencoded::Serializer::new(String::new()).extend_pairs(said).finish();
        address.set_fragment(Some(&fragment));
    } else {
        address.query_pairs_mut().extend_pairs(said);
    }
    match HeaderValue::from_str(address.as_str()) {
        Ok(to) => guarded((StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()),
        Err(_) => refuse("The app's address does not read."),
    }
}
