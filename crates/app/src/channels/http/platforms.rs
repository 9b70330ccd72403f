//! `/v1/platforms`: what can be connected here, and the installation's app at each platform.

use std::collections::BTreeMap;

use axum::extract::State;
use base::{Actor, Problem, Secret, Text, say};
use connector::{Feature, Field, Recipient, Setup, Way};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    channels::{self, AppTest},
    http::{Json, May, NoContent, Operator, Path, ProblemBody, Recent, Result, rights::ChannelsRead},
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(platforms)).routes(routes!(put_app, delete_app)).routes(routes!(test_app))
}

/// A platform and what it can do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlatformBody {
    /// Its id.
    id: &'static str,
    /// Its name.
    name: &'static str,
    /// One sentence.
    summary: &'static Text,
    /// An SVG.
    icon: &'static str,
    /// Who receives what is published.
    recipient: &'static Recipient,
    /// The ways to connect, best first.
    ways: &'static [Way],
    /// What the operator enters first; may be empty.
    app_fields: &'static [Field],
    /// The state of the installation's app.
    app: AppBody,
    /// Features and the scopes they need.
    features: &'static [Feature],
    /// Whether it suggests accounts to mention (`GET /v1/channels/{channel}/mentions`).
    suggests_mentions: bool,
    /// JSON Schema of a variant's options.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    options: Value,
}

/// The installation's app at a platform, without its secrets.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppBody {
    /// Whether an operator has to enter one before accounts can be connected.
    needed: bool,
    /// Whether one is there: entered, or made by itself.
    entered: bool,
    /// The address to register with the platform as the one that people come back to.
    redirect_uri: String,
    /// How an operator makes it at the platform; absent where nothing is to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    setup: Option<&'static Setup>,
}

/// The platforms of this installation.
#[utoipa::path(
    get, path = "/v1/platforms", tag = "Channels", operation_id = "list_platforms",
    responses((status = 200, body = Vec<PlatformBody>)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn platforms(State(app): State<App>, _scope: May<ChannelsRead>) -> Result<Json<Vec<PlatformBody>>> {
    let entered = channels::apps_entered(&app).await?;
    let bodies = app.connectors.iter().map(|connector| {
        let about = connector.about();
        PlatformBody {
            app: AppBody {
                needed: about.app_fields.iter().any(|field| !field.optional),
                entered: entered.contains(about.id),
                redirect_uri: channels::redirect_uri(&app, about.id),
                setup: about.setup.as_ref(),
            },
            id: about.id,
            name: about.name,
            summary: &about.summary,
            icon: about.icon,
            recipient: &about.recipient,
            ways: about.ways,
            app_fields: about.app_fields,
            features: about.features,
            suggests_mentions: connector.mentions().is_some(),
            options: (about.options)(),
        }
    });
    Ok(Json(bodies.collect()))
}

/// The installation's app at a platform: the values of `app_fields`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutApp {
    /// By field name; stored sealed and never shown again.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: BTreeMap<String, Secret<String>>,
}

/// Enters the installation's app at a platform. Needs a recent sign-in.
#[utoipa::path(
    put, path = "/v1/platforms/{platform}/app", tag = "Installation", operation_id = "put_platform_app",
    params(("platform" = String, Path)), request_body = PutApp,
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("operator")), ("x-recent" = json!(true))),
)]
async fn put_app(
    State(app): State<App>,
    operator: Operator,
    _: Recent,
    Path(platform): Path<String>,
    Json(body): Json<PutApp>,
) -> Result<NoContent> {
    let Some(connector) = app.connectors.get(&platform) else { return Err(Problem::not_found("platform").into()) };
    let fields = connector.about().app_fields;
    for name in body.values.keys() {
        if !fields.iter().any(|field| field.name == name) {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            return Err(Problem::field(
                format!("/values/{name}"),
                say!("is not a field of this platform; there are: {known}", known = known.join(", ")),
            )
            .into());
        }
    }
    for field in fields.iter().filter(|field| !field.optional) {
        if body.values.get(field.name).is_none_or(|value| value.expose().trim().is_empty()) {
            return Err(Problem::field(
                format!("/values/{}", field.name),
                say!("{label} is missing", label = field.label),
            )
            .into());
        }
    }
    let credentials = connector::AppCredentials { instance: None, values: body.values };
    channels::save_app(&app, &platform, &credentials, Actor::Person(operator.0.person)).await?;
    channels::mended_by_operator(&app, &platform).await?;
    Ok(NoContent)
}

/// Removes the installation's app at a platform. Until one is entered again, accounts can't be connected and existing access
/// can't be renewed. Channels stay. Needs a recent sign-in.
#[utoipa::path(
    delete, path = "/v1/platforms/{platform}/app", tag = "Installation", operation_id = "delete_platform_app",
    params(("platform" = String, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("operator")), ("x-recent" = json!(true))),
)]
async fn delete_app(
    State(app): State<App>,
    operator: Operator,
    _: Recent,
    Path(platform): Path<String>,
) -> Result<NoContent> {
    channels::delete_app(&app, &platform, Actor::Person(operator.0.person)).await?;
    Ok(NoContent)
}

/// What a platform says to the installation's app.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppTestBody {
    /// How far it is proven.
    result: AppTest,
    /// The same in a sentence, with what to do.
    detail: Text,
}

/// Asks the platform whether it knows the installation's app, as far as that can be asked without a person.
#[utoipa::path(
    post, path = "/v1/platforms/{platform}/test", tag = "Installation", operation_id = "test_platform_app",
    params(("platform" = String, Path)),
    responses(
        (status = 200, body = AppTestBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("operator"))),
)]
async fn test_app(State(app): State<App>, _: Operator, Path(platform): Path<String>) -> Result<Json<AppTestBody>> {
    let (result, detail) = channels::test_app(&app, &platform).await?;
    Ok(Json(AppTestBody { result, detail }))
}
