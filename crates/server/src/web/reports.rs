//! `/csp-reports`: browsers report violations of the content security policy here, and the log shows them to the operator.
//!
//! Anyone can send such a report, so it is not trusted and only the rule and the origin are logged.

use std::sync::Mutex;

use app::App;
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    routing::post,
};
use base::Timestamp;
use serde_json::Value;
use url::Url;

/// Where reports go; the policy names it.
pub(super) const PATH: &str = "/csp-reports";
/// Longest report, in bytes.
const BYTES_MAX: usize = 64 << 10;
/// Most lines in the log in a minute, and most violations read of one report.
const LINES_MAX: u32 = 10;
const MINUTE_US: i64 = 60_000_000;

pub(super) fn router() -> Router<App> {
    static TOLD: Mutex<(i64, u32)> = Mutex::new((0, 0));
    let take = |State(app): State<App>, body: Bytes| async move {
        for (rule, origin) in read(&body) {
            if may_tell(&TOLD, app.clock.now()) {
                tracing::warn!(
                    rule,
                    origin,
                    "a page of Fanfare violated its content security policy; does something between Fanfare and the browser change pages?"
                );
            }
        }
        StatusCode::NO_CONTENT
    };
    Router::new().route(PATH, post(take).layer(DefaultBodyLimit::max(BYTES_MAX)))
}

/// The rules that were broken and the origins they were broken for, of both forms that browsers send: `report-uri` (CSP 2) and
/// the Reporting API.
fn read(body: &[u8]) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(body).unwrap_or_default();
    let many = report.as_array().into_iter().flatten().map(|one| &one["body"]);
    let all = std::iter::once(&report["csp-report"]).chain(many).filter(|one| one.is_object());
    let told = all.filter_map(|one| {
        let text = |names: [&str; 2]| names.iter().find_map(|name| one[*name].as_str());
        let rule = text(["effectiveDirective", "effective-directive"])
            .or(text(["violatedDirective", "violated-directive"]))?;
        let rule: String =
            rule.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '-').take(40).collect();
        let blocked = text(["blockedURL", "blocked-uri"]).unwrap_or_default();
        // An address may hold secrets; a word such as `inline` does not.
        let origin = match Url::parse(blocked) {
            Ok(address) => address.origin().ascii_serialization(),
            Err(_) => blocked.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '-').take(20).collect(),
        };
        (!rule.is_empty()).then_some((rule, origin))
    });
    told.take(LINES_MAX as usize).collect()
}

/// Whether there is room in the log this minute.
fn may_tell(told: &Mutex<(i64, u32)>, now: Timestamp) -> bool {
    let minute = now.as_micros() / MINUTE_US;
    let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if told.0 != minute {
        *told = (minute, 0);
    }
    told.1 += 1;
    told.1 <= LINES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_report_are_read_and_nothing_private_of_them_is_told() {
        let one = br#"{"csp-report":{"effective-directive":"script-src-elem","blocked-uri":"https://evil.example/x?token=secret"}}"#;
        assert_eq!(read(one), [("script-src-elem".to_owned(), "https://evil.example".to_owned())]);
        let other = br#"[{"type":"csp-violation","body":{"effectiveDirective":"require-trusted-types-for","blockedURL":"trusted-types-sink"}},
            {"type":"deprecation","body":{"id":"x"}}]"#;
        assert_eq!(read(other), [("require-trusted-types-for".to_owned(), "trusted-types-sink".to_owned())]);
        for nothing in [
            "",
            "null",
            "[]",
            "{\"csp-report\":{}}",
            "{\"csp-report\":{\"effective-directive\":\"\\u001b[2J\"}}",
            "[1,2]",
        ] {
            assert_eq!(read(nothing.as_bytes()), [] as [(String, String); 0], "{nothing}");
        }
        let many = format!("[{}]", vec![r#"{"body":{"effectiveDirective":"img-src"}}"#; 500].join(","));
        assert_eq!(read(many.as_bytes()).len(), 10);
    }

    #[test]
    fn a_flood_of_reports_does_not_fill_the_log() {
        let told = Mutex::new((0, 0));
        let now = Timestamp::from_micros(1_900_000_000_000_000);
        assert_eq!((0..100).filter(|_| may_tell(&told, now)).count(), 10);
        assert!(may_tell(&told, now + std::time::Duration::from_secs(60)));
    }
}
