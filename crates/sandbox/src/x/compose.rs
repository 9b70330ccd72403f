//! The rules for what a post may be (X API: `POST /2/tweets`).

use std::time::Duration;

use base::Timestamp;
use serde::Deserialize;

use super::{
    model::{Account, COMMUNITY_ID, Draft, Media, Plaza, Poll, Post},
    problem::Problem,
    query::id,
    settings::{Settings, Tier},
    text::{self, Kind},
};

/// Weighted characters of a post, and of a long post by a subscriber.
const LENGTHS: (usize, usize) = (280, 25_000);
/// How long a post can be edited.
pub const EDIT_WINDOW: Duration = Duration::from_secs(3600);
/// How often.
pub const EDITS: usize = 5;

/// The body, key by key. Any other key is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    text: Option<String>,
    media: Option<MediaBody>,
    poll: Option<PollBody>,
    reply: Option<ReplyBody>,
    quote_tweet_id: Option<String>,
    reply_settings: Option<ReplySettings>,
    community_id: Option<String>,
    #[serde(default, rename = "share_with_followers")]
    _share_with_followers: bool,
    #[serde(default, rename = "made_with_ai")]
    _made_with_ai: bool,
    #[serde(default)]
    paid_partnership: bool,
    #[serde(rename = "geo")]
    _geo: Option<GeoBody>,
    #[serde(default, rename = "nullcast")]
    _nullcast: bool,
    #[serde(default, rename = "for_super_followers_only")]
    _for_super_followers_only: bool,
    direct_message_deep_link: Option<String>,
    card_uri: Option<String>,
    edit_options: Option<EditBody>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MediaBody {
    media_ids: Vec<String>,
    #[serde(default)]
    tagged_user_ids: Vec<String>,
    #[serde(rename = "title")]
    _title: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "embeddable")]
    _embeddable: Option<bool>,
    preview_media_id: Option<String>,
    #[serde(rename = "call_to_actions")]
    _call_to_actions: Option<CallToActions>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallToActions {
    #[serde(rename = "visit_site")]
    _visit_site: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(rename = "watch_now")]
    _watch_now: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(rename = "app_install")]
    _app_install: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PollBody {
    options: Vec<String>,
    duration_minutes: u64,
    #[serde(rename = "reply_settings")]
    _reply_settings: Option<ReplySettings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyBody {
    in_reply_to_tweet_id: String,
    #[serde(default)]
    exclude_reply_user_ids: Vec<String>,
    #[serde(default, rename = "auto_populate_reply_metadata")]
    _auto_populate_reply_metadata: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GeoBody {
    #[serde(rename = "place_id")]
    _place_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EditBody {
    previous_post_id: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum ReplySettings {
    Following,
    MentionedUsers,
    Subscribers,
    Verified,
}

impl ReplySettings {
    fn as_str(self) -> &'static str {
        match self {
            ReplySettings::Following => "following",
            ReplySettings::MentionedUsers => "mentionedUsers",
            ReplySettings::Subscribers => "subscribers",
            ReplySettings::Verified => "verified",
        }
    }
}

/// What a post is checked against.
pub struct Rules<'a> {
    /// Everything.
    pub plaza: &'a Plaza,
    /// What X is like.
    pub settings: &'a Settings,
    /// The author.
    pub me: &'a Account,
    /// Now.
    pub now: Timestamp,
}

/// Reads the body.
///
/// # Errors
/// 400 that says which key or value does not fit.
pub fn read(body: &[u8]) -> Result<Body, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::invalid("body", "", error.to_string()))
}

impl Rules<'_> {
    /// Checks everything; gives the draft, and the post that it is a new version of.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn draft(&self, body: Body) -> Result<(Draft, Option<Post>), Problem> {
        check_exclusive(&body)?;
        let previous = body.edit_options.as_ref().map(|edit| self.previous(&edit.previous_post_id)).transpose()?;
        let draft = Draft {
            media: body.media.as_ref().map_or(Ok(Vec::new()), |media| self.media(media))?,
            poll: body.poll.map(poll).transpose()?,
            reply_to: body.reply.as_ref().map(|reply| self.parent(reply)).transpose()?,
            quote: body.quote_tweet_id.as_ref().map(|quoted| self.quoted(quoted)).transpose()?,
            reply_settings: body.reply_settings.map(|settings| settings.as_str().to_owned()),
            community: body.community_id.map(community).transpose()?,
            paid_partnership: body.paid_partnership,
            text: body.text.unwrap_or_default(),
        };
        self.check_text(&draft)?;
        if previous.is_some() && (draft.poll.is_some() || draft.community.is_some()) {
            return Err(Problem::forbidden("A post with a poll or in a community cannot be edited."));
        }
        if previous.is_none() {
            self.check_not_said_before(&draft)?;
        }
        Ok((draft, previous))
    }

    fn check_text(&self, draft: &Draft) -> Result<(), Problem> {
        let bare = draft.media.is_empty() && draft.poll.is_none() && draft.quote.is_none();
        if draft.text.trim().is_empty() && bare {
            return Err(Problem::invalid("text", "", "text is required unless there is media, a poll or a quote"));
        }
        if text::has_forbidden(&draft.text) {
            return Err(Problem::invalid("text", "", "text holds a code point that cannot be posted"));
        }
        let most = if self.me.is_premium() { LENGTHS.1 } else { LENGTHS.0 };
        let length = text::weighted_length(&draft.text);
        if length > most {
            return Err(Problem::bad(
                "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.",
            ));
        }
        let cashtags = text::pieces(&draft.text).iter().filter(|piece| piece.kind == Kind::Cashtag).count();
        if cashtags > 1 && self.settings.tier == Tier::SelfServe {
            return Err(Problem::forbidden("Your post may contain a maximum of one cashtag."));
        }
        Ok(())
    }

    fn check_not_said_before(&self, draft: &Draft) -> Result<(), Problem> {
        let window = Duration::from_secs(self.settings.duplicate_window_s);
        let ids = self.plaza.by_account.get(&self.me.id).map_or(&[][..], Vec::as_slice);
        let recent = ids.iter().rev().filter_map(|id| self.plaza.posts.get(id));
        let mut recent = recent.take_while(|post| post.at + window > self.now);
        let same = |post: &Post| {
            let said = &post.draft;
            said.text.trim() == draft.text.trim()
                && (&said.media, said.reply_to, said.quote) == (&draft.media, draft.reply_to, draft.quote)
        };
        if recent.any(same) {
            return Err(Problem::forbidden("You are not allowed to create a Tweet with duplicate content."));
        }
        Ok(())
    }

    fn media(&self, body: &MediaBody) -> Result<Vec<String>, Problem> {
        let ids = &body.media_ids;
        if !(1..=4).contains(&ids.len()) {
            return Err(Problem::invalid(
                "media.media_ids",
                "",
                "media.media_ids has a minimum of 1 and a maximum of 4 items",
            ));
        }
        if body.tagged_user_ids.len() > 10 {
            return Err(Problem::invalid("media.tagged_user_ids", "", "at most 10 users can be tagged"));
        }
        let named = ids.iter().chain(&body.tagged_user_ids).chain(&body.preview_media_id);
        for text in named {
            id("media", text)?;
        }
        let held: Option<Vec<&Media>> = ids.iter().map(|id| self.ready(id)).collect();
        let held =
            held.ok_or_else(|| Problem::invalid("media.media_ids", &ids.join(","), "Your media IDs are invalid."))?;
        if held.len() > 1 && held.iter().any(|media| media.kind() != "photo") {
            let message = "media is 1 to 4 photos, or 1 GIF, or 1 video";
            return Err(Problem::invalid("media.media_ids", &ids.join(","), message));
        }
        let most = self.settings.max_video_s as f64;
        let too_long = |media: &&Media| media.kind() == "video" && media.seconds.is_some_and(|seconds| seconds > most);
        if !self.me.is_premium() && held.iter().any(too_long) {
            return Err(Problem::forbidden("This user is not allowed to post a video longer than 2 minutes."));
        }
        Ok(ids.clone())
    }

    /// The upload, if it is theirs, whole, processed and not gone.
    fn ready(&self, id: &str) -> Option<&Media> {
        let media = self.plaza.media.get(id)?;
        let whole = media.account == self.me.id && media.blob.is_some() && !media.has_gone(self.now);
        let processed = media.work.is_ready(self.now);
        let for_posts = ["tweet_image", "tweet_gif", "tweet_video", "amplify_video"].contains(&media.category.as_str());
        (whole && processed && for_posts).then_some(media)
    }

    fn parent(&self, body: &ReplyBody) -> Result<u64, Problem> {
        for excluded in &body.exclude_reply_user_ids {
            id("reply.exclude_reply_user_ids", excluded)?;
        }
        let text = body.in_reply_to_tweet_id.as_str();
        let number = id("reply.in_reply_to_tweet_id", text)?;
        let parent = self.plaza.posts.get(&number);
        let parent = parent.ok_or_else(Problem::not_visible)?;
        let own = parent.account == self.me.id;
        if own && parent.at + Duration::from_millis(self.settings.reply_lag_ms) > self.now {
            return Err(Problem::not_visible());
        }
        if own || self.settings.tier == Tier::Enterprise || self.is_summoned_by(parent) {
            Ok(number)
        } else {
            Err(Problem::not_engaged("Reply to this conversation", "you are replying to"))
        }
    }

    /// Whether the post mentions the author or quotes one of their posts.
    fn is_summoned_by(&self, post: &Post) -> bool {
        let said = &post.draft.text;
        let mention = |piece: &text::Piece| {
            let name = said[piece.range.clone()].trim_start_matches(['@', '＠']);
            piece.kind == Kind::Mention && name.eq_ignore_ascii_case(&self.me.username)
        };
        let quoted = post.draft.quote.and_then(|id| self.plaza.posts.get(&id));
        text::pieces(said).iter().any(mention) || quoted.is_some_and(|quoted| quoted.account == self.me.id)
    }

    fn quoted(&self, text: &str) -> Result<u64, Problem> {
        let number = id("quote_tweet_id", text)?;
        if self.settings.tier == Tier::SelfServe {
            return Err(Problem::not_engaged("Quoting this post", "you are quoting"));
        }
        self.plaza.posts.get(&number).map(|post| post.id).ok_or_else(|| Problem::no_post("quote_tweet_id", text))
    }

    fn previous(&self, text: &str) -> Result<Post, Problem> {
        let number = id("edit_options.previous_post_id", text)?;
        let post = self.plaza.posts.get(&number).filter(|post| post.account == self.me.id);
        let post = post.ok_or_else(|| Problem::no_post("edit_options.previous_post_id", text))?;
        let newest = self.plaza.by_account.get(&self.me.id).is_some_and(|ids| ids.contains(&number));
        if !self.me.is_premium() {
            return Err(Problem::not_permitted());
        }
        if !newest || post.first_at + EDIT_WINDOW <= self.now || post.chain.len() > EDITS {
            return Err(Problem::forbidden("This post can no longer be edited, or a newer version of it exists."));
        }
        if !may_be_edited(self.plaza, post) {
            return Err(Problem::forbidden(
                "A poll, a post in a community or a reply to another account cannot be edited.",
            ));
        }
        Ok(post.clone())
    }
}

/// Whether the kind of post can be edited at all.
pub fn may_be_edited(plaza: &Plaza, post: &Post) -> bool {
    let parent = post.draft.reply_to.and_then(|id| plaza.posts.get(&id));
    let to_other = post.draft.reply_to.is_some() && parent.is_none_or(|parent| parent.account != post.account);
    post.draft.poll.is_none() && post.draft.community.is_none() && !to_other
}

fn check_exclusive(body: &Body) -> Result<(), Problem> {
    let given = [
        body.media.is_some(),
        body.poll.is_some(),
        body.quote_tweet_id.is_some(),
        body.card_uri.is_some(),
        body.direct_message_deep_link.is_some(),
    ];
    if given.into_iter().filter(|given| *given).count() > 1 {
        let message = "media, poll, quote_tweet_id, card_uri and direct_message_deep_link exclude each other";
        return Err(Problem::invalid("body", "", message));
    }
    Ok(())
}

fn poll(body: PollBody) -> Result<Poll, Problem> {
    if !(2..=4).contains(&body.options.len()) {
        return Err(Problem::invalid("poll.options", "", "poll.options has a minimum of 2 and a maximum of 4 items"));
    }
    if !body.options.iter().all(|option| (1..=25).contains(&option.chars().count())) {
        return Err(Problem::invalid("poll.options", "", "each of poll.options has 1 to 25 characters"));
    }
    if !(5..=10_080).contains(&body.duration_minutes) {
        let value = body.duration_minutes.to_string();
        return Err(Problem::invalid(
            "poll.duration_minutes",
            &value,
            "poll.duration_minutes is not between 5 and 10080",
        ));
    }
    Ok(Poll { options: body.options, duration_minutes: body.duration_minutes })
}

fn community(text: String) -> Result<String, Problem> {
    id("community_id", &text)?;
    if text == COMMUNITY_ID { Ok(text) } else { Err(Problem::not_permitted()) }
}
