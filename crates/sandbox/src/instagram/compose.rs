//! The rules for what a container may be (Instagram Platform: `POST /{ig-user}/media`).

use base::Timestamp;
use serde_json::Value;

use super::{
    model::{Account, Draft, Gallery, Kind, Tag},
    problem::{self, KIND, refusal, refusal_saying},
    settings::Settings,
};
use crate::meta::{containers::Status, error::GraphError, params::Params, places, text};

/// Characters of a caption.
const CAPTION: usize = 2_200;
/// Hashtags in a caption. The app itself is said to allow 5 since December 2025; no refusal by the API was found.
const HASHTAGS: usize = 30;
/// People mentioned in a caption, and people tagged in a picture.
const NAMES: usize = 20;
/// Characters of an alternative text.
const ALT: usize = 1_000;
/// Items of a carousel.
const ITEMS: std::ops::RangeInclusive<usize> = 2..=10;
/// People who are asked to be authors too.
const COLLABORATORS: usize = 3;

/// What a container is checked against.
pub struct Rules<'a> {
    /// Everything.
    pub gallery: &'a Gallery,
    /// What Instagram is like.
    pub settings: &'a Settings,
    /// The author.
    pub me: &'a Account,
    /// Now.
    pub now: Timestamp,
}

/// Where the file of a container comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From an address.
    Address(String),
    /// The app sends it.
    Upload,
    /// There is none.
    Nowhere,
}

impl Rules<'_> {
    /// Checks everything but the file itself.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn draft(&self, params: &Params) -> Result<(Draft, Origin), GraphError> {
        let is_item = params.is("is_carousel_item");
        let kind = kind(params, is_item)?;
        let origin = self.origin(params, kind)?;
        // A caption on a story or on an item is passed over. What else does not belong is refused.
        let has_caption = !is_item && !kind.is_story();
        let draft = Draft {
            kind,
            caption: if has_caption { caption(params)? } else { String::new() },
            alt: alt(params, kind)?,
            is_item,
            children: if kind == Kind::Carousel { self.children(params)? } else { Vec::new() },
            tags: self.tags(params, kind)?,
            collaborators: self.collaborators(params, has_caption)?,
            location: location(params, has_caption)?,
            thumb_offset: offset(params)?,
            share_to_feed: params.get("share_to_feed").is_none_or(|text| text != "false" && text != "0"),
            audio_name: params.get("audio_name").map(str::to_owned),
            trial: self.trial(params, kind)?,
            ai: only_if(params, "is_ai_generated", !is_item)?.is_some() && params.is("is_ai_generated"),
            ..Draft::default()
        };
        Ok((draft, origin))
    }

    fn origin(&self, params: &Params, kind: Kind) -> Result<Origin, GraphError> {
        match (kind, params.get("upload_type")) {
            (Kind::Carousel, _) => Ok(Origin::Nowhere),
            (Kind::Image | Kind::StoryImage, _) => KIND.need(params, "image_url").map(|it| Origin::Address(it.into())),
            (_, None) => KIND.need(params, "video_url").map(|it| Origin::Address(it.into())),
            (_, Some("resumable")) if !self.settings.no_resumable => Ok(Origin::Upload),
            _ => Err(not_allowed("upload_type")),
        }
    }

    fn children(&self, params: &Params) -> Result<Vec<u64>, GraphError> {
        let named = list(KIND.need(params, "children")?);
        if !ITEMS.contains(&named.len()) {
            return Err(refusal("100/2207028"));
        }
        named.iter().map(|name| self.child(name)).collect()
    }

    fn child(&self, name: &str) -> Result<u64, GraphError> {
        let id = name.parse::<u64>().ok();
        let found = id.and_then(|id| Some((id, self.gallery.containers.get(&id)?)));
        let found = found.filter(|(_, item)| item.account == self.me.id && item.draft.is_item);
        let (id, item) = found.ok_or_else(|| problem::no_container(name))?;
        match item.life.status(self.now) {
            Status::Finished | Status::Published => Ok(id),
            // Met by the authors of the client `instagram-publish`.
            Status::InProgress => Err(refusal("2").transient()),
            Status::Error | Status::Expired => Err(problem::no_container(name)),
        }
    }

    fn tags(&self, params: &Params, kind: Kind) -> Result<Vec<Tag>, GraphError> {
        let Some(text) = only_if(params, "user_tags", kind != Kind::Carousel)? else { return Ok(Vec::new()) };
        let unreadable = || KIND.param("user_tags", "must be an array of objects with a username");
        let list: Vec<Value> = serde_json::from_str(text).map_err(|_| unreadable())?;
        if list.len() > NAMES {
            return Err(refusal("100/2207040"));
        }
        let within = |value: &Value| value.as_f64().filter(|at| (0.0..=1.0).contains(at));
        let read = |value: &Value| {
            let username = value["username"].as_str().ok_or_else(unreadable)?;
            let has_position = !value["x"].is_null() || !value["y"].is_null();
            let at = within(&value["x"]).zip(within(&value["y"]));
            match kind {
                Kind::Image if at.is_none() => return Err(refusal("100/2207036")),
                Kind::StoryImage if has_position && at.is_none() => return Err(refusal("100/2207036")),
                kind if kind.is_film() && has_position => return Err(refusal("100/2207035")),
                _ => {}
            }
            Ok(Tag { username: self.person(username)?, at })
        };
        list.iter().map(read).collect()
    }

    /// Someone who can be tagged or invited. A name with `@` is no one's (Postiz 1876).
    fn person(&self, name: &str) -> Result<String, GraphError> {
        let text = || format!("The user {name} is private or does not exist.");
        let known = self.gallery.by_username(name).map(|account| account.username.clone());
        known.ok_or_else(|| refusal_saying("110/2207018", "Cannot load user", text()))
    }

    fn collaborators(&self, params: &Params, allowed: bool) -> Result<Vec<String>, GraphError> {
        let Some(text) = only_if(params, "collaborators", allowed)? else { return Ok(Vec::new()) };
        let named = list(text);
        if named.len() > COLLABORATORS {
            return Err(KIND.param("collaborators", "must have at most 3 items"));
        }
        named.iter().map(|name| self.person(name)).collect()
    }

    fn trial(&self, params: &Params, kind: Kind) -> Result<Option<String>, GraphError> {
        let Some(text) = only_if(params, "trial_params", kind == Kind::Reel)? else { return Ok(None) };
        if self.settings.no_trial_reels {
            return Err(refusal("-1/2207081"));
        }
        let body: Value = serde_json::from_str(text).unwrap_or_default();
        match body["graduation_strategy"].as_str() {
            Some(strategy @ ("MANUAL" | "SS_PERFORMANCE")) => Ok(Some(strategy.to_owned())),
            _ => Err(KIND.one_of("graduation_strategy", "MANUAL, SS_PERFORMANCE")),
        }
    }
}

fn kind(params: &Params, is_item: bool) -> Result<Kind, GraphError> {
    match params.get("media_type") {
        None | Some("IMAGE") => Ok(Kind::Image),
        Some("VIDEO") if is_item => Ok(Kind::Video),
        // A video by itself has been a reel since 2023.
        Some("VIDEO") => Err(refusal("100/2207067")),
        Some("REELS") if !is_item => Ok(Kind::Reel),
        Some("CAROUSEL") if !is_item => Ok(Kind::Carousel),
        Some("STORIES") if !is_item && params.get("image_url").is_some() => Ok(Kind::StoryImage),
        Some("STORIES") if !is_item => Ok(Kind::StoryVideo),
        Some("REELS" | "CAROUSEL" | "STORIES") => Err(not_allowed("is_carousel_item")),
        Some(other) => {
            Err(refusal_saying("100/2207023", "Unknown media type", format!("The media type {other} is unknown.")))
        }
    }
}

/// The refusal of a parameter that does not belong to this kind of container (Postiz 1547).
fn not_allowed(name: &str) -> GraphError {
    KIND.invalid(format!("(#100) param {name} is not allowed"))
}

fn only_if<'a>(params: &'a Params, name: &str, allowed: bool) -> Result<Option<&'a str>, GraphError> {
    match params.get(name) {
        Some(_) if !allowed => Err(not_allowed(name)),
        given => Ok(given),
    }
}

/// A list as JSON, or with commas between its items.
fn list(text: &str) -> Vec<String> {
    let items = serde_json::from_str::<Vec<Value>>(text).map(|items| {
        let as_text = |item: Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
        items.into_iter().map(as_text).collect()
    });
    items.unwrap_or_else(|_| text.split(',').map(|item| item.trim().to_owned()).collect())
}

fn caption(params: &Params) -> Result<String, GraphError> {
    let caption = params.get("caption").unwrap_or_default();
    let length = caption.chars().count();
    if length > CAPTION || text::hashtags(caption).count() > HASHTAGS {
        let text = format!(
            "The submitted image's caption was {length} characters long. The maximum number of characters permitted for a \
             caption is {CAPTION}. Please submit media with a shorter caption."
        );
        return Err(refusal_saying("36004/2207010", "Caption too long", text));
    }
    if text::mentions(caption).len() > NAMES {
        return Err(refusal("100/2207040"));
    }
    Ok(caption.to_owned())
}

fn alt(params: &Params, kind: Kind) -> Result<Option<String>, GraphError> {
    let alt = only_if(params, "alt_text", kind == Kind::Image)?;
    if alt.is_some_and(|alt| alt.chars().count() > ALT) {
        return Err(KIND.param("alt_text", "must be at most 1000 characters long"));
    }
    Ok(alt.map(str::to_owned))
}

fn location(params: &Params, allowed: bool) -> Result<Option<String>, GraphError> {
    let Some(id) = only_if(params, "location_id", allowed)? else { return Ok(None) };
    let invalid = || GraphError::new("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID", 100, "Invalid location ID");
    places::name(id).map(|_| Some(id.to_owned())).ok_or_else(invalid)
}

/// 0 is a moment, too.
fn offset(params: &Params) -> Result<Option<u64>, GraphError> {
    params.get("thumb_offset").map(|text| text.parse().map_err(|_| refusal("1/2207057"))).transpose()
}
