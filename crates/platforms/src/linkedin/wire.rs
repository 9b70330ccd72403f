//! LinkedIn's JSON, as much of it as is read.

use base::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Who is signed in, by OpenID Connect.
#[derive(Debug, Deserialize)]
pub struct UserInfo {
    pub sub: String,
    pub name: Option<String>,
    pub picture: Option<String>,
}

/// The same by the older call, which only apps of partners may make.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub id: String,
    #[serde(default)]
    pub localized_first_name: String,
    #[serde(default)]
    pub localized_last_name: String,
    /// The name in addresses.
    pub vanity_name: Option<String>,
}

/// What a token is good for.
#[derive(Debug, Deserialize)]
pub struct Inspection {
    pub active: bool,
    /// With commas between them.
    #[serde(default)]
    pub scope: String,
}

/// A list.
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    pub elements: Vec<T>,
}

/// A member's role at an organisation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acl {
    organization: Option<String>,
    /// The older name of the same.
    organization_target: Option<String>,
    pub role: String,
    #[serde(default)]
    pub state: String,
}

impl Acl {
    /// The organisation's URN.
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref().or(self.organization_target.as_deref())
    }
}

/// An organisation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    #[serde(default)]
    pub localized_name: String,
    pub vanity_name: Option<String>,
}

/// What an action answers.
#[derive(Debug, Deserialize)]
pub struct Done<T> {
    pub value: T,
}

/// An upload that has begun: an image with one address, or a video with an address for each part.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    image: Option<String>,
    video: Option<String>,
    pub upload_url: Option<String>,
    #[serde(default)]
    pub upload_token: String,
    #[serde(default)]
    pub upload_instructions: Vec<Instruction>,
}

impl Begun {
    /// The file's URN.
    pub fn urn(&self) -> Option<String> {
        self.image.clone().or_else(|| self.video.clone())
    }
}

/// Where a part of a video goes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instruction {
    pub upload_url: String,
    pub first_byte: u64,
    pub last_byte: u64,
}

/// How far a file is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asset {
    /// `WAITING_UPLOAD`, `PROCESSING`, `AVAILABLE`, `PROCESSING_FAILED`.
    #[serde(default)]
    pub status: String,
    pub processing_failure_reason: Option<String>,
}

/// A post, as far as it is looked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Post {
    pub id: String,
    #[serde(default)]
    pub commentary: String,
    /// Milliseconds since 1970.
    created_at: Option<i64>,
    #[serde(default)]
    content: Value,
    reshare_context: Option<Reshare>,
}

#[derive(Debug, Deserialize)]
struct Reshare {
    parent: Option<String>,
}

impl Post {
    pub fn made_at(&self) -> Option<Timestamp> {
        self.created_at.map(instant)
    }

    /// The URNs of its files, the link's page, and the post that it shares: what it shows besides its text.
    pub fn shows(&self) -> Vec<&str> {
        let content = &self.content;
        let images = content.pointer("/multiImage/images").and_then(Value::as_array);
        let several = images.into_iter().flatten().map(|image| &image["id"]);
        let one = ["/media/id", "/article/source"].into_iter().filter_map(|at| content.pointer(at));
        let files = several.chain(one).filter_map(Value::as_str);
        files.chain(self.reshare_context.as_ref().and_then(|shared| shared.parent.as_deref())).collect()
    }

    /// What a poll asks.
    pub fn question(&self) -> Option<&str> {
        self.content.pointer("/poll/question").and_then(Value::as_str)
    }
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_seconds(milliseconds.div_euclid(1_000))
}

/// A comment.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Comment {
    pub id: String,
    #[serde(rename = "$URN")]
    pub urn: Option<String>,
    /// Absent in some lists (MicrosoftDocs feedback 971).
    pub actor: Option<String>,
    message: Map<String, Value>,
    created: Map<String, Value>,
}

impl Comment {
    pub fn text(&self) -> &str {
        self.message.get("text").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn made_at(&self) -> Option<Timestamp> {
        self.created.get("time").and_then(Value::as_i64).map(instant)
    }
}

/// How a post of an organisation does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    share: Option<String>,
    ugc_post: Option<String>,
    pub total_share_statistics: Numbers,
}

impl Statistics {
    /// The post's URN.
    pub fn post(&self) -> Option<&str> {
        self.share.as_deref().or(self.ugc_post.as_deref())
    }
}

/// Counts. Likes that were taken back can make one negative.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Numbers {
    pub impression_count: Option<i64>,
    pub like_count: Option<i64>,
    pub comment_count: Option<i64>,
    pub share_count: Option<i64>,
}
