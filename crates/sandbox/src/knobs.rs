//! Knobs: how a network is made slow, stale, stingy or broken, from a test or from the control origin.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::twin::Class;

/// Before or after the request had its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The request has no effect (or, for a hung answer, not yet).
    Before,
    /// The request has its full effect; only the answer suffers.
    After,
}

/// Something that goes wrong with one request, on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Another status than the network means.
    Status {
        /// The HTTP status.
        status: u16,
        /// Whether the request has its effect first.
        when: When,
        /// The body; empty if absent.
        #[serde(default)]
        body: Option<String>,
        /// More headers, `content-type` among them (else JSON is claimed).
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// The connection ends without a single byte of answer.
    Reset {
        /// Whether the request has its effect first.
        when: When,
    },
    /// The true answer comes late; with [`When::Before`] the effect too, even if the client has given up.
    Hang {
        /// How late, in milliseconds of real time.
        ms: u64,
        /// Whether it hangs before or after the effect.
        when: When,
    },
    /// After the effect: headers and half the body, then the connection ends.
    Truncate,
    /// After the effect: headers at once, then nothing for `ms` milliseconds, then the connection ends.
    HangAfterHeaders {
        /// How long, in milliseconds of real time.
        ms: u64,
    },
    /// After the effect: 200 and nothing else.
    EmptyBody,
    /// After the effect: 200 and an HTML page.
    HtmlBody,
    /// After the effect: the true status, and JSON that breaks off although the length is right.
    MalformedJson,
    /// After the effect: the true answer, one byte at a time.
    SlowBody {
        /// How long each byte takes, in milliseconds of real time.
        ms_per_byte: u64,
    },
    /// After the effect: 200 and a body of this many bytes.
    HugeBody {
        /// How many bytes.
        bytes: u64,
    },
}

/// Which requests a fault hits, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A class (`publish`, `delete`, `upload`, `token`, `read`, `any`), the end of a path
    /// (`com.atproto.repo.putRecord`), or a method and path in which `*` stands for one segment
    /// (`GET /api/v1/accounts/*/statuses`).
    #[serde(rename = "match")]
    pub fits: String,
    /// How many requests are hit.
    #[serde(default = "once")]
    pub times: u32,
    /// What goes wrong.
    pub fault: Fault,
}

fn once() -> u32 {
    1
}

impl Rule {
    /// One request of this kind goes wrong.
    pub fn once(fits: &str, fault: Fault) -> Self {
        Self { fits: fits.to_owned(), times: 1, fault }
    }

    /// Whether the rule means this request.
    pub fn means(&self, class: Class, method: &http::Method, path: &str) -> bool {
        if let Some((wanted, pattern)) = self.fits.split_once(' ') {
            return wanted.eq_ignore_ascii_case(method.as_str()) && path_fits(pattern, path);
        }
        self.fits == "any" || self.fits == class.as_str() || path.rsplit('/').next() == Some(self.fits.as_str())
    }
}

/// Whether the path is like the pattern, in which `*` and `:name` stand for one segment.
pub(crate) fn path_fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == "*" || wanted.starts_with(':') || wanted == given => {}
            _ => return false,
        }
    }
}

/// What becomes of a refresh token that is used a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshReuse {
    /// The whole grant ends.
    #[default]
    KillsFamily,
    /// It still works, as on a server that forgives a lost answer.
    Grace,
}

/// All knobs of one network. What is left out stays as the reference documents it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// How long an answer takes, in milliseconds of real time: half before the effect, half after it.
    pub latency_ms: u64,
    /// Up to this much more, by chance, in milliseconds.
    pub jitter_ms: u64,
    /// What goes wrong next. A rule that is used up disappears.
    pub faults: Vec<Rule>,
    /// Smaller (or larger) rate limits by the network's own name for the limit; `*` for all that are not named.
    /// A million or more switches a limit off in practice.
    pub rate_limits: BTreeMap<String, u32>,
    /// How long a new post is missing from lists (not from a read by id), in milliseconds of the sandbox's clock.
    pub listing_delay_ms: u64,
    /// How long a video or animation is processed, in milliseconds of the sandbox's clock; the network's own habit
    /// if absent.
    pub processing_ms: Option<u64>,
    /// Whether the processing of media fails.
    pub processing_fails: bool,
    /// What becomes of a refresh token that is used twice.
    pub refresh_reuse: RefreshReuse,
    /// Settings that only this network has; see its module.
    pub own: Map<String, Value>,
}

impl Knobs {
    /// The limit to use: the knob's if it is turned, else the documented one.
    pub fn rate_limit(&self, name: &str, documented: u32) -> u32 {
        self.rate_limits.get(name).or_else(|| self.rate_limits.get("*")).copied().unwrap_or(documented)
    }
}

/// Reads the settings that only one network has.
///
/// # Errors
/// What is wrong with them, in words: a setting that does not exist, or of another type.
pub fn read_own<S: serde::de::DeserializeOwned>(own: &Map<String, Value>) -> Result<S, String> {
    serde_json::from_value(Value::Object(own.clone())).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_fits_by_class_by_the_end_of_the_path_or_by_method_and_pattern() {
        let fits = |text: &str, class, method, path| Rule::once(text, Fault::EmptyBody).means(class, &method, path);
        assert!(fits("publish", Class::Publish, http::Method::POST, "/2/tweets"));
        assert!(!fits("read", Class::Publish, http::Method::POST, "/2/tweets"));
        assert!(fits("tweets", Class::Publish, http::Method::POST, "/2/tweets"));
        assert!(fits("GET /2/users/*/tweets", Class::Read, http::Method::GET, "/2/users/7/tweets"));
        assert!(!fits("GET /2/users/*", Class::Read, http::Method::GET, "/2/users/7/tweets"));
        assert!(!fits("POST /2/tweets", Class::Read, http::Method::GET, "/2/tweets"));
    }

    #[test]
    fn knobs_read_from_the_json_that_a_person_would_write() {
        let text = r#"{"latency_ms":20,"faults":[{"match":"publish","fault":{"kind":"reset","when":"after"}}]}"#;
        let knobs: Knobs = serde_json::from_str(text).expect("valid");
        assert_eq!(knobs.faults, [Rule::once("publish", Fault::Reset { when: When::After })]);
        assert!(serde_json::from_str::<Knobs>(r#"{"latncy_ms":20}"#).is_err(), "a slip is told, not swallowed");
    }
}
