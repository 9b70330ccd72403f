//! What the API document says of every route alike, so that no route has to: the refusals that the door and the readers of
//! requests give, and that an error has the media type of a problem.

use utoipa::{
    IntoResponses as _,
    openapi::{
        OpenApi, RefOr, Response,
        path::{Operation, PathItem},
    },
};

use super::Refusals;

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// Completes the document. What a route says itself stays.
pub fn complete(document: &mut OpenApi) {
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let said = &mut operation.responses.responses;
        for (status, refusal) in Refusals::responses() {
            said.entry(status).or_insert(refusal);
        }
        for (status, response) in said.iter_mut() {
            if let RefOr::T(response) = response
                && status.starts_with(['4', '5'])
            {
                as_problem(response);
            }
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn as_problem(response: &mut Response) {
    if let Some(content) = response.content.swap_remove(JSON) {
        response.content.insert(PROBLEM.to_owned(), content);
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
}
