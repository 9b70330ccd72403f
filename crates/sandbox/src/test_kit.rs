//! Shared parts of the twins' tests: a sandbox on free ports, a clock that only tests move, a plain HTTP client, and the
//! official specifications as judges.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use base::{OsRandom, TestClock, Timestamp};
use serde_json::{Value, json};

use crate::{Exchange, Network, Options, Running, Sandbox};

/// A PKCE verifier.
pub(crate) const VERIFIER: &str = "a-verifier-of-forty-three-letters-at-the-least-0";

/// A sandbox with its clock and a client.
pub(crate) struct World {
    pub(crate) running: Running,
    pub(crate) clock: TestClock,
    pub(crate) http: reqwest::Client,
}

impl World {
    /// Starts at 2030-01-01T09:00Z, recording.
    pub(crate) async fn start() -> Self {
        Self::with(None).await
    }

    /// The same with a folder.
    pub(crate) async fn with(data: Option<PathBuf>) -> Self {
        let clock = TestClock::at(Timestamp::from_seconds(1_893_488_400));
        let options = Options { data, record: true, ..Options::new(Arc::new(clock.clone()), Arc::new(OsRandom)) };
        let running = Sandbox::start(options).await.expect("free ports");
        Self { running, clock, http: client() }
    }

    /// The text of a human page.
    pub(crate) async fn page(&self, address: &str) -> String {
        self.http.get(address).send().await.expect("answers").text().await.expect("text")
    }
}

/// A client that follows nothing, so that redirects can be looked at.
pub(crate) fn client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "a test that plays a foreign client")]
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}

/// The status and JSON of an answer (null if it is not JSON).
pub(crate) async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The query of the address that an answer redirects to.
pub(crate) fn sent_to(answer: &reqwest::Response) -> BTreeMap<String, String> {
    let location = answer.headers().get("location").expect("a redirect").to_str().expect("text");
    url::Url::parse(location).expect("absolute").query_pairs().into_owned().collect()
}

/// A file of the official specifications as JSON, or `None` with a message if they are not available.
pub(crate) fn spec(path: &str) -> Option<Value> {
    spec_text(path).map(|text| serde_json::from_str(&text).expect("JSON"))
}

/// A file of the official specifications, or `None` with a message if they are not available.
pub(crate) fn spec_text(path: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "where the specifications are is a matter of the machine that tests")]
    let folder = std::env::var("FANFARE_SPECS")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs"), PathBuf::from);
    std::fs::read_to_string(folder.join(path))
        .inspect_err(|error| {
            said(&format!("skipped: {path} cannot be read ({error}); set FANFARE_SPECS to its folder"))
        })
        .ok()
}

/// Runs a client that other people wrote in Python, if the variable says which Python has it; gives the JSON that the script
/// prints. `cargo xtask test` installs it.
pub(crate) async fn foreign_client(variable: &str, package: &str, script: &str, args: &[&str]) -> Option<Value> {
    #[expect(
        clippy::disallowed_methods,
        reason = "where the client is installed is a matter of the machine that tests"
    )]
    let Ok(python) = std::env::var(variable) else {
        said(&format!(
            "skipped: a foreign client; `cargo xtask test` installs it, or set {variable} to a Python with {package}"
        ));
        return None;
    };
    let run = tokio::process::Command::new(python).args(["-c", script]).args(args).output().await.expect("it starts");
    let told = String::from_utf8_lossy(&run.stderr).into_owned();
    Some(serde_json::from_slice(&run.stdout).unwrap_or_else(|_| panic!("{told}")))
}

/// Tells something beside the result of a test.
pub(crate) fn said(text: &str) {
    #[expect(clippy::print_stdout, reason = "a test tells why it skipped or how much it checked")]
    {
        println!("{text}");
    }
}

/// Compares recorded requests and answers with an OpenAPI document; gives how many answers and request bodies were
/// compared, and what did not fit.
pub(crate) fn judge(spec: &Value, exchanges: &[Exchange]) -> (usize, usize, Vec<String>) {
    let (mut answers, mut bodies, mut faults) = (0, 0, Vec::new());
    for exchange in exchanges {
        let Some(operation) = operation(spec, &exchange.method, &exchange.path) else { continue };
        let told = format!("{} {} {}", exchange.method, exchange.path, exchange.status);
        if let (Some(schema), Some(answer)) = (answer_schema(spec, operation, exchange), &exchange.answer) {
            answers += 1;
            compare(spec, schema, answer, &told, &mut faults);
        }
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let (false, Some(body), 200..=299) = (schema.is_null(), &exchange.body, exchange.status) {
            bodies += 1;
            compare(spec, schema, body, &format!("{told} (request)"), &mut faults);
        }
    }
    (answers, bodies, faults)
}

fn compare(spec: &Value, schema: &Value, value: &Value, told: &str, faults: &mut Vec<String>) {
    let mut whole = json!({ "allOf": [schema], "components": spec["components"] });
    loosen(&mut whole);
    let validator = jsonschema::draft202012::new(&whole).expect("the specification's schemas compile");
    faults.extend(validator.iter_errors(value).map(|error| format!("{told}: {error} at {}", error.instance_path())));
}

/// Reads `oneOf` as `anyOf`: both descriptions use it for choices that overlap (a text status may also have media), and
/// taken to the letter no value could fit. X's also says `nullable`, which JSON Schema calls a type.
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(choices) = map.remove("oneOf") {
                map.insert("anyOf".into(), choices);
            }
            if map.get("nullable") == Some(&json!(true))
                && let Some(named) = map.get("type").filter(|named| named.is_string()).cloned()
            {
                map.insert("type".into(), json!([named, "null"]));
            }
            map.values_mut().for_each(loosen);
        }
        Value::Array(items) => items.iter_mut().for_each(loosen),
        _ => {}
    }
}

fn operation<'a>(spec: &'a Value, method: &str, path: &str) -> Option<&'a Value> {
    let paths = spec["paths"].as_object()?;
    let fits = |template: &str| {
        let (wanted, given) = (template.split('/'), path.split('/'));
        wanted.clone().count() == given.clone().count()
            && wanted.zip(given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
    };
    // An exact path goes before one with a parameter.
    let mut known: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    known.sort_by_key(|(template, _)| (*template != path, template.matches('{').count()));
    known.into_iter().find_map(|(_, item)| item.get(method.to_lowercase()))
}

fn answer_schema<'a>(spec: &'a Value, operation: &'a Value, exchange: &Exchange) -> Option<&'a Value> {
    let answers = &operation["responses"];
    let mut answer = answers.get(exchange.status.to_string()).or_else(|| answers.get("default"))?;
    if let Some(name) = answer["$ref"].as_str() {
        answer = spec.pointer(name.trim_start_matches('#'))?;
    }
    let kind = exchange.answer_type.as_deref()?.split(';').next()?;
    answer["content"].get(kind)?.get("schema")
}

/// The exchanges with one network.
pub(crate) fn exchanges(world: &World, network: Network) -> Vec<Exchange> {
    world.running.traffic().of(network)
}

/// That no line of a twin's folder is still as the template (`cargo xtask new-platform`) has it. Of the template some are.
#[track_caller]
pub(crate) fn filled_in(network: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(network);
    let files = std::fs::read_dir(folder).expect("the twin's folder").map(|entry| entry.expect("a file").path());
    let unfilled = |file: PathBuf| -> Vec<String> {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let marked = text.lines().enumerate().filter(|(_, line)| line.contains("To fill in:"));
        marked.map(|(at, line)| format!("{}:{}: {}", file.display(), at + 1, line.trim())).collect()
    };
    let all: Vec<String> = files.flat_map(unfilled).collect();
    assert_eq!(all.is_empty(), network != "noticeboard", "{}", all.join("\n"));
}
