//! What a variant says, as the author wrote it and as it is stored; and on its way to a connector's draft.

use std::collections::BTreeMap;

use base::{
    Problem, Text,
    ids::{MediaId, WorkspaceId},
    say,
};
use connector::{Draft, Limits, Part, PartKind, Poll};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    App,
    fault::Fault,
    media::library::{Wanted, for_channel},
    workspaces,
};

/// The most parts a post may have, whatever the platform.
pub const PARTS_MAX: usize = 100;
/// The longest text of a part, in bytes, whatever the platform.
pub const TEXT_BYTES_MAX: usize = 100_000;
/// The most files in a part, whatever the platform.
pub const MEDIA_MAX: usize = 35;

/// A variant's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Content {
    /// One is a post, several are a thread, or a post with first comments.
    pub parts: Vec<PartContent>,
    /// The platform's options.
    #[serde(default)]
    pub options: Value,
}

/// One part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartContent {
    /// Thread post or comment.
    #[serde(default)]
    pub kind: PartKind,
    /// The text.
    #[serde(default)]
    pub text: String,
    /// Files, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaRef>,
    /// A poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
    /// The address of the post that is quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// A file in a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaRef {
    /// The media asset.
    pub id: MediaId,
    /// The text for people who cannot see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
}

impl Content {
    /// What is wrong with it whatever the platform; the connector's `check` knows the rest.
    ///
    /// # Errors
    /// The fields that are wrong.
    pub fn validate(&self, pointer: &str) -> Result<(), Problem> {
        let field = |rest: &str, detail: Text| Err(Problem::field(format!("{pointer}{rest}"), detail));
        if self.parts.is_empty() {
            return field("/parts", say!("a post needs at least one part"));
        }
        if self.parts.len() > PARTS_MAX {
            return field(
                "/parts",
                say!("at most {parts_max} parts; there are {parts}", parts_max = PARTS_MAX, parts = self.parts.len()),
            );
        }
        // Options can be all there is: a content warning alone is a post on Mastodon. The connector judges them.
        let has_options = self.options.as_object().is_some_and(|options| !options.is_empty());
        for (place, part) in self.parts.iter().enumerate() {
            if part.text.len() > TEXT_BYTES_MAX {
                return field(
                    &format!("/parts/{place}/text"),
                    say!(
                        "at most {text_bytes_max} bytes; there are {text}",
                        text_bytes_max = TEXT_BYTES_MAX,
                        text = part.text.len()
                    ),
                );
            }
            if part.media.len() > MEDIA_MAX {
                return field(
                    &format!("/parts/{place}/media"),
                    say!(
                        "at most {media_max} files; there are {media}",
                        media_max = MEDIA_MAX,
                        media = part.media.len()
                    ),
                );
            }
            let is_empty = base::text::is_blank(&part.text)
                && part.media.is_empty()
                && part.poll.is_none()
                && part.quote.is_none();
            if is_empty && !has_options {
                return field(&format!("/parts/{place}"), say!("write something, or add a file"));
            }
        }
        if self.parts[0].kind == PartKind::Comment {
            return field("/parts/0/kind", say!("the first part is the post itself; comments come after it"));
        }
        if !self.options.is_object() && !self.options.is_null() {
            return field("/options", say!("must be an object"));
        }
        Ok(())
    }

    /// The options for a platform. Where it asks for the text's language and the author chose none, the workspace's is
    /// meant: a property of the schema says so by `"x-default": "workspace-language"`.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn options(&self, app: &App, workspace: WorkspaceId, platform: &str) -> Result<Value, db::Error> {
        let mut options = self.options.as_object().cloned().unwrap_or_default();
        let schema = app.connectors.get(platform).map(|connector| (connector.about().options)()).unwrap_or_default();
        if lacks_language(&schema, &options).next().is_some()
            && let Some(language) = workspaces::language(app, workspace).await?
        {
            add_language(&schema, &mut options, &language);
        }
        Ok(Value::Object(options))
    }

    /// Its words without its files, for reading them only.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn words(&self, app: &App, workspace: WorkspaceId, platform: &str) -> Result<Draft, db::Error> {
        let part = |part: &PartContent| Part {
            kind: part.kind,
            text: part.text.clone(),
            media: Vec::new(),
            poll: part.poll.clone(),
            quote: part.quote.clone(),
        };
        let options = self.options(app, workspace, platform).await?;
        Ok(Draft { parts: self.parts.iter().map(part).collect(), options, ..Draft::default() })
    }

    /// The draft for a channel of a platform with these limits: media as renditions that fit.
    ///
    /// # Errors
    /// A file that is not there, is not ready or cannot be made to fit; those of the database.
    pub async fn to_draft(
        &self,
        app: &App,
        workspace: WorkspaceId,
        platform: &str,
        limits: &Limits,
        wanted: Wanted,
    ) -> Result<Draft, Fault> {
        let options = self.options(app, workspace, platform).await?;
        let connector = app.connectors.get(platform);
        let framing = connector.and_then(|connector| connector.publish()?.framing(&options));
        let form = (limits, framing.as_ref());
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let mut media = Vec::with_capacity(part.media.len());
            for file in &part.media {
                media.push(for_channel(app, workspace, file.id, file.alt.clone(), form, wanted).await?);
            }
            parts.push(Part {
                kind: part.kind,
                text: part.text.clone(),
                media,
                poll: part.poll.clone(),
                quote: part.quote.clone(),
            });
        }
        let schema = connector.map(|connector| (connector.about().options)()).unwrap_or_default();
        let mut files = BTreeMap::new();
        for id in files_in(&schema, &options) {
            let file: MediaId = id.parse().map_err(|_| Problem::not_found("media asset"))?;
            files.insert(id.to_owned(), for_channel(app, workspace, file, None, (limits, None), wanted).await?);
        }
        Ok(Draft { parts, options, files })
    }
}

/// The files that options name: a property of the schema that holds a media asset's id has `"x-media"`.
fn files_in<'a>(schema: &Value, options: &'a Value) -> Vec<&'a str> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.filter(|(_, of)| !of["x-media"].is_null()).filter_map(|(name, _)| options[name].as_str()).collect()
}

/// The options that name the text's language and were left out, and whether each is a list.
fn lacks_language<'a>(schema: &'a Value, options: &'a Map<String, Value>) -> impl Iterator<Item = (&'a str, bool)> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .filter(|(name, of)| of["x-default"] == "workspace-language" && !options.contains_key(*name))
        .map(|(name, of)| (name.as_str(), of["type"] == "array"))
}

fn add_language(schema: &Value, options: &mut Map<String, Value>, language: &str) {
    let lacking: Vec<(String, Value)> = lacks_language(schema, options)
        .map(|(name, is_list)| (name.to_owned(), if is_list { json!([language]) } else { json!(language) }))
        .collect();
    options.extend(lacking);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_that_holds_a_file_names_it() {
        let schema = json!({ "properties": {
            "cover": { "type": "string", "x-media": ["image"] },
            "title": { "type": "string" },
        } });
        assert_eq!(files_in(&schema, &json!({ "cover": "media_1", "title": "media_2" })), ["media_1"]);
        assert!(files_in(&schema, &json!({ "title": "x" })).is_empty() && files_in(&schema, &Value::Null).is_empty());
    }

    #[test]
    fn a_post_is_in_the_workspace_s_language_unless_its_author_chose_one() {
        let schema = json!({ "properties": {
            "langs": { "type": "array", "x-default": "workspace-language" },
            "language": { "type": "string", "x-default": "workspace-language" },
            "tags": { "type": "array" },
        } });
        let with = |options: Value| {
            let mut options = options.as_object().cloned().expect("an object");
            add_language(&schema, &mut options, "nl");
            Value::Object(options)
        };
        assert_eq!(with(json!({})), json!({ "langs": ["nl"], "language": "nl" }));
        assert_eq!(
            with(json!({ "langs": ["de", "fr"], "language": "de" })),
            json!({ "langs": ["de", "fr"], "language": "de" })
        );
        assert_eq!(with(json!({ "langs": [] })), json!({ "langs": [], "language": "nl" }), "none, on purpose");
    }
}
