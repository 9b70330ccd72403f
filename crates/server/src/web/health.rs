//! Liveness and readiness, for supervisors and load balancers.

use app::App;
use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use serde_json::json;

pub(super) fn router() -> Router<App> {
    Router::new().route("/health/live", get(live)).route("/health/ready", get(ready))
}

/// The process is alive.
async fn live() -> impl IntoResponse {
    Json(json!({ "status": "live" }))
}

/// The database can be read and has no fatal error, and the disk is not full.
async fn ready(State(app): State<App>) -> impl IntoResponse {
    let read = app.db.read(async |tx| tx.one("SELECT 1 AS one", db::args![]).await);
    let read: Result<_, db::Error> = read.await;
    match (read, app.db.fatal()) {
        (Ok(_), None) if app.memory.room.is_full() => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unready", "reason": "disk" })))
        }
        (Ok(_), None) => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        (read, fatal) => {
            let error = fatal.or(read.err());
            tracing::error!(?error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "unready", "reason": "database" })))
        }
    }
}
