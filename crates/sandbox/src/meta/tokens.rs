//! Tokens as Meta gives them: a short one for the code, a long one for the short one, and longer still once it is a day old.
//! There are no refresh tokens.

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use base::{Random, Timestamp};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    app,
    app::Product,
    error::{GraphError, Kind},
};
use crate::oauth::{CodeRefusal, Grants, Slip, Token, TokenRefusal};

/// How long the token lives that a code gives.
pub const SHORT: Duration = Duration::from_secs(3600);
/// How long a long one lives.
pub const LONG: Duration = Duration::from_secs(60 * 24 * 3600);
/// How old a long one must be before it can be prolonged.
pub const RIPE: Duration = Duration::from_secs(24 * 3600);

/// What a token allows, or the refusal in the words of the Graph API.
///
/// # Errors
/// 190, with a subcode for an expired one.
pub fn find(grants: &Grants, text: Option<&str>, now: Timestamp) -> Result<Token, GraphError> {
    let Some(text) = text else {
        return Err(GraphError::token(None, "An access token is required to request this resource."));
    };
    grants
        .find(text, now)
        .cloned()
        .map_err(|refusal| if refusal == TokenRefusal::Expired { expired() } else { unknown() })
}

/// 190 / 463: its time has passed.
pub fn expired() -> GraphError {
    let what = "Session has expired. The current time is later than the end of the session.";
    GraphError::token(Some(463), &format!("Error validating access token: {what}"))
}

/// 190: it was never given, or has been revoked.
pub fn unknown() -> GraphError {
    GraphError::token(None, "Invalid OAuth access token - Cannot parse access token")
}

/// The refusal of a code, in an envelope that no other call has.
pub fn refuse(slip: &Slip) -> Response {
    let said = match slip {
        Slip::NoClient | Slip::WrongClient => "Error validating client secret.".to_owned(),
        Slip::Code(CodeRefusal::OtherRedirect) => {
            "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the \
             OAuth dialog request"
                .to_owned()
        }
        Slip::Code(CodeRefusal::Expired) => "This authorization code has expired".to_owned(),
        Slip::Code(_) => "Matching code was not found or was already used".to_owned(),
        Slip::Missing(name) => format!("Missing required parameter {name}"),
        Slip::GrantType => "Invalid grant_type".to_owned(),
        _ => "Invalid request".to_owned(),
    };
    let body = json!({ "error_type": "OAuthException", "code": 400, "error_message": said });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// A long token for a short one, or with `youngest` for a long one of that age and more.
///
/// # Errors
/// 190 for a dead token, 100 of this kind for one that cannot be exchanged so.
pub fn exchange(
    grants: &mut Grants,
    text: Option<&str>,
    youngest: Option<Duration>,
    kind: Kind,
    now: Timestamp,
    random: &dyn Random,
) -> Result<Value, GraphError> {
    let held = find(grants, text, now)?;
    let refused = |message: &str| kind.invalid(message);
    if youngest.is_none() && held.long {
        return Err(refused("(#100) The access token is not a short-lived one"));
    }
    let exchanged = grants.exchange(text.unwrap_or_default(), LONG, youngest, now, random);
    let pair = exchanged
        .map_err(|_| refused("(#100) Only a long-lived access token of 24 hours and more can be refreshed"))?;
    Ok(given(&pair.access))
}

fn given(text: &str) -> Value {
    json!({ "access_token": text, "token_type": "bearer", "expires_in": LONG.as_secs() })
}

/// What `debug_token` says of a token.
pub fn inspect(grants: &Grants, text: &str, product: Product, now: Timestamp) -> Value {
    let Some(token) = grants.owner_of(text) else {
        let error = json!({ "code": 190, "message": "Invalid OAuth access token." });
        return json!({ "data": { "error": error, "is_valid": false, "scopes": [] } });
    };
    let scopes: Vec<&str> = token.consent.scope.split_whitespace().collect();
    let ends_at = token.ends_at.map_or(0, Timestamp::as_seconds);
    let mut data = json!({
        "type": "USER", "application": app::NAME, "app_id": product.id, "is_valid": grants.find(text, now).is_ok(),
        "issued_at": token.made_at.as_seconds(), "expires_at": ends_at, "data_access_expires_at": ends_at,
        "scopes": scopes, "user_id": token.consent.account,
    });
    if data["is_valid"] == false {
        data["error"] =
            json!({ "code": 190, "message": "Error validating access token: Session has expired.", "subcode": 463 });
    }
    json!({ "data": data })
}
