//! What the API document says of every route alike, so that no route has to: the refusals that the door and the readers of
//! requests give, and that an error has the media type of a problem.

use base::{Code, Permission};
use utoipa::{
    IntoResponses as _,
    openapi::{
        Content, HeaderBuilder, KnownFormat, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response, Schema,
        SchemaFormat, Type,
        path::{Operation, ParameterBuilder, ParameterIn, PathItem},
        schema::ArrayItems,
    },
};

use super::Refusals;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
/// What an `ETag` is given with: things that are changed from a revision, and files.
const TAGGED: &[&str] = &[
    "read_workspace",
    "change_workspace",
    "create_post",
    "create_workspace",
    "get_post",
    "change_post",
    "schedule_post",
    "restore_post",
    "hand_in_post",
    "hand_back_post",
    "change_series",
    "get_publication",
    "decide_publication",
    "read_me",
    "change_me",
    "ask_for_email",
    "get_media_file",
];
/// What is made and has no address of its own: a session.
const WITHOUT_ADDRESS: &str = "SessionBegunBody";

/// Completes the document. What a route says itself stays.
pub fn complete(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        if let Some(post) = &mut item.post {
            takes_a_key(post);
        }
        operations(item).for_each(describe);
    }
    name_what_pages_hold(document);
}

fn describe(operation: &mut Operation) {
    if operation.description.is_none() {
        operation.description = Some(in_a_sentence(operation));
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.iter_mut().for_each(|(kind, content)| as_file(kind, content));
    }
    let said = &mut operation.responses.responses;
    for (status, refusal) in Refusals::responses() {
        said.entry(status).or_insert(refusal);
    }
    if operation.request_body.is_none() {
        said.remove("415");
    }
    for (status, response) in said.iter_mut() {
        let RefOr::T(response) = response else { continue };
        if status.starts_with(['4', '5']) {
            as_problem(response);
        }
        response.content.iter_mut().for_each(|(kind, content)| as_file(kind, content));
        if response.description.is_empty() {
            response.description = of_status(status);
        }
        let tagged = operation.operation_id.as_deref().is_some_and(|id| TAGGED.contains(&id));
        headers(status, tagged, response);
    }
}

/// A page names the schema of what it holds, where it would repeat it: clients then have a type with a name.
fn name_what_pages_hold(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    for (name, schema) in &mut components.schemas {
        let Some(held) = name.strip_prefix("Page_").filter(|held| names.iter().any(|name| name == held)) else {
            continue;
        };
        let RefOr::T(Schema::Object(page)) = schema else { continue };
        if let Some(RefOr::T(Schema::Array(list))) = page.properties.get_mut("items") {
            let held = RefOr::Ref(Ref::from_schema_name(held));
            list.items = ArrayItems::RefOrSchema(Box::new(held));
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// The summary, and what the caller needs.
fn in_a_sentence(operation: &Operation) -> String {
    let needs = operation.extensions.as_ref().and_then(|all| all.get("x-permission")).and_then(|value| value.as_str());
    let needs = match needs {
        Some(permission) if Permission::parse(permission).is_some() => format!(" Needs the permission `{permission}`."),
        Some("signed-in") => " Needs a session.".to_owned(),
        Some("known") => " Needs a session or an API key.".to_owned(),
        Some("operator") => " Only for the operator.".to_owned(),
        _ => " Needs no sign-in.".to_owned(),
    };
    format!("{}{needs}", operation.summary.as_deref().unwrap_or_default())
}

/// A response that no route described, in the words of the problems that have this status.
fn of_status(status: &str) -> String {
    let titles = Code::ALL.iter().filter(|code| code.status().to_string() == status).map(|code| code.title());
    let titles: Vec<&str> = titles.take(3).collect();
    match status {
        "200" => "The answer.".to_owned(),
        "201" => "It was made.".to_owned(),
        "204" => "Done; there is nothing to read.".to_owned(),
        _ if titles.is_empty() => format!("Status {status}."),
        _ => format!("{}.", titles.join(", or: ")),
    }
}

fn as_problem(response: &mut Response) {
    if let Some(content) = response.content.swap_remove(JSON) {
        response.content.insert(PROBLEM.to_owned(), content);
    }
}

/// A file is bytes, not a list of numbers.
fn as_file(kind: &str, content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::T(Schema::Array(_))) = &content.schema
        && !kind.ends_with("json")
    {
        let bytes =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        content.schema = Some(RefOr::T(Schema::Object(bytes.build())));
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Every `POST` takes an `Idempotency-Key`.
fn takes_a_key(operation: &mut Operation) {
    let key = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 255 visible characters, such as a UUID, of your choice for this act. The same request with the same key within \
             two days has no second effect and gets the first answer again, with `Idempotency-Replayed: true`.",
        ))
        .schema(Some(text().min_length(Some(1)).max_length(Some(255)).build()));
    operation.parameters.get_or_insert_default().push(RefOr::T(key.build()));
}

/// The name of the schema of a JSON answer.
fn schema_of(response: &Response) -> Option<&str> {
    let RefOr::T(content) = response.content.get(JSON)? else { return None };
    match content.schema.as_ref()? {
        RefOr::Ref(to) => to.ref_location.rsplit('/').next(),
        RefOr::T(_) => None,
    }
}

fn headers(status: &str, tagged: bool, response: &mut Response) {
    let placed = status == "201" && schema_of(response) != Some(WITHOUT_ADDRESS);
    let speaks = response.content.keys().any(|kind| kind.ends_with("json"));
    let mut say = |name: &str, what: &str| {
        let header = HeaderBuilder::new().schema(Some(text().build())).description(Some(what)).build();
        response.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
    };
    say("Request-Id", "Names this request in the server's log.");
    say("RateLimit", "What is left of the rate limit, as in the IETF draft: `\"key\";r=1199;t=1`.");
    say("RateLimit-Policy", "The rate limit that counts: `\"key\";q=1200;w=60`.");
    if tagged && (["200", "201"].contains(&status)) {
        say(
            "ETag",
            "The revision. Send it as `If-Match` with a change, or as `If-None-Match` to ask whether there is a newer one.",
        );
    }
    if placed {
        say("Location", "The path of what was made.");
    }
    if speaks {
        say(
            "Content-Language",
            "The language of the sentences: `en` or `nl`, by `Accept-Language`. Times in them are in the `Time-Zone`.",
        );
    }
    if ["429", "503"].contains(&status) {
        say("Retry-After", "How many seconds to wait.");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_route_says_what_it_may_refuse_and_that_it_is_a_problem() {
        let document = serde_json::to_value(crate::api::document()).expect("a document");
        let operations = document["paths"].as_object().expect("paths").values().filter_map(Value::as_object).flatten();
        let mut seen = 0;
        for (method, operation) in operations.filter(|(_, operation)| operation["operationId"].is_string()) {
            let responses = operation["responses"].as_object().expect("responses");
            let name = format!("{method} {}", operation["operationId"]);
            for status in ["400", "401", "403", "404", "422", "429"] {
                assert!(responses.contains_key(status), "{name} does not say {status}");
            }
            for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
                let types = response["content"].as_object().map(|content| content.keys().cloned().collect::<Vec<_>>());
                assert_eq!(types.unwrap_or_default(), ["application/problem+json"], "{name} {status}");
            }
            seen += 1;
        }
        assert!(seen > 50, "{seen}");
    }

    /// Everything below a value, with where it stands.
    fn walk<'v>(value: &'v Value, place: String, see: &mut impl FnMut(&str, &'v Value)) {
        see(&place, value);
        match value {
            Value::Object(members) => {
                members.iter().for_each(|(name, inner)| walk(inner, format!("{place}/{name}"), see))
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(n, inner)| walk(inner, format!("{place}/{n}"), see))
            }
            _ => {}
        }
    }

    #[test]
    fn the_document_is_one_that_generators_and_linters_take() {
        let document = serde_json::to_value(crate::api::document()).expect("a document");
        let tags: Vec<&str> =
            document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
        assert_eq!(document["servers"][0]["url"], "/");
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("an item") {
                let said = format!("{method} {path}");
                assert!(operation["description"].as_str().is_some_and(|text| text.len() > 10), "{said}");
                assert!(
                    operation["tags"][0].as_str().is_some_and(|tag| tags.contains(&tag)),
                    "{said}: {}",
                    operation["tags"]
                );
                for (status, response) in operation["responses"].as_object().expect("responses") {
                    assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{said} {status}");
                    assert!(response["headers"]["RateLimit"].is_object(), "{said} {status}");
                }
                let takes_a_body = operation["requestBody"].is_object();
                assert_eq!(operation["responses"]["415"].is_object(), takes_a_body, "{said}");
                let key = operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"));
                assert_eq!(key, method == "post", "{said}");
            }
        }
        let text = document.to_string();
        for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name} is named nowhere");
        }
        walk(&document, String::new(), &mut |place, value| {
            let bare = value["type"] == "object"
                && value
                    .as_object()
                    .is_some_and(|all| all.keys().all(|key| ["type", "description"].contains(&key.as_str())));
            assert!(!bare, "{place} takes no member at all for some generators");
            let binary = place.contains("/content/") && !place.contains("json") && value["type"] == "array";
            assert!(!binary, "{place} is a file, not a list of numbers");
        });
    }
}
