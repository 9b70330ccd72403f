//! How WhatsApp refuses: codes with `error_data`, at once or by webhook.

use http::StatusCode;
use serde_json::{Value, json};

use crate::meta::error::{GraphError, Kind};

/// The exception of refusals.
pub const KIND: Kind = Kind("OAuthException");

/// Code, HTTP status, title.
type Row = (i64, u16, &'static str);

/// Every code that is documented for messages, numbers and templates. A knob turns each of them on. Most rate limits have the
/// status 400, not 429.
pub const TABLE: &[Row] = &[
    (0, 401, "AuthException"),
    (1, 400, "API Unknown"),
    (2, 503, "API Service"),
    (3, 500, "API Method"),
    (4, 400, "API Too Many Calls"),
    (10, 403, "Permission Denied"),
    (33, 400, "Parameter value is not valid"),
    (100, 400, "Invalid parameter"),
    (190, 401, "Access token has expired"),
    (200, 403, "API Permission"),
    (368, 403, "Temporarily blocked for policies violations"),
    (80_007, 400, "Rate limit issues"),
    (80_008, 400, "Rate limit issues"),
    (130_429, 400, "Rate limit hit"),
    (130_472, 400, "User's number is part of an experiment"),
    (130_497, 403, "Business account is restricted from messaging users in this country"),
    (131_000, 500, "Something went wrong"),
    (131_005, 403, "Access denied"),
    (131_008, 400, "Required parameter is missing"),
    (131_009, 400, "Parameter value is not valid"),
    (131_016, 500, "Service unavailable"),
    (131_021, 400, "Recipient cannot be sender"),
    (131_026, 400, "Message undeliverable"),
    (131_030, 400, "Recipient phone number not in allowed list"),
    (131_031, 403, "Business Account locked"),
    (131_035, 400, "Webhook could not be delivered for a number without storage"),
    (131_036, 400, "Message could not be retried for a number without storage"),
    (131_037, 400, "Display name approval is needed before the message can be sent"),
    (131_042, 400, "Business eligibility payment issue"),
    (131_044, 400, "Business eligibility payment issue"),
    (131_045, 500, "Incorrect certificate"),
    (131_047, 400, "Re-engagement message"),
    (131_048, 400, "Spam rate limit hit"),
    (131_049, 400, "Message not delivered to maintain healthy ecosystem engagement"),
    (131_050, 400, "User has stopped receipt of marketing messages from this business"),
    (131_051, 400, "Unsupported message type"),
    (131_052, 400, "Media download error"),
    (131_053, 400, "Media upload error"),
    (131_055, 400, "Only marketing templates are sent here"),
    (131_056, 400, "Pair rate limit hit"),
    (131_057, 500, "Account in maintenance mode"),
    (131_061, 400, "The category of the template does not belong here"),
    (131_062, 400, "Business-scoped user id is not supported for this message"),
    (131_063, 400, "Marketing templates are switched off for Cloud API"),
    (131_064, 400, "Messaging limit reached due to template category violations"),
    (132_000, 400, "Template Param Count Mismatch"),
    (132_001, 404, "Template does not exist"),
    (132_005, 400, "Template Hydrated Text Too Long"),
    (132_007, 400, "Template Format Character Policy Violated"),
    (132_008, 400, "Template Parameter Value Invalid"),
    (132_012, 400, "Template Parameter Format Mismatch"),
    (132_015, 400, "Template is paused"),
    (132_016, 400, "Template is disabled"),
    (132_018, 400, "Template parameters have an issue"),
    (132_068, 400, "Flow is in blocked state"),
    (132_069, 400, "Flow is in throttled state"),
    (133_000, 500, "Incomplete deregistration"),
    (133_004, 503, "Server temporarily unavailable"),
    (133_005, 400, "Two step verification PIN mismatch"),
    (133_006, 400, "Phone number re-verification needed"),
    (133_008, 400, "Too many two step verification PIN guesses"),
    (133_009, 400, "Two step verification PIN guessed too fast"),
    (133_010, 400, "Phone number not registered"),
    (133_015, 400, "Please wait a few minutes before attempting to register this phone number"),
    (133_016, 400, "Account registration rate limit exceeded"),
    (134_011, 400, "Payment terms have not been accepted"),
    (134_100, 400, "Only marketing messages are supported"),
    (134_101, 400, "The template is still being prepared"),
    (134_102, 500, "The template cannot be used now"),
    (135_000, 400, "Generic user error"),
    (137_000, 400, "Recipient identity key mismatch"),
    (139_100, 400, "Failed to block or unblock some users"),
    (139_101, 400, "Blocklist limit reached"),
    (139_102, 400, "Blocklist is being updated"),
    (139_103, 400, "Blocklist could not be changed"),
    (147_001, 400, "Username is not available"),
    (147_002, 400, "Account cannot have a username"),
    (147_003, 400, "Facebook account is not linked"),
    (147_004, 400, "Instagram account is not linked"),
];

/// Codes that a call gets only by webhook, once its message is accepted.
pub const LATE: [i64; 5] = [130_472, 131_026, 131_047, 131_049, 131_050];

fn row(code: i64) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.0 == code)
}

/// Whether there is such a code.
pub fn is_known(code: i64) -> bool {
    row(code).is_some()
}

/// The title of a code.
pub fn title(code: i64) -> &'static str {
    row(code).map_or("Something went wrong", |row| row.2)
}

/// The refusal with a code. There is no subcode, which messages do not have any more since v16.
pub fn coded(code: i64, details: impl Into<String>) -> GraphError {
    let (_, status, title) = row(code).copied().unwrap_or((131_000, 500, "Something went wrong"));
    let data = json!({ "messaging_product": "whatsapp", "details": details.into() });
    let error = GraphError::new(KIND.0, code, format!("(#{code}) {title}")).with_data(data);
    let error = error.with_status(StatusCode::from_u16(status).unwrap_or_default());
    if matches!(code, 1 | 2 | 4 | 131_000 | 131_016 | 131_057 | 133_004) { error.transient() } else { error }
}

/// What a failed status says.
pub fn told(code: i64, details: &str) -> Value {
    let title = title(code);
    json!({
        "code": code, "title": title, "message": title, "error_data": { "details": details },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}

/// What stands in `details` of a failure that nothing more is known of.
pub fn details(code: i64) -> &'static str {
    match code {
        130_472 => "The message was not sent because the person takes part in an experiment.",
        131_026 => "The message cannot be delivered to this person.",
        131_047 => "More than 24 hours have passed since the person last wrote to this number.",
        131_048 => "This number may not send so much at present.",
        131_049 => "The message was held back to keep people from getting too many of its kind.",
        131_050 => "The person does not want marketing messages of this business any more.",
        131_053 => "The file could not be fetched from its address, or is none that can be sent.",
        _ => title(code),
    }
}

/// 100: a parameter of a message is wrong.
pub fn invalid(details: impl Into<String>) -> GraphError {
    coded(100, details)
}

/// 131009: a value of a message is wrong.
pub fn value(details: impl Into<String>) -> GraphError {
    coded(131_009, details)
}

/// 100 with the subcode of what is wrong with a template. The reference lists the subcodes as codes; the answers of the
/// network have them beside code 100, as all of its other calls.
pub fn template(subcode: u32, title: &str, text: impl Into<String>) -> GraphError {
    GraphError::new(KIND.0, 100, "Invalid parameter").with_subcode(subcode).for_people(title, text)
}
