//! Documents that platforms fetch from us, such as a client's metadata and keys, as provided by the connectors.
//!
//! This code names no platform. Documents are generated for each request from the stored app, so a rotated key shows
//! immediately; only the set of paths is fixed at the start.

use app::{
    App,
    channels::{self, Calling},
};
use axum::{Json, Router, extract::State, http::Uri, response::IntoResponse, routing::get};
use base::{Code, Problem};
use connector::{AppCredentials, Document, Tokens};

/// Lets connectors register by themselves where people can reach us by https: what they then serve must be there before
/// the first person connects.
pub async fn prepare(app: &App) {
    if app.settings.public_url.scheme() != "https" {
        return;
    }
    for connector in app.connectors.iter() {
        let id = connector.about().id;
        match channels::load_app(app, id, "").await {
            Ok(None) => register(app, &**connector).await,
            Ok(Some(_)) => {}
            Err(error) => tracing::error!(platform = id, %error, "the app at {id} could not be read"),
        }
    }
}

async fn register(app: &App, connector: &dyn connector::Connector) {
    let id = connector.about().id;
    let calling = Calling::new(app, id, AppCredentials::default(), Tokens::default());
    // Who needs an instance, or an operator, says so here, and is asked again when someone connects.
    let Ok(Some(credentials)) = connector.connect().register(&calling.call(), None).await else { return };
    if connector.connect().documents(&credentials, &app.settings.public_url).is_empty() {
        return;
    }
    match channels::save_app(app, id, &credentials, base::Actor::System("start")).await {
        Ok(()) => tracing::info!(platform = id, "made this installation's app at {id}"),
        Err(error) => tracing::error!(platform = id, %error, "the app at {id} could not be kept"),
    }
}

/// A route for each document.
pub(super) async fn router(app: &App) -> Router<App> {
    let mut router = Router::new();
    let mut paths = std::collections::BTreeSet::new();
    for document in all(app).await {
        if paths.insert(document.path.clone()) {
            router = router.route(&document.path, get(serve));
        }
    }
    router
}

async fn all(app: &App) -> Vec<Document> {
    let mut documents = Vec::new();
    for connector in app.connectors.iter() {
        if let Ok(Some(credentials)) = channels::load_app(app, connector.about().id, "").await {
            documents.extend(connector.connect().documents(&credentials, &app.settings.public_url));
        }
    }
    documents
}

async fn serve(State(app): State<App>, uri: Uri) -> axum::response::Response {
    match all(&app).await.into_iter().find(|document| document.path == uri.path()) {
        Some(document) => Json(document.body).into_response(),
        None => {
            app::http::Refusal(Problem::new(Code::NotFound, base::say!("There is no such document."))).into_response()
        }
    }
}
