//! Objects as answers show them, field by field.

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    calls::{Call, Login, Right},
    comments,
    model::{Account, Comment, Container, Gallery, Kind, Media},
    problem::KIND,
    settings::Settings,
};
use crate::{
    Core,
    growth::grown,
    meta::{
        containers::{Status, Work},
        error::GraphError,
        fields::{self, Field},
        params::Params,
        written,
    },
};

/// Fields of media.
pub const MEDIA: [&str; 19] = [
    "id",
    "caption",
    "alt_text",
    "media_type",
    "media_product_type",
    "media_url",
    "thumbnail_url",
    "permalink",
    "shortcode",
    "timestamp",
    "username",
    "owner",
    "like_count",
    "comments_count",
    "is_comment_enabled",
    "is_shared_to_feed",
    "is_ai_generated",
    "children",
    "comments",
];
/// Fields that only Facebook login has.
const MEDIA_BY_FACEBOOK: [&str; 7] = [
    "reposts_count",
    "saved_count",
    "shares_count",
    "view_count",
    "total_like_count",
    "total_comments_count",
    "total_views_count",
];
const CONTAINER: [&str; 5] = ["id", "status_code", "status", "copyright_check_status", "video_status"];
/// Fields of the account.
pub const PROFILE: [&str; 11] = [
    "id",
    "username",
    "name",
    "biography",
    "website",
    "profile_picture_url",
    "followers_count",
    "follows_count",
    "media_count",
    "mentioned_comment",
    "mentioned_media",
];
/// Fields that only Instagram login has.
const PROFILE_BY_INSTAGRAM: [&str; 2] = ["user_id", "account_type"];
const COMMENT: [&str; 10] =
    ["id", "text", "timestamp", "username", "from", "like_count", "hidden", "parent_id", "replies", "media"];

/// What a call asked for; only the id if nothing.
///
/// # Errors
/// 100 if it does not read.
pub fn asked(params: &Params) -> Result<Vec<Field>, GraphError> {
    let text = params.get("fields").unwrap_or("id");
    fields::read(text).ok_or_else(|| KIND.invalid(format!("Syntax error in fields: {text}")))
}

/// Who looks, at what, when.
pub struct View<'a> {
    /// For addresses.
    pub core: &'a Core,
    /// Everything.
    pub gallery: &'a Gallery,
    /// What Instagram is like.
    pub settings: Settings,
    /// How the app was let in.
    pub login: Login,
    /// The account that looks.
    pub viewer: &'a str,
    /// Now.
    pub now: Timestamp,
}

impl<'a> View<'a> {
    /// That of a call.
    pub fn of(call: &'a Call<'_>, gallery: &'a Gallery) -> Self {
        let (core, settings) = (&*call.nodes.core, call.nodes.settings());
        Self { core, gallery, settings, login: call.login, viewer: &call.me.id, now: call.nodes.now() }
    }

    fn known(&self, all: &[&'static str], only: &[&'static str], login: Login) -> Vec<&'static str> {
        let more = if self.login == login { only } else { &[] };
        all.iter().chain(more).copied().collect()
    }

    /// A media object.
    ///
    /// # Errors
    /// 100 for a field that there is not.
    pub fn media(&self, media: &Media, fields: &[Field]) -> Result<Value, GraphError> {
        self.media_shape(media, fields).map_err(|name| KIND.no_field(&name))
    }

    fn media_shape(&self, media: &Media, fields: &[Field]) -> Result<Value, String> {
        let known = self.known(&MEDIA, &MEDIA_BY_FACEBOOK, Login::Facebook);
        fields::select(fields, &known, &mut |field| self.media_field(media, field))
    }

    fn media_field(&self, media: &Media, field: &Field) -> Result<Option<Value>, String> {
        let (draft, kind) = (&media.draft, media.draft.kind);
        let is_mine = media.account == self.viewer;
        let address = |blob: &str| json!(self.core.url(&format!("/file/{blob}")));
        // What is only counted for what stands by itself.
        let counted = |what: &str, most| (!draft.is_item).then(|| json!(self.count(media, what, most)));
        Ok(match field.name.as_str() {
            "id" => Some(json!(media.id.to_string())),
            "caption" => (!draft.caption.is_empty()).then(|| json!(draft.caption)),
            "alt_text" => draft.alt.as_ref().map(|alt| json!(alt)),
            "media_type" => Some(json!(kind.media_type())),
            "media_product_type" => Some(json!(kind.product())),
            "media_url" => self.first_file(media).map(|file| address(&file.blob)),
            "thumbnail_url" => {
                let cover = draft.cover.as_ref().or(draft.file.as_ref());
                cover.filter(|_| kind.is_film()).map(|file| address(&file.blob))
            }
            "permalink" => Some(json!(self.permalink(media))),
            "shortcode" => Some(json!(media.shortcode)),
            "timestamp" => Some(json!(written(media.at))),
            "username" => Some(json!(self.gallery.username(&media.account))),
            "owner" => is_mine.then(|| json!({ "id": media.account })),
            "like_count" | "total_like_count" => counted("likes", 300),
            "comments_count" | "total_comments_count" => Some(json!(self.gallery.comments_on(media.id).count())),
            "is_comment_enabled" => Some(json!(media.takes_comments)),
            "is_shared_to_feed" => (kind == Kind::Reel).then(|| json!(draft.share_to_feed)),
            "is_ai_generated" => Some(json!(draft.ai)),
            "children" => self.children(media, field)?,
            "comments" => self.comments_below(media, field)?,
            "reposts_count" => counted("reposts", 25),
            "saved_count" => counted("saved", 40),
            "shares_count" => counted("shares", 25),
            _ => counted("views", 4_000),
        })
    }

    /// A number of a media object, as it is now.
    pub fn count(&self, media: &Media, what: &str, most: u64) -> u64 {
        grown(&media.id.to_string(), what, self.now.since(media.at), most)
    }

    /// The file of a media object, or of the first item of a carousel.
    fn first_file<'m>(&'m self, media: &'m Media) -> Option<&'m crate::meta::fetch::File> {
        let first = || self.gallery.media.get(media.children.first()?)?.draft.file.as_ref();
        media.draft.file.as_ref().or_else(first)
    }

    /// Where people find it.
    pub fn permalink(&self, media: &Media) -> String {
        let code = &media.shortcode;
        self.core.url(&match media.draft.kind {
            Kind::Reel => format!("/reel/{code}/"),
            Kind::StoryImage | Kind::StoryVideo => {
                format!("/stories/{}/{}/", self.gallery.username(&media.account), media.id)
            }
            _ => format!("/p/{code}/"),
        })
    }

    fn children(&self, media: &Media, field: &Field) -> Result<Option<Value>, String> {
        if media.children.is_empty() {
            return Ok(None);
        }
        let items = media.children.iter().take(field.limit.unwrap_or(usize::MAX));
        let items = items.filter_map(|id| self.gallery.media.get(id));
        let sub = field.sub.as_deref().unwrap_or_default();
        let shapes: Vec<Value> = items.map(|item| self.media_shape(item, sub)).collect::<Result<_, _>>()?;
        Ok(Some(json!({ "data": shapes })))
    }

    fn comments_below(&self, media: &Media, field: &Field) -> Result<Option<Value>, String> {
        let top = self.gallery.comments_on(media.id).filter(|comment| comment.parent.is_none());
        let usual = ["id", "text", "timestamp"].map(Field::plain);
        let sub = field.sub.as_deref().unwrap_or(&usual);
        let shown = top.take(field.limit.unwrap_or(comments::PAGE.0));
        let shapes: Vec<Value> = shown.map(|comment| self.comment_shape(comment, sub)).collect::<Result<_, _>>()?;
        Ok((!shapes.is_empty()).then(|| json!({ "data": shapes })))
    }

    /// A comment.
    ///
    /// # Errors
    /// 100 for a field that there is not.
    pub fn comment(&self, comment: &Comment, fields: &[Field]) -> Result<Value, GraphError> {
        self.comment_shape(comment, fields).map_err(|name| KIND.no_field(&name))
    }

    fn comment_shape(&self, comment: &Comment, fields: &[Field]) -> Result<Value, String> {
        fields::select(fields, &COMMENT, &mut |field| self.comment_field(comment, field))
    }

    fn comment_field(&self, comment: &Comment, field: &Field) -> Result<Option<Value>, String> {
        let username = self.gallery.username(&comment.account);
        let has_author = comment.account == self.viewer || !self.settings.anonymous_comments;
        Ok(match field.name.as_str() {
            "id" => Some(json!(comment.id.to_string())),
            "text" => Some(json!(comment.text)),
            "timestamp" => Some(json!(written(comment.at))),
            "username" => Some(json!(username)),
            "from" => has_author.then(|| json!({ "id": comment.account, "username": username })),
            "like_count" => Some(json!(grown(&comment.id.to_string(), "likes", self.now.since(comment.at), 9))),
            "hidden" => Some(json!(comment.hidden)),
            "parent_id" => comment.parent.map(|parent| json!(parent.to_string())),
            "replies" => self.replies_below(comment, field)?,
            _ => self.media_of(comment, field)?,
        })
    }

    fn media_of(&self, comment: &Comment, field: &Field) -> Result<Option<Value>, String> {
        let Some(media) = self.gallery.media.get(&comment.media) else { return Ok(None) };
        self.media_shape(media, field.sub.as_deref().unwrap_or_default()).map(Some)
    }

    fn replies_below(&self, comment: &Comment, field: &Field) -> Result<Option<Value>, String> {
        // Oldest first, as they stand below a comment.
        let below = self.gallery.comments.values().filter(|reply| reply.parent == Some(comment.id));
        let usual = ["id", "text", "timestamp"].map(Field::plain);
        let sub = field.sub.as_deref().unwrap_or(&usual);
        let shown = below.take(field.limit.unwrap_or(comments::PAGE.0));
        let shapes: Vec<Value> = shown.map(|reply| self.comment_shape(reply, sub)).collect::<Result<_, _>>()?;
        Ok((!shapes.is_empty()).then(|| json!({ "data": shapes })))
    }

    /// A container.
    ///
    /// # Errors
    /// 100 for a field that there is not.
    pub fn container(&self, id: u64, container: &Container, fields: &[Field]) -> Result<Value, GraphError> {
        let status = container.life.status(self.now);
        let is_silent = status == Status::Error && self.settings.silent_status;
        let mut value = |field: &Field| {
            Ok(match field.name.as_str() {
                "id" => Some(json!(id.to_string())),
                "status_code" => Some(json!(if is_silent { "" } else { status.as_str() })),
                "status" => Some(json!(told(container, status, self.now))),
                "video_status" => container
                    .draft
                    .kind
                    .is_film()
                    .then(|| video_status(container, status))
                    .map(|it| fields::cut(&it, field)),
                _ => (container.draft.kind.is_film() && status == Status::Finished)
                    .then(|| json!({ "status": "completed", "matches_found": false })),
            })
        };
        fields::select(fields, &CONTAINER, &mut value).map_err(|name| KIND.no_field(&name))
    }

    /// The account that calls.
    ///
    /// # Errors
    /// 100 for a field that there is not, or for what a field names and there is not.
    pub fn profile(&self, call: &Call<'_>, fields: &[Field]) -> Result<Value, GraphError> {
        let known = self.known(&PROFILE, &PROFILE_BY_INSTAGRAM, Login::Instagram);
        let mut named = None;
        for field in fields.iter().filter(|field| field.name.starts_with("mentioned_")) {
            call.require(Right::Comments)?;
            named = Some(comments::mentioned(self, &call.me, field)?);
        }
        let account = &call.me;
        let mut value = |field: &Field| {
            Ok(match field.name.as_str() {
                "id" if self.login == Login::Instagram => Some(json!(account.scoped_id)),
                "id" | "user_id" => Some(json!(account.id)),
                "mentioned_comment" | "mentioned_media" => named.clone(),
                name => self.profile_field(account, name),
            })
        };
        fields::select(fields, &known, &mut value).map_err(|name| KIND.no_field(&name))
    }

    fn profile_field(&self, account: &Account, name: &str) -> Option<Value> {
        let posts = || self.gallery.posts().filter(|media| media.account == account.id && !media.draft.kind.is_story());
        match name {
            "username" => Some(json!(account.username)),
            "name" => Some(json!(account.name)),
            "biography" => Some(json!(account.bio)),
            "profile_picture_url" => Some(json!(self.core.url(&format!("/@{}/picture", account.username)))),
            "followers_count" => Some(json!(account.followers)),
            "follows_count" => Some(json!(account.followers / 3)),
            "media_count" => Some(json!(posts().count())),
            "account_type" => Some(json!(if account.creator { "MEDIA_CREATOR" } else { "BUSINESS" })),
            // No one here has a website.
            _ => None,
        }
    }
}

/// What `status` says.
fn told(container: &Container, status: Status, now: Timestamp) -> String {
    match status {
        Status::InProgress => "In progress: Media is still being processed.".to_owned(),
        Status::Finished => "Finished: Media has been uploaded and it is ready to be published.".to_owned(),
        Status::Published => "Published: Media has been successfully published.".to_owned(),
        Status::Expired => "Expired: Media was not published within 24 hours.".to_owned(),
        Status::Error => {
            let subcode = container.life.failure(now).unwrap_or("2207053");
            format!("Error: Media upload has failed with error code {subcode}")
        }
    }
}

fn video_status(container: &Container, status: Status) -> Value {
    let phase = |done: bool| json!({ "status": if done { "complete" } else { "in_progress" } });
    let mut uploading = phase(container.life.work != Work::Fetching);
    if let Some(upload) = &container.upload {
        // Both spellings are met; this one more often.
        uploading["bytes_transfered"] = json!(upload.received);
    }
    json!({ "uploading_phase": uploading, "processing_phase": phase(status != Status::InProgress) })
}
