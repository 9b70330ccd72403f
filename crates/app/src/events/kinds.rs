//! Every kind of event, with what its data holds. The API document is made from this, and no other event can be emitted.

use serde_json::Value;
use utoipa::openapi::{
    ObjectBuilder, RefOr, Schema,
    schema::{AdditionalProperties, SchemaType, Type},
};

/// A kind of event.
#[derive(Debug)]
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// What happened.
    pub means: &'static str,
    /// The members that its data may have.
    pub data: &'static [&'static str],
}

const NEWS: &[&str] = &["publication", "post", "channel", "state", "due_at", "url", "part", "parts"];
const OUTCOME: &[&str] = &["publication", "post", "channel", "state", "due_at", "url", "part", "parts", "reason"];
const AT_THE_NETWORK: &[&str] = &["publication", "post", "channel", "state", "due_at", "url", "part", "parts", "done"];

const fn kind(name: &'static str, means: &'static str, data: &'static [&'static str]) -> Kind {
    Kind { name, means, data }
}

/// All of them, by name.
pub const KINDS: &[Kind] = &[
    kind("channel.changed", "The platform says something else of a channel than before: its name or its limits.", &[]),
    kind("channel.connected", "An account was connected, or connected again.", &["platform"]),
    kind("channel.disconnected", "A channel was disconnected.", &[]),
    kind("channel.erased", "The account's holder had its data deleted: the channel is disconnected and unnamed.", &[]),
    kind("channel.needs_reconnect", "A channel's login is no longer valid.", &["reason", "detail"]),
    kind("channel.paused", "A channel was paused.", &[]),
    kind("channel.resumed", "A channel's pause ended.", &[]),
    kind("channel.slots_changed", "A channel's queue slots were changed.", &[]),
    kind(
        "comment.changed",
        "A comment below a published post was hidden, shown, liked, approved or deleted at the platform.",
        &["post", "channel", "change"],
    ),
    kind("comment.replied", "A comment below a published post was answered.", &["post", "channel"]),
    kind("media.added", "A file was added.", &["mime", "size_bytes"]),
    kind("media.changed", "A file's description was changed, or a video was converted for a channel.", &[]),
    kind("media.deleted", "A file was deleted.", &[]),
    kind("post.changed", "A post was edited.", &[]),
    kind("post.created", "A post was created.", &["publications"]),
    kind("post.deleted", "A post was deleted here.", &[]),
    kind("post.handed_back", "A draft came back from review.", &[]),
    kind("post.handed_in", "A draft was handed in for review.", &[]),
    kind("post.restored", "A deleted post was restored.", &[]),
    kind("post.scheduled", "A post was scheduled.", &["publications"]),
    kind("publication.cancelled", "A publication was unscheduled.", NEWS),
    kind(
        "publication.changed_there",
        "A published post was edited at the platform, or the edit failed.",
        AT_THE_NETWORK,
    ),
    kind("publication.confirmed", "A person confirmed that the post is live.", NEWS),
    kind("publication.deleted_there", "A published post was deleted at the platform, or that failed.", AT_THE_NETWORK),
    kind("publication.dropped", "A person decided not to publish it.", NEWS),
    kind(
        "publication.duplicate_found",
        "The post may be live twice. Look, and delete one.",
        &["post", "channel", "url", "detail"],
    ),
    kind("publication.failed", "The platform refused it.", OUTCOME),
    kind("publication.in_doubt", "No answer came; Fanfare checks whether it is live.", OUTCOME),
    kind("publication.missed", "It could not be sent within an hour of its time.", OUTCOME),
    kind("publication.moved", "Its time was changed.", NEWS),
    kind("publication.needs_eyes", "A person has to check whether it is live.", OUTCOME),
    kind(
        "publication.no_longer_fits",
        "The channel's limits have changed, and it would refuse this now. Change the post before its time.",
        &["publication", "post", "channel", "due_at", "detail"],
    ),
    kind("publication.parked", "It waits until a problem is solved.", OUTCOME),
    kind("publication.part_published", "A part of a thread is live.", OUTCOME),
    kind("publication.published", "All of it is live.", OUTCOME),
    kind("publication.restored", "It is scheduled again after it was unscheduled.", NEWS),
    kind("publication.sent_again", "A person asked to send it again.", NEWS),
    kind("series.ended", "A series was ended.", &["post", "publications"]),
    kind("series.moved", "A series was moved to another time.", &["post", "publications"]),
    kind("series.paused", "A series was paused.", &["post", "publications"]),
    kind("series.resumed", "A series was resumed.", &["post", "publications"]),
];

/// What a member of the data holds, and its type.
const MEMBERS: &[(&str, &str, Type)] = &[
    ("change", "What was done: `hide`, `unhide`, `like`, `unlike`, `delete`, `approve` or `decline`.", Type::String),
    ("channel", "The channel's id.", Type::String),
    ("detail", "In a sentence.", Type::String),
    ("done", "Whether the platform did it.", Type::Boolean),
    ("due_at", "When it is due (RFC 3339).", Type::String),
    ("mime", "The file's type.", Type::String),
    ("part", "How many parts are live.", Type::Integer),
    ("parts", "How many parts there are.", Type::Integer),
    ("platform", "The platform's id.", Type::String),
    ("post", "The post's id.", Type::String),
    ("publication", "The publication's id.", Type::String),
    ("publications", "How many publications this is about.", Type::Integer),
    ("reason", "Why, in a word.", Type::String),
    ("size_bytes", "The file's size in bytes.", Type::Integer),
    ("state", "The publication's state.", Type::String),
    ("url", "The address of the first part.", Type::String),
];

/// Why an event of this kind with this data must not be emitted: it is not in the table.
pub(super) fn undocumented(name: &str, data: &Value) -> Option<String> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        return Some(format!("the event {name} is not in events/kinds.rs"));
    };
    let members = data.as_object().into_iter().flat_map(|members| members.keys());
    let unknown = members.map(String::as_str).find(|member| !kind.data.contains(member))?;
    Some(format!("the event {name} has no member {unknown} in events/kinds.rs"))
}

/// The schema of an event's kind.
pub(super) fn kind_schema() -> Schema {
    let told = |kind: &Kind| {
        let data = match kind.data {
            [] => String::new(),
            members => format!(" Data: `{}`.", members.join("`, `")),
        };
        format!("- `{}`: {}{data}", kind.name, kind.means)
    };
    let told: Vec<String> = KINDS.iter().map(told).collect();
    let description = format!("What happened. More kinds may come.\n\n{}", told.join("\n"));
    let names = KINDS.iter().map(|kind| kind.name);
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(names))
        .build()
        .into()
}

/// The schema of an event's data: the members of all kinds, of which each has some.
pub(super) fn data_schema() -> Schema {
    let mut data = ObjectBuilder::new()
        .description(Some("More about it, never what a post says. `kind` says which members there are."))
        .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)));
    for (name, means, kind) in MEMBERS {
        let types = SchemaType::Array(vec![kind.clone(), Type::Null]);
        let member = ObjectBuilder::new().schema_type(types).description(Some(*means));
        data = data.property(*name, RefOr::<Schema>::T(member.build().into()));
    }
    data.build().into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_stands_in_the_table_once_and_every_member_is_described() {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
        for kind in KINDS {
            for member in kind.data {
                assert!(MEMBERS.iter().any(|(name, ..)| name == member), "{}: {member}", kind.name);
            }
        }
    }

    #[test]
    fn an_event_without_a_description_is_found() {
        assert_eq!(undocumented("post.created", &json!({ "publications": 1 })), None);
        assert!(undocumented("post.imagined", &json!({})).is_some());
        assert!(undocumented("post.created", &json!({ "text": "secret" })).is_some_and(|why| why.contains("text")));
    }

    #[test]
    fn the_api_document_names_every_kind_and_its_data() {
        let document = serde_json::to_value(crate::api::document()).expect("a document");
        let event = &document["components"]["schemas"]["EventBody"]["properties"];
        assert_eq!(event["kind"]["enum"].as_array().map(Vec::len), Some(KINDS.len()));
        let said = event["kind"]["description"].as_str().expect("words");
        assert!(said.contains("- `post.scheduled`: A post was scheduled. Data: `publications`."), "{said}");
        assert_eq!(event["data"]["properties"]["due_at"]["type"], json!(["string", "null"]));
    }
}
