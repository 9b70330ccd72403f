//! Pages for people: the way in, becoming the owner, a channel that was connected, the list of problems.

use app::{App, people};
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base::{Code, ids::ChannelId};

use super::{escape, page};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/", get(home))
        .route("/setup", get(setup))
        .route("/setup.js", get(|| async { file("text/javascript; charset=utf-8", include_str!("setup.js")) }))
        .route("/page.css", get(|| async { file("text/css; charset=utf-8", include_str!("page.css")) }))
        .route("/connected/{channel}", get(connected))
        .route("/problems", get(problems))
        .route("/problems/{slug}", get(problem))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")], text).into_response()
}

async fn home(State(app): State<App>) -> Response {
    let unowned = match people::is_owned(&app).await {
        Ok(false) => {
            "<p class=\"note\">Nobody owns this installation yet. The server's console shows the link by which \
                      somebody becomes its owner.</p>"
        }
        _ => "",
    };
    let body = format!(
        "{unowned}<p>This is the address of a Fanfare installation. Its API is described <a href=\"/v1/docs\">for people\
         </a> and <a href=\"/v1/openapi.json\">for programs</a>; <a href=\"/problems\">every error it can answer with</a> \
         has an explanation.</p><p>On the command line: <code>fanfare login {}</code>, then <code>fanfare channels</code> \
         and <code>fanfare post</code>.</p>",
        escape(app.settings.public_url.as_str().trim_end_matches('/'))
    );
    page("Welcome", &body)
}

/// The page behind the link of the server's console. The token stands after the `#`, so only its script sees it.
async fn setup() -> Response {
    let field =
        |label: &str, name: &str, rest: &str| format!("<label>{label}<input name=\"{name}\" required {rest}></label>");
    let fields = [
        field("Your name", "name", "autocomplete=\"name\" maxlength=\"100\""),
        field("E-mail address, to sign in with", "email", "type=\"email\" autocomplete=\"username\""),
        field(
            "Password, at least 12 letters",
            "password",
            "type=\"password\" autocomplete=\"new-password\" minlength=\"12\"",
        ),
        field("Name of your first workspace", "workspace", "maxlength=\"100\""),
    ];
    let body = format!(
        "<p>Whoever fills this in owns this installation: its platforms, its people, its emergency stop.</p>\
         <form id=\"owner\">{}<p id=\"said\" role=\"alert\"></p><button>Become the owner</button></form>\
         <noscript><p>This page needs its script, or send <code>POST /v1/owner</code> yourself.</p></noscript>\
         <script src=\"/setup.js\"></script>",
        fields.concat()
    );
    page("Become the owner", &body)
}

async fn connected(Path(channel): Path<String>) -> Response {
    let Ok(id) = channel.parse::<ChannelId>() else {
        return (StatusCode::NOT_FOUND, page("Not found", "<p>That is not the id of a channel.</p>")).into_response();
    };
    let body = format!(
        "<p>The account is connected as the channel <code>{id}</code>. You can close this window.</p>\
         <p>Try it: <code>fanfare post \"Hello\" --to {id} --now</code></p>"
    );
    page("Connected", &body)
}

async fn problems() -> Response {
    let rows = Code::ALL.iter().map(|code| {
        let (slug, title) = (code.slug(), escape(code.title()));
        format!("<tr><td><a href=\"/problems/{slug}\">{slug}</a></td><td>{}</td><td>{title}</td></tr>", code.status())
    });
    let head = "<p>Errors are RFC 9457 problems; their <code>type</code> leads here.</p><table><thead><tr><th>type</th>\
                <th>status</th><th>what happened</th></tr></thead><tbody>";
    page("Problems", &format!("{head}{}</tbody></table>", rows.collect::<String>()))
}

async fn problem(Path(slug): Path<String>) -> Response {
    let Some(code) = Code::ALL.iter().find(|code| code.slug() == slug) else {
        return (StatusCode::NOT_FOUND, page("Not found", "<p>There is no such problem.</p>")).into_response();
    };
    let body = format!(
        "<p><code>{}</code>, status {}</p><h2>What to do</h2><p>{}</p>",
        code.slug(),
        code.status(),
        escape(code.remedy())
    );
    page(code.title(), &body)
}
