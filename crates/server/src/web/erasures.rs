//! `/erasure/{code}`: how far a deletion is that someone asked for at a platform. The platform shows this address to them
//! (PD-02). The page has no personal data, and no one finds it without the confirmation code.

use app::{
    App, hooks,
    http::{ClientAddress, Rate, Result},
};
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use base::{Text, say, words::reader};

use super::{escape, page_in};

/// Looks of one address. Codes have 128 random bits; this is for the database.
const LOOKS: Rate = Rate::per(60, 60);

pub(super) fn router() -> Router<App> {
    Router::new().route("/erasure/{code}", get(erasure))
}

async fn erasure(State(app): State<App>, client: ClientAddress, Path(code): Path<String>) -> Result<Response> {
    app.memory.buckets.take("erasures", client.unit(), LOOKS, app.clock.now()).check(say!("requests"))?;
    let mut answer = match hooks::erasure(&app, &code).await? {
        Some(receipt) => shown(&code, &receipt),
        None => {
            let body = said(&say!(
                "There is no request for deletion with this confirmation code. Requests are listed for a year."
            ));
            (StatusCode::NOT_FOUND, page_in(reader().language, &say!("Not found").said(), &body)).into_response()
        }
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(reader().language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    Ok(answer)
}

fn shown(code: &str, receipt: &hooks::Receipt) -> Response {
    let (platform, asked_at) = (receipt.platform.clone(), receipt.asked_at);
    let asked = say!(
        "On {asked_at}, {platform} passed on the request to delete what this installation of Fanfare stores about an account there."
    );
    let far = match (receipt.outcome, receipt.done_at) {
        (Some(hooks::Outcome::Done), Some(done_at)) => say!(
            "It was deleted on {done_at}: the account's ID, name, picture and access, and what the platform said about its posts. Posts that were written here belong to the people who wrote them and are kept. Backups are overwritten in turn."
        ),
        (Some(_), _) => say!("Nothing is stored about this account."),
        (None, _) => say!("The deletion is under way. It takes a few minutes, and 24 hours at most."),
    };
    let code = format!("<p>{}: <code>{}</code></p>", escape(&say!("Confirmation code").said()), escape(code));
    let body = format!("{}{}{code}", said(&far), said(&asked));
    page_in(reader().language, &say!("Deletion of an account's data").said(), &body)
}

fn said(text: &Text) -> String {
    format!("<p>{}</p>", escape(&text.said()))
}
