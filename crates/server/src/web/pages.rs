//! Pages that are there without the browser app: the list of problems, and the style of these pages.

use app::App;
use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base::Code;

use super::{escape, page};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/page.css", get(|| async { file("text/css; charset=utf-8", include_str!("page.css")) }))
        .route("/problems", get(problems))
        .route("/problems/{slug}", get(problem))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")], text).into_response()
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
