//! Objects as answers show them, field by field.

use base::Timestamp;
use serde_json::{Value, json};

use super::{
    model::{Account, Container, Kind, Media, POLL_LIFE, Square},
    problem, text,
};
use crate::{
    Core,
    growth::grown,
    meta::{
        error::GraphError,
        fields::{self, Field},
        params::Params,
        written,
    },
};

/// Fields of a post. What can only be asked of replies stands among them: asked of a post it is not there.
const MEDIA: [&str; 38] = [
    "id",
    "media_product_type",
    "media_type",
    "media_url",
    "gif_url",
    "thumbnail_url",
    "permalink",
    "owner",
    "username",
    "profile_picture_url",
    "is_verified",
    "text",
    "timestamp",
    "shortcode",
    "children",
    "is_quote_post",
    "quoted_post",
    "reposted_post",
    "has_replies",
    "alt_text",
    "link_attachment_url",
    "poll_attachment",
    "topic_tag",
    "location_id",
    "location",
    "is_spoiler_media",
    "text_entities",
    "text_attachment",
    "allowlisted_country_codes",
    "ghost_post_status",
    "ghost_post_expiration_timestamp",
    "reply_audience",
    "is_reply",
    "is_reply_owned_by_me",
    "root_post",
    "replied_to",
    "hide_status",
    "reply_approval_status",
];
const CONTAINER: [&str; 3] = ["id", "status", "error_message"];
const PROFILE: [&str; 8] = [
    "id",
    "username",
    "name",
    "is_verified",
    "threads_profile_picture_url",
    "threads_biography",
    "recently_searched_keywords",
    "is_eligible_for_geo_gating",
];

/// What a call asked for; only the id if nothing.
///
/// # Errors
/// 100 if it does not read.
pub fn asked(params: &Params) -> Result<Vec<Field>, GraphError> {
    let text = params.get("fields").unwrap_or("id");
    fields::read(text).ok_or_else(|| problem::KIND.invalid(format!("Syntax error in fields: {text}")))
}

/// Who looks, at what, when.
pub struct View<'a> {
    /// For addresses.
    pub core: &'a Core,
    /// Everything.
    pub square: &'a Square,
    /// The account that looks.
    pub viewer: &'a str,
    /// Now.
    pub now: Timestamp,
}

impl View<'_> {
    /// A post.
    ///
    /// # Errors
    /// 100 for a field that posts do not have.
    pub fn media(&self, media: &Media, fields: &[Field]) -> Result<Value, GraphError> {
        let mut value = |field: &Field| self.media_field(media, field);
        fields::select(fields, &MEDIA, &mut value).map_err(|name| problem::KIND.no_field(&name))
    }

    fn media_field(&self, media: &Media, field: &Field) -> Result<Option<Value>, String> {
        let draft = &media.draft;
        let is_mine = media.account == self.viewer;
        let author = self.square.accounts.get(&media.account);
        let text_of = |text: &Option<String>| text.as_ref().map(|text| json!(text));
        Ok(match field.name.as_str() {
            "id" => Some(json!(media.id.to_string())),
            "media_product_type" => Some(json!("THREADS")),
            "media_type" => Some(json!(draft.kind.as_str())),
            "media_url" => draft.file.as_ref().map(|file| json!(self.core.url(&format!("/media/{}", file.blob)))),
            "thumbnail_url" => draft
                .file
                .as_ref()
                .filter(|_| draft.kind == Kind::Video)
                .map(|file| json!(self.core.url(&format!("/media/{}", file.blob)))),
            "gif_url" => draft.gif.as_ref().map(|id| json!(format!("https://media.giphy.com/media/{id}/giphy.gif"))),
            "permalink" => Some(json!(self.permalink(media))),
            "owner" => is_mine.then(|| json!({ "id": media.account })),
            "username" => Some(json!(self.square.username(&media.account))),
            "profile_picture_url" => author.map(|author| json!(self.picture(author))),
            "is_verified" => author.map(|author| json!(author.verified)),
            "text" => (!draft.text.is_empty()).then(|| json!(draft.text)),
            "timestamp" => Some(json!(written(media.at))),
            "shortcode" => Some(json!(media.shortcode)),
            "children" => self.children(media, field)?,
            "is_quote_post" => Some(json!(draft.quote.is_some())),
            "quoted_post" => draft.quote.map(|id| self.other(id, field)).transpose()?,
            "reposted_post" => media.reposted.map(|id| self.other(id, field)).transpose()?,
            "root_post" => media.root.map(|id| self.other(id, field)).transpose()?,
            "replied_to" => draft.reply_to.map(|id| self.other(id, field)).transpose()?,
            "has_replies" => Some(json!(self.square.replies_to(media.id).any(|reply| reply.is_visible(self.now)))),
            "alt_text" => text_of(&draft.alt),
            "link_attachment_url" => self.card(media).map(|link| json!(link)),
            "poll_attachment" => self.poll(media, field),
            "topic_tag" => text_of(&draft.topic),
            "location_id" => text_of(&draft.location),
            "is_spoiler_media" => Some(json!(draft.spoiler_media)),
            "text_entities" => draft.entities.clone(),
            "text_attachment" => draft.attachment.as_ref().map(|attachment| fields::cut(attachment, field)),
            "allowlisted_country_codes" => (!draft.countries.is_empty()).then(|| json!(draft.countries)),
            "ghost_post_status" => {
                draft.ghost.then(|| json!(if media.has_vanished(self.now) { "ARCHIVED" } else { "ACTIVE" }))
            }
            "ghost_post_expiration_timestamp" => {
                draft.ghost.then(|| json!(written(media.at + super::model::GHOST_LIFE)))
            }
            "reply_audience" => Some(json!(self.audience(media))),
            "is_reply" => Some(json!(draft.reply_to.is_some())),
            "is_reply_owned_by_me" => Some(json!(draft.reply_to.is_some() && is_mine)),
            "hide_status" => draft.reply_to.map(|_| match media.hidden {
                None => json!("NOT_HUSHED"),
                Some(true) => json!("HIDDEN"),
                Some(false) => json!("UNHUSHED"),
            }),
            "reply_approval_status" => media.approval.map(|approval| json!(approval)),
            // `location` is an object whose fields aren't known here.
            _ => None,
        })
    }

    fn audience(&self, media: &Media) -> String {
        serde_json::to_value(media.draft.reply_control)
            .ok()
            .and_then(|word| word.as_str().map(str::to_uppercase))
            .unwrap_or_default()
    }

    /// Where people find it.
    pub fn permalink(&self, media: &Media) -> String {
        self.core.url(&format!("/@{}/post/{}", self.square.username(&media.account), media.shortcode))
    }

    fn picture(&self, account: &Account) -> String {
        self.core.url(&format!("/@{}/picture", account.username))
    }

    /// The address of the card: the one that was given, or the first link of the text.
    pub fn card(&self, media: &Media) -> Option<String> {
        let draft = &media.draft;
        let found = || Some(draft.text[text::links(&draft.text).into_iter().next()?].to_owned());
        draft.link.clone().or_else(|| (draft.kind == Kind::Text).then(found).flatten())
    }

    /// Another post inside this one: its id, unless more is asked for. Of a post that is gone only the id is known.
    fn other(&self, id: u64, field: &Field) -> Result<Value, String> {
        match (&field.sub, self.square.media.get(&id)) {
            (Some(sub), Some(media)) => fields::select(sub, &MEDIA, &mut |field| self.media_field(media, field)),
            _ => Ok(json!({ "id": id.to_string() })),
        }
    }

    fn children(&self, media: &Media, field: &Field) -> Result<Option<Value>, String> {
        if media.children.is_empty() {
            return Ok(None);
        }
        let shown = media.children.iter().take(field.limit.unwrap_or(usize::MAX));
        let shapes: Vec<Value> = shown.map(|id| self.other(*id, field)).collect::<Result<_, _>>()?;
        Ok(Some(json!({ "data": shapes })))
    }

    /// How many votes each choice has.
    pub fn votes(&self, media: &Media, options: usize) -> Vec<u64> {
        let age = self.now.since(media.at).min(POLL_LIFE);
        let id = media.id.to_string();
        (0..options).map(|place| grown(&id, &format!("vote {place}"), age, 40)).collect()
    }

    /// Votes come only if they are asked for by name, as fractions (meta-mcp 3.6, restfb 1569).
    fn poll(&self, media: &Media, field: &Field) -> Option<Value> {
        let options = media.draft.poll.as_ref()?;
        let votes = self.votes(media, options.len());
        let total: u64 = votes.iter().sum();
        let mut all = json!({ "expiration_timestamp": written(media.at + POLL_LIFE), "total_votes": total });
        for ((letter, option), count) in ('a'..).zip(options).zip(&votes) {
            all[format!("option_{letter}")] = json!(option);
            all[format!("option_{letter}_votes_percentage")] = json!(*count as f64 / total.max(1) as f64);
        }
        let usual = ["option_a", "option_b", "option_c", "option_d", "expiration_timestamp"].map(Field::plain);
        let sub = field.sub.clone().unwrap_or_else(|| usual.to_vec());
        Some(fields::cut(&all, &Field { sub: Some(sub), ..field.clone() }))
    }

    /// A container.
    ///
    /// # Errors
    /// 100 for a field that containers do not have.
    pub fn container(&self, id: u64, container: &Container, fields: &[Field]) -> Result<Value, GraphError> {
        let mut value = |field: &Field| {
            Ok(match field.name.as_str() {
                "id" => Some(json!(id.to_string())),
                "status" => Some(json!(container.life.status(self.now).as_str())),
                _ => container.life.failure(self.now).map(|why| json!(why)),
            })
        };
        fields::select(fields, &CONTAINER, &mut value).map_err(|name| problem::KIND.no_field(&name))
    }

    /// The account that calls.
    ///
    /// # Errors
    /// 100 for a field that accounts do not have.
    pub fn profile(&self, account: &Account, fields: &[Field]) -> Result<Value, GraphError> {
        let mut value = |field: &Field| {
            Ok(match field.name.as_str() {
                "id" => Some(json!(account.id)),
                "username" => Some(json!(account.username)),
                "name" => Some(json!(account.name)),
                "is_verified" => Some(json!(account.verified)),
                "threads_profile_picture_url" => Some(json!(self.picture(account))),
                "threads_biography" => Some(json!(account.bio)),
                "is_eligible_for_geo_gating" => Some(json!(account.geo)),
                _ => None,
            })
        };
        fields::select(fields, &PROFILE, &mut value).map_err(|name| problem::KIND.no_field(&name))
    }
}
