//! Every route of the product, and the document that describes them: a line per feature.

use axum::{Router, extract::State, response::IntoResponse, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::router::OpenApiRouter;

use crate::{
    App, audit, channels, comments, events, hooks, http, insights, keys, media, ops, people, posts, privacy,
    publishing, workspaces,
};

/// The head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fanfare Connect API",
        version = "1",
        description = "One API over all networks. Errors are RFC 9457 problems; `POST` takes `Idempotency-Key`; lists \
                       have cursors; what can be edited has an `ETag` and wants `If-Match`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(http::ProblemBody)),
    servers((url = "/", description = "The installation that serves this document.")),
    tags(
        (name = "Posts", description = "Posts: drafts, variants for channels, times."),
        (name = "Publications", description = "Publications: a post on one channel, and its outcome."),
        (name = "Comments", description = "What people write below published posts, at the platforms."),
        (name = "Channels", description = "Connected accounts, and the platforms they are on."),
        (name = "Media", description = "Files: uploads, descriptions, the form in which a channel gets them."),
        (name = "Insights", description = "Numbers that the platforms give about published posts and about channels."),
        (name = "Events", description = "Events, as pages and as a stream."),
        (name = "Workspaces", description = "The boundary around channels, posts and people."),
        (name = "Members", description = "Who belongs to a workspace, and who is invited."),
        (name = "API keys", description = "Credentials of programs."),
        (name = "Audit", description = "Who did what."),
        (name = "Me", description = "The person who is signed in."),
        (name = "Sessions", description = "Signing in and out."),
        (name = "Owner", description = "Becoming the owner of a new installation."),
        (name = "Installation", description = "For who runs the installation: health, the emergency stop, platform apps."),
    ),
    modifiers(&Credentials),
    security(("session" = []), ("api_key" = [])),
)]
struct Head;

/// How callers show who they are.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("__Host-session")));
        components.add_security_scheme("session", cookie);
        components.add_security_scheme("api_key", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// All routes with their descriptions.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Head::openapi())
        .merge(people::http::router())
        .merge(workspaces::http::router())
        .merge(keys::http::router())
        .merge(audit::http::router())
        .merge(channels::http::router())
        .merge(hooks::http::router())
        .merge(posts::http::router())
        .merge(publishing::http::router())
        .merge(comments::http::router())
        .merge(media::http::router())
        .merge(events::http::router())
        .merge(insights::http::router())
        .merge(ops::http::router())
}

/// The document (OpenAPI 3.1).
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = router().into_openapi();
    http::describe_refusals(&mut document);
    document
}

/// The API with its door, ready to be served. `more` are routes that are not part of the API: pages, health.
pub fn serve(app: App, more: Router<App>) -> Router {
    let (routes, _) = router().split_for_parts();
    let text: axum::body::Bytes = document().to_json().unwrap_or_default().into();
    let described = get(move |State(_): State<App>| {
        let text = text.clone();
        async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], text).into_response() }
    });
    http::serve_layers(
        routes
            .route("/v1/openapi.json", described)
            .merge(channels::http::pages())
            .merge(hooks::http::pages())
            .merge(media::http::pages())
            .merge(privacy::http::pages())
            .merge(more),
        app,
    )
}
