//! The browser app, Studio: its files as of building this program, and its page for every address without another route.

use app::App;
use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::any,
};
use base::{Code, Problem, ids::ChannelId};

/// A file of the app.
struct File {
    /// Its path below the top.
    path: &'static str,
    /// Its `ETag`.
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// All files sorted by path; empty if the program was built without the app.
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/studio.rs"));

/// The content security policy: only this installation may be loaded and called (S-81).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; \
                      connect-src 'self'; media-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      manifest-src 'self'; require-trusted-types-for 'script'; trusted-types default; \
                      report-uri /csp-reports; report-to csp";
/// The service worker: what it may do is said where its own file comes from, not by the page that registers it.
const WORKER: &str = "sw.js";
/// Its content security policy: it reads the files of the app and passes on requests to this installation.
const WORKER_POLICY: &str =
    "default-src 'none'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";
/// Where browsers that know the Reporting API send reports.
const REPORTING: HeaderName = HeaderName::from_static("reporting-endpoints");
/// Browser features that the app never needs.
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
/// Prefixes without pages, where an unknown address is a problem response.
const NO_PAGES: &[&str] = &["/v1/", "/hooks/", "/health/", "/connect/", "/problems/", "/assets/", "/.well-known/"];
/// The page of a program built without the app.
const WITHOUT: &str = "<p>This build of Fanfare has no browser app, because the app was not built first. You can use the \
    <a href=\"/v1/docs\">API</a> and the command line (<code>fanfare login</code>).</p><p>To include the app, run \
    <code>npm --prefix web install --no-save</code> and <code>npm --prefix web run build</code>, then build Fanfare again. \
    <code>cargo xtask demo</code> does all of this.</p>";

/// Whether the app is in this program.
#[cfg(test)]
fn is_there() -> bool {
    FILES.iter().any(|file| file.path == "index.html")
}

pub(super) fn router() -> Router<App> {
    // A route, because the router that this is merged into has its own fallback. Any other route takes precedence.
    Router::new().route("/", any(answer)).route("/{*path}", any(answer))
}

async fn answer(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let reads = method == Method::GET || method == Method::HEAD;
    if let Some(file) = find(path.trim_start_matches('/')).filter(|_| reads) {
        return served(file, &headers, StatusCode::OK);
    }
    // A phone shares to the service worker. Before the first sign-in there is none, and the composer says what to do.
    if method == Method::POST && path == "/share" {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, "/compose?shared=true")]).into_response();
    }
    if !reads || !is_page(path) {
        return app::http::Refusal(Problem::new(Code::NotFound, base::say!("There is no such route."))).into_response();
    }
    match find("index.html") {
        Some(file) => served(file, &headers, StatusCode::OK),
        None => super::page("No browser app", &format!("{}{WITHOUT}", came_of_connecting(&uri))),
    }
}

/// The outcome of a consent page without the app: the channel, or the problem.
fn came_of_connecting(uri: &Uri) -> String {
    let said = |name: &str| {
        let query = uri.query().unwrap_or_default();
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    match (said("connected").and_then(|id| id.parse::<ChannelId>().ok()), said("refused")) {
        _ if uri.path() != "/channels" => String::new(),
        (Some(channel), _) => {
            format!("<p class=\"note\">The account is connected as the channel <code>{channel}</code>.</p>")
        }
        (None, Some(reason)) => match Code::ALL.iter().find(|code| code.slug() == reason) {
            Some(code) => {
                format!("<p class=\"note\">{}. {}</p>", super::escape(code.title()), super::escape(code.remedy()))
            }
            None => "<p class=\"note\">Nothing was connected.</p>".to_owned(),
        },
        (None, None) => String::new(),
    }
}

fn find(path: &str) -> Option<&'static File> {
    let place = FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    FILES.get(place)
}

/// Whether an address can be a page of the app: not below other prefixes, and not a file.
fn is_page(path: &str) -> bool {
    let below = NO_PAGES.iter().any(|other| path.starts_with(other) || path == other.trim_end_matches('/'));
    let last = path.rsplit('/').next().unwrap_or_default();
    !below && !last.contains('.')
}

fn served(file: &File, headers: &HeaderMap, status: StatusCode) -> Response {
    let is_page = file.path == "index.html";
    // Names in `assets/` change with what is in them.
    let cache = if file.path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let (bytes, encoding) = packed(file, headers);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer = match known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == file.tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => (status, bytes).into_response(),
    };
    let mut say = |name: HeaderName, text: &'static str| {
        answer.headers_mut().insert(name, HeaderValue::from_static(text));
    };
    say(header::CONTENT_TYPE, kind(file.path));
    say(header::CACHE_CONTROL, cache);
    say(header::ETAG, file.tag);
    say(header::VARY, "accept-encoding");
    if let Some(encoding) = encoding {
        say(header::CONTENT_ENCODING, encoding);
    }
    if file.path == WORKER {
        say(header::CONTENT_SECURITY_POLICY, WORKER_POLICY);
    }
    if is_page {
        say(header::CONTENT_SECURITY_POLICY, POLICY);
        say(REPORTING, "csp=\"/csp-reports\"");
        say(PERMISSIONS, "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    }
    answer
}

/// The smallest encoding that the browser accepts.
fn packed(file: &File, headers: &HeaderMap) -> (&'static [u8], Option<&'static str>) {
    let takes = |name: &str| {
        let said = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
        said.flat_map(|text| text.split(',')).any(|one| {
            let (coding, quality) = one.split_once(';').unwrap_or((one, ""));
            coding.trim().eq_ignore_ascii_case(name)
                && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
        })
    };
    match (file.brotli, file.gzip) {
        (Some(bytes), _) if takes("br") => (bytes, Some("br")),
        (_, Some(bytes)) if takes("gzip") => (bytes, Some("gzip")),
        _ => (file.plain, None),
    }
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn get(path: &str, encoding: &str) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut headers = HeaderMap::new();
        if !encoding.is_empty() {
            headers.insert(header::ACCEPT_ENCODING, encoding.parse().expect("a header"));
        }
        let answer = answer(Method::GET, path.parse().expect("a path"), headers).await;
        let (parts, body) = answer.into_parts();
        (parts.status, parts.headers, to_bytes(body, 32 << 20).await.expect("bytes").to_vec())
    }

    #[tokio::test]
    async fn every_address_of_the_app_is_its_page_and_no_address_of_the_api_is() {
        for path in
            ["/", "/calendar", "/posts/post_01", "/settings/platforms", "/invitation", "/sign-in", "/problem-solver"]
        {
            let (status, headers, body) = get(path, "").await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert!(headers[header::CONTENT_TYPE].to_str().expect("text").starts_with("text/html"), "{path}");
            let said = String::from_utf8_lossy(&body).into_owned();
            let wanted = if is_there() { "<script" } else { "no browser app" };
            assert!(said.contains(wanted), "{path}: {said}");
            let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"), "S-81: {policy}");
            assert!(!is_there() || policy.contains("require-trusted-types-for 'script'"), "{policy}");
            assert!(!is_there() || policy.contains(super::super::reports::PATH), "{policy}");
        }
        for path in [
            "/v1/nothing",
            "/v1",
            "/hooks/x",
            "/health/x",
            "/connect/x",
            "/assets/gone-1234.js",
            "/favicon.gone",
            "/.env",
        ] {
            let (status, headers, _) = get(path, "").await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
            assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json", "{path}");
        }
        let written = answer(Method::POST, Uri::from_static("/calendar"), HeaderMap::new()).await;
        assert_eq!(written.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    async fn files_come_packed_as_the_browser_reads_them_and_hashed_ones_are_kept() {
        if !is_there() {
            println!("skipped: files of the browser app, because it was not built before this program");
            return;
        }
        let script = FILES.iter().find(|file| file.path.ends_with(".js") && file.brotli.is_some()).expect("a script");
        let path = format!("/{}", script.path);
        for (accept, wanted) in
            [("", None), ("gzip", Some("gzip")), ("gzip, deflate, br", Some("br")), ("br;q=0", None)]
        {
            let (_, headers, body) = get(&path, accept).await;
            assert_eq!(
                headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().expect("text")),
                wanted,
                "{accept}"
            );
            assert_eq!(body.len() < script.plain.len(), wanted.is_some(), "{accept}");
        }
        let hashed = FILES.iter().find(|file| file.path.starts_with("assets/")).expect("an asset");
        let (_, headers, body) = get(&format!("/{}", hashed.path), "").await;
        assert_eq!(body, hashed.plain);
        assert!(headers[header::CACHE_CONTROL].to_str().expect("text").contains("immutable"));
        let (_, headers, _) = get("/", "").await;
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        let (_, headers, _) = get("/sw.js", "").await;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(policy.contains("connect-src 'self'"), "the service worker can read the app's files: {policy}");
        let (_, headers, _) = get("/", "").await;
        let mut known = HeaderMap::new();
        known.insert(header::IF_NONE_MATCH, headers[header::ETAG].clone());
        let again = answer(Method::GET, Uri::from_static("/"), known).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }
}
