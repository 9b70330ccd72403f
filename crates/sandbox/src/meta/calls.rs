//! Paths and answers of Graph API calls.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::HeaderValue;
use serde_json::{Value, json};

use super::error::GraphError;
use crate::limits::Standing;

/// The parts of a path without the version.
pub fn steps(path: &str) -> Vec<&str> {
    let mut steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
    if steps.first().is_some_and(|first| is_version(first)) {
        steps.remove(0);
    }
    steps
}

fn is_version(step: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    step.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| number(major) && number(minor))
}

/// The answer to a call.
pub fn answered(result: Result<Value, GraphError>) -> Response {
    result.map_or_else(IntoResponse::into_response, |answer| Json(answer).into_response())
}

/// Adds the usage headers, in percent. `case` is what the business use case is called.
pub fn dress(answer: &mut Response, case: &str, account: &str, standing: Standing) {
    let used = u64::from(standing.limit - standing.remaining) * 100;
    let percent = used.checked_div(u64::from(standing.limit)).unwrap_or(100);
    let wait = if standing.allowed { 0 } else { standing.reset_at.as_seconds() };
    let usage = json!({ "call_count": percent, "total_time": percent, "total_cputime": percent });
    let mut of_case = usage.clone();
    (of_case["type"], of_case["estimated_time_to_regain_access"]) = (json!(case), json!(wait));
    let cases = json!({ account: [of_case] });
    for (name, value) in [("x-app-usage", usage), ("x-business-use-case-usage", cases)] {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            answer.headers_mut().insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_no_part_of_the_path() {
        assert_eq!(steps("/v26.0/me/media"), ["me", "media"]);
        assert_eq!(steps("/me/media/"), ["me", "media"]);
        for whole in ["video/1", "v1", "v1.x/me", "v.0"] {
            assert_eq!(steps(whole).join("/"), whole);
        }
    }
}
