//! The rules for what a container may be (Threads API: `POST /{user}/threads`).

use base::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::{
    model::{Account, Draft, Kind, Media, ReplyControl, Square},
    problem,
    settings::Settings,
    text,
};
use crate::{
    meta::{error::GraphError, params::Params, places::PLACES},
    oauth::Token,
};

/// Characters of a text.
const TEXT: usize = 500;
/// Characters of an alternative text.
const ALT: usize = 1_000;
/// Different links in a post.
const LINKS: usize = 5;
/// Items of a carousel.
const ITEMS: std::ops::RangeInclusive<usize> = 2..=20;
/// Characters of a poll's choice.
const CHOICE: std::ops::RangeInclusive<usize> = 1..=25;
/// Characters of a topic.
const TOPIC: std::ops::RangeInclusive<usize> = 1..=50;
/// Hidden ranges of a text.
const ENTITIES: usize = 10;
/// Characters of a long text.
const LONG_TEXT: usize = 10_000;

/// What a JSON body may hold. Everything else in it is dropped without a word (seen by meta-mcp 3.1).
pub const KEPT_OF_JSON: &[&str] =
    &["access_token", "media_type", "text", "image_url", "video_url", "children", "is_carousel_item", "creation_id"];

/// What a container is checked against.
pub struct Rules<'a> {
    /// Everything.
    pub square: &'a Square,
    /// What Threads is like.
    pub settings: &'a Settings,
    /// The author.
    pub me: &'a Account,
    /// What the app may do for them.
    pub token: &'a Token,
    /// Now.
    pub now: Timestamp,
}

/// The draft, and the address from which its file comes.
pub type Composed = (Draft, Option<String>);

impl Rules<'_> {
    /// Checks everything.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn draft(&self, params: &Params) -> Result<Composed, GraphError> {
        let kind = match params.get("media_type") {
            Some("TEXT") => Kind::Text,
            Some("IMAGE") => Kind::Image,
            Some("VIDEO") => Kind::Video,
            Some("CAROUSEL") => Kind::Carousel,
            _ => return Err(problem::KIND.one_of("media_type", "TEXT, IMAGE, VIDEO, CAROUSEL")),
        };
        let address = match kind {
            Kind::Image => Some(problem::KIND.need(params, "image_url")?.to_owned()),
            Kind::Video => Some(problem::KIND.need(params, "video_url")?.to_owned()),
            _ => None,
        };
        let alt = self.alt(params, kind)?;
        if params.is("is_carousel_item") {
            if address.is_none() {
                return Err(problem::KIND.param("is_carousel_item", "is only available for images and videos"));
            }
            // A text on an item is tolerated and never shown.
            return Ok((Draft { kind, alt, is_item: true, ..Draft::default() }, address));
        }
        if kind != Kind::Text {
            let texts_only = ["poll_attachment", "link_attachment", "gif_attachment", "text_attachment"];
            if let Some(name) = texts_only.iter().find(|name| params.get(name).is_some()) {
                return Err(problem::KIND.param(name, "is only available for text posts"));
            }
        }
        let draft = Draft {
            kind,
            alt,
            text: params.get("text").unwrap_or_default().to_owned(),
            children: if kind == Kind::Carousel { self.children(params)? } else { Vec::new() },
            reply_to: params.get("reply_to_id").map(|id| self.parent(id)).transpose()?,
            reply_control: self.reply_control(params)?,
            quote: params.get("quote_post_id").map(|id| self.quoted(id)).transpose()?,
            link: params.get("link_attachment").map(|link| address_of("link_attachment", link)).transpose()?,
            poll: params.get("poll_attachment").map(poll).transpose()?.flatten(),
            topic: topic(params)?,
            gif: params.get("gif_attachment").map(gif).transpose()?,
            entities: params.get("text_entities").map(|text| entities(text, params)).transpose()?,
            spoiler_media: params.is("is_spoiler_media"),
            attachment: params.get("text_attachment").map(long_text).transpose()?,
            ghost: params.is("is_ghost_post"),
            approvals: params.is("enable_reply_approvals"),
            location: params.get("location_id").map(|id| self.location(id)).transpose()?,
            countries: self.countries(params)?,
            to_instagram: params.is("crossreshare_to_ig"),
            ..Draft::default()
        };
        self.check_whole(&draft)?;
        Ok((draft, address))
    }

    fn check_whole(&self, draft: &Draft) -> Result<(), GraphError> {
        let has_more = draft.poll.is_some() || draft.gif.is_some() || draft.attachment.is_some();
        if draft.kind == Kind::Text && draft.text.trim().is_empty() && draft.link.is_none() && !has_more {
            return Err(problem::KIND.missing("text"));
        }
        if text::length(&draft.text, self.settings.strict_bytes) > TEXT {
            return Err(problem::KIND.invalid(format!("Param text must be at most {TEXT} characters long")));
        }
        let in_attachment = draft.attachment.as_ref().and_then(|it| it["link_attachment_url"].as_str());
        let beside = draft.link.as_deref().into_iter().chain(in_attachment);
        if text::addresses(&draft.text, beside).len() > LINKS {
            return Err(problem::KIND
                .invalid("THREADS_API__LINK_LIMIT_EXCEEDED")
                .for_people("Too many links", format!("A post can have at most {LINKS} links.")));
        }
        let excluded = [
            (
                draft.poll.is_some() && draft.link.is_some(),
                "poll_attachment",
                "cannot be combined with link_attachment",
            ),
            (
                draft.poll.is_some() && draft.attachment.is_some(),
                "poll_attachment",
                "cannot be combined with text_attachment",
            ),
            (
                draft.link.is_some() && in_attachment.is_some(),
                "link_attachment_url",
                "cannot be combined with link_attachment",
            ),
            (draft.ghost && draft.kind != Kind::Text, "is_ghost_post", "is only available for text posts"),
            (draft.ghost && draft.reply_to.is_some(), "is_ghost_post", "is not available for replies"),
            (draft.ghost && draft.approvals, "is_ghost_post", "cannot be combined with enable_reply_approvals"),
            (draft.spoiler_media && draft.kind == Kind::Text, "is_spoiler_media", "is not available for text posts"),
        ];
        if let Some((_, name, why)) = excluded.into_iter().find(|(broken, ..)| *broken) {
            return Err(problem::KIND.param(name, why));
        }
        let wanted = [
            (draft.approvals || draft.reply_control != ReplyControl::Everyone, "threads_manage_replies"),
            (draft.to_instagram, "threads_share_to_instagram"),
            (draft.location.is_some(), "threads_location_tagging"),
        ];
        match wanted.into_iter().find(|(wanted, scope)| *wanted && !self.token.has(scope)) {
            Some(_) => Err(GraphError::permission()),
            None => Ok(()),
        }
    }

    fn alt(&self, params: &Params, kind: Kind) -> Result<Option<String>, GraphError> {
        let Some(alt) = params.get("alt_text") else { return Ok(None) };
        if !matches!(kind, Kind::Image | Kind::Video) {
            return Err(problem::KIND.param("alt_text", "is only available for images and videos"));
        }
        if alt.chars().count() > ALT {
            return Err(problem::KIND.invalid(format!("Param alt_text must be at most {ALT} characters long")));
        }
        Ok(Some(alt.to_owned()))
    }

    fn children(&self, params: &Params) -> Result<Vec<u64>, GraphError> {
        let named: Vec<&str> = problem::KIND.need(params, "children")?.split(',').map(str::trim).collect();
        if !ITEMS.contains(&named.len()) {
            return Err(problem::KIND.invalid("Param children must have between 2 and 20 items"));
        }
        let mut ids = Vec::new();
        for name in named {
            let id = name.parse().ok().filter(|id| self.square.is_item_of(&self.me.id, *id, self.now));
            ids.push(id.ok_or_else(problem::unready_item)?);
        }
        Ok(ids)
    }

    /// A visible post, as a person who answers or quotes it finds it.
    fn seen(&self, id: &str) -> Result<&Media, GraphError> {
        let media = id.parse().ok().and_then(|id: u64| self.square.media.get(&id));
        media.filter(|media| media.is_visible(self.now)).ok_or_else(|| problem::not_found(id))
    }

    fn quoted(&self, id: &str) -> Result<u64, GraphError> {
        self.seen(id).map(|media| media.id)
    }

    fn parent(&self, id: &str) -> Result<u64, GraphError> {
        let parent = self.seen(id)?;
        if parent.at + std::time::Duration::from_millis(self.settings.parent_lag_ms) > self.now {
            return Err(problem::not_found(id));
        }
        if parent.account == self.me.id {
            return Ok(parent.id);
        }
        let root = parent.root.and_then(|root| self.square.media.get(&root)).unwrap_or(parent);
        let mentions_me =
            || text::mentions(&root.draft.text).iter().any(|(_, name)| name.eq_ignore_ascii_case(&self.me.username));
        let may = match root.draft.reply_control {
            ReplyControl::Everyone => true,
            ReplyControl::MentionedOnly => mentions_me(),
            // No accounts here follow each other.
            ReplyControl::AccountsYouFollow | ReplyControl::FollowersOnly | ReplyControl::ParentPostAuthorOnly => false,
        };
        let is_open = root.account == self.me.id || may;
        // No right to reply here has the same code as a missing scope (openpost).
        if is_open && self.token.has("threads_manage_replies") { Ok(parent.id) } else { Err(GraphError::permission()) }
    }

    fn reply_control(&self, params: &Params) -> Result<ReplyControl, GraphError> {
        let Some(named) = params.get("reply_control") else { return Ok(ReplyControl::Everyone) };
        serde_json::from_value(Value::from(named)).map_err(|_| {
            let all = "everyone, accounts_you_follow, mentioned_only, parent_post_author_only, followers_only";
            problem::KIND.one_of("reply_control", all)
        })
    }

    fn location(&self, id: &str) -> Result<String, GraphError> {
        let known = PLACES.iter().any(|place| place.0 == id);
        if known { Ok(id.to_owned()) } else { Err(problem::KIND.param("location_id", "is not a valid location")) }
    }

    fn countries(&self, params: &Params) -> Result<Vec<String>, GraphError> {
        let Some(named) = params.get("allowlisted_country_codes") else { return Ok(Vec::new()) };
        if !self.me.geo {
            return Err(problem::KIND.invalid("THREADS_API__FEATURE_NOT_AVAILABLE"));
        }
        let codes: Vec<String> = named.split(',').map(|code| code.trim().to_owned()).collect();
        let reads = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if codes.iter().all(reads) {
            Ok(codes)
        } else {
            Err(problem::KIND.invalid("THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES"))
        }
    }
}

fn address_of(name: &str, text: &str) -> Result<String, GraphError> {
    let read = url::Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    read.map(|_| text.to_owned()).ok_or_else(|| problem::KIND.param(name, "must be a valid URL"))
}

fn topic(params: &Params) -> Result<Option<String>, GraphError> {
    let Some(tag) = params.get("topic_tag") else {
        return Ok(params.get("text").and_then(text::topic).map(str::to_owned));
    };
    if !TOPIC.contains(&tag.chars().count()) || tag.contains(['.', '&']) {
        return Err(problem::KIND.param("topic_tag", "must be 1 to 50 characters without periods and ampersands"));
    }
    Ok(Some(tag.to_owned()))
}

#[derive(Deserialize)]
struct PollBody {
    option_a: String,
    option_b: String,
    #[serde(default)]
    option_c: String,
    #[serde(default)]
    option_d: String,
}

/// A poll that does not have the shape of one is ignored, without an error (seen by meta-mcp 3.6).
fn poll(text: &str) -> Result<Option<Vec<String>>, GraphError> {
    // A list in the order of the keys would read as well, if it were not refused here.
    let object = serde_json::from_str::<serde_json::Map<String, Value>>(text).map(Value::Object);
    let Ok(body) = object.and_then(serde_json::from_value::<PollBody>) else { return Ok(None) };
    let PollBody { option_a, option_b, option_c, option_d } = body;
    let mut options = vec![option_a, option_b, option_c, option_d];
    while options.len() > 2 && options.last().is_some_and(String::is_empty) {
        options.pop();
    }
    if !options.iter().all(|option| CHOICE.contains(&option.chars().count())) {
        return Err(problem::KIND.param("poll_attachment", "has an option that is not 1 to 25 characters long"));
    }
    Ok(Some(options))
}

fn gif(text: &str) -> Result<String, GraphError> {
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    match (body["gif_id"].as_str(), body["provider"].as_str()) {
        (Some(id), Some("GIPHY")) if !id.is_empty() => Ok(id.to_owned()),
        // TENOR ended on 2026-03-31.
        _ => Err(problem::KIND.param("gif_attachment", "must have a gif_id and the provider GIPHY")),
    }
}

/// The unit of offset and length is not known; a range that is outside in every unit is refused.
fn entities(text: &str, params: &Params) -> Result<Value, GraphError> {
    let list: Value = serde_json::from_str(text).unwrap_or_default();
    let bytes = params.get("text").unwrap_or_default().len() as u64;
    let reads = |entity: &Value| {
        let range = entity["offset"].as_u64().zip(entity["length"].as_u64().filter(|length| *length > 0));
        entity["entity_type"] == "SPOILER"
            && range.is_some_and(|(offset, length)| offset.saturating_add(length) <= bytes)
    };
    match list.as_array() {
        Some(all) if all.len() <= ENTITIES && all.iter().all(reads) => Ok(list),
        _ => Err(problem::KIND.param("text_entities", "must be a list of at most 10 spoilers within the text")),
    }
}

const STYLES: [&str; 5] = ["bold", "italic", "highlight", "underline", "strikethrough"];

/// Offsets and lengths count UTF-8 bytes (meta-mcp 3.7).
fn long_text(text: &str) -> Result<Value, GraphError> {
    let refuse = |why: &str| problem::KIND.param("text_attachment", why);
    let body: Value = serde_json::from_str(text).map_err(|_| refuse("is not a JSON object"))?;
    let plain = body["plaintext"].as_str().filter(|plain| (1..=LONG_TEXT).contains(&plain.chars().count()));
    let plain = plain.ok_or_else(|| refuse("must have a plaintext of 1 to 10000 characters"))?;
    if let Some(link) = body.get("link_attachment_url") {
        address_of("link_attachment_url", link.as_str().unwrap_or_default())?;
    }
    let mut ranges = Vec::new();
    for style in body["text_with_styling_info"].as_array().into_iter().flatten() {
        let place = |name: &str| style[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let range = place("offset").zip(place("length")).map(|(offset, length)| offset..offset.saturating_add(length));
        let range = range.filter(|range| plain.get(range.clone()).is_some_and(|piece| !piece.is_empty()));
        ranges.push(range.ok_or_else(|| refuse("has a style outside the plaintext"))?);
        let styles = style["styling_info"].as_array().filter(|styles| !styles.is_empty());
        let known = |style: &Value| style.as_str().is_some_and(|style| STYLES.contains(&style));
        if !styles.is_some_and(|styles| styles.iter().all(known)) {
            return Err(refuse("has an unknown style"));
        }
    }
    ranges.sort_by_key(|range| range.start);
    if ranges.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return Err(refuse("has styles that overlap"));
    }
    Ok(body)
}
