//! The request of a post, from a part and the variant's options. Only what a part needs is sent (P-057).

use base::{Text, say};
use connector::{Draft, Failure, FailureKind, PartJob};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::wire;
use crate::kit::parts;

/// A variant's options for X.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Who may answer; everyone if absent.
    pub reply_settings: Option<ReplySettings>,
    /// The community to post into.
    pub community_id: Option<String>,
    /// Whether followers see a community post too.
    pub share_with_followers: bool,
    /// Discloses that media were made with AI.
    pub made_with_ai: bool,
    /// Discloses a paid partnership.
    pub paid_partnership: bool,
}

/// Who may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplySettings {
    /// Accounts that the author follows.
    Following,
    /// Accounts that the text names.
    MentionedUsers,
    /// Subscribers of the author.
    Subscribers,
    /// Verified accounts.
    Verified,
}

impl Options {
    /// From a draft; no options are the same as empty ones.
    pub fn of(draft: &Draft) -> Result<Self, serde_json::Error> {
        if draft.options.is_null() { Ok(Self::default()) } else { Self::deserialize(&draft.options) }
    }
}

/// The JSON Schema of [`Options`].
pub fn options_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "x-order": ["reply_settings", "community_id", "share_with_followers", "made_with_ai", "paid_partnership"],
        "properties": {
            "reply_settings": {
                "type": "string",
                "oneOf": [
                    { "const": "following", "title": say!("People the account follows") },
                    { "const": "mentionedUsers", "title": say!("People mentioned") },
                    { "const": "subscribers", "title": say!("Subscribers") },
                    { "const": "verified", "title": say!("Verified accounts") },
                ],
                "title": say!("Who can reply"), "description": say!("Leave empty to let everyone reply. Applies to the whole thread."),
            },
            "community_id": {
                "type": "string", "pattern": "^[0-9]{1,19}$",
                "title": say!("Community"), "description": say!("The ID of a community that this account belongs to."),
            },
            "share_with_followers": {
                "type": "boolean", "default": false,
                "title": say!("Also show to followers"), "description": say!("For a post in a community."),
            },
            "made_with_ai": {
                "type": "boolean", "default": false,
                "title": say!("Made with AI"), "description": say!("Labels the images or the video as made with AI."),
            },
            "paid_partnership": {
                "type": "boolean", "default": false,
                "title": say!("Paid partnership"), "description": say!("Labels every part as a paid partnership."),
            },
        },
    })
}

/// The body of `POST /2/tweets`.
#[derive(Debug, Default, Serialize)]
pub struct CreatePost<'a> {
    /// Always sent, even if empty: X refuses a missing text.
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<Media<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<Poll<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_tweet_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_settings: Option<ReplySettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_id: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    share_with_followers: bool,
    #[serde(skip_serializing_if = "is_false")]
    made_with_ai: bool,
    #[serde(skip_serializing_if = "is_false")]
    paid_partnership: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    edit_options: Option<EditOptions<'a>>,
}

#[derive(Debug, Serialize)]
struct Media<'a> {
    media_ids: &'a [String],
}

#[derive(Debug, Serialize)]
struct Poll<'a> {
    options: &'a [String],
    duration_minutes: u32,
}

#[derive(Debug, Serialize)]
struct Reply<'a> {
    in_reply_to_tweet_id: &'a str,
}

#[derive(Debug, Serialize)]
struct EditOptions<'a> {
    previous_post_id: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The body for one part. `edited` is the id of the post that it replaces.
pub fn body(job: &PartJob<'_>, media_ids: &[String], edited: Option<&str>) -> Result<Value, Failure> {
    let part = parts::part(job)?;
    let options = Options::of(job.draft)
        .map_err(|error| refused(say!("The options for X are wrong: {error}.", error = error.to_string())))?;
    let quote_tweet_id = part.quote.as_deref().map(quoted).transpose()?;
    let body = CreatePost {
        text: &part.text,
        media: (!media_ids.is_empty()).then_some(Media { media_ids }),
        poll: part.poll.as_ref().map(|poll| Poll { options: &poll.options, duration_minutes: poll.duration_minutes }),
        reply: parts::answered(job)?.map(|remote| Reply { in_reply_to_tweet_id: &remote.id }),
        quote_tweet_id,
        made_with_ai: options.made_with_ai && !part.media.is_empty(),
        paid_partnership: options.paid_partnership,
        edit_options: edited.map(|id| EditOptions { previous_post_id: id }),
        ..CreatePost::default()
    };
    // Who may answer and where it is posted are facts of the conversation: its first post carries them.
    let body = if job.position > 0 {
        body
    } else {
        let share_with_followers = options.share_with_followers && options.community_id.is_some();
        CreatePost {
            reply_settings: options.reply_settings,
            community_id: options.community_id,
            share_with_followers,
            ..body
        }
    };
    serde_json::to_value(body)
        .map_err(|error| refused(say!("The post could not be written as JSON: {error}.", error = error.to_string())))
}

fn quoted(address: &str) -> Result<String, Failure> {
    quote_id(address).ok_or_else(|| {
        refused(say!("{address} isn't the address of a post on X. One looks like https://x.com/name/status/123."))
    })
}

/// The post's id in `https://x.com/name/status/123` and its variants.
pub fn quote_id(address: &str) -> Option<String> {
    let url = url::Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let host = url.host_str()?.trim_start_matches("www.").trim_start_matches("mobile.");
    if !matches!(host, "x.com" | "twitter.com") {
        return None;
    }
    let mut segments = url.path_segments()?.skip_while(|segment| !matches!(*segment, "status" | "statuses")).skip(1);
    segments.next().filter(|id| wire::is_id(id)).map(str::to_owned)
}

fn refused(detail: Text) -> Failure {
    Failure::rejected(FailureKind::ContentRefused, detail)
}
