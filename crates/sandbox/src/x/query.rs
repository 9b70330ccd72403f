//! Queries of reading calls: which fields and expansions are asked for, in which of the two vocabularies.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;
use serde_json::Value;

use super::{problem::Problem, settings::Vocabulary};

const POST_FIELDS: [&str; 31] = [
    "article",
    "article_title",
    "attachments",
    "card_uri",
    "community_id",
    "context_annotations",
    "conversation_id",
    "created_at",
    "display_text_range",
    "edit_controls",
    "entities",
    "geo",
    "id",
    "lang",
    "matched_media_notes",
    "media_metadata",
    "non_public_metrics",
    "note_post",
    "note_request_suggestions",
    "organic_metrics",
    "paid_partnership",
    "possibly_sensitive",
    "promoted_metrics",
    "public_metrics",
    "reply_settings",
    "scopes",
    "source",
    "suggested_source_links",
    "suggested_source_links_with_counts",
    "text",
    "withheld",
];
/// Fields in the older vocabulary that are only expansions in the newer one.
const ONLY_TWEET_FIELDS: [&str; 4] = ["author_id", "in_reply_to_user_id", "referenced_posts", "edit_history_post_ids"];
const EXPANSIONS: [&str; 12] = [
    "article.cover_media",
    "article.media_entities",
    "attachments.media_keys",
    "attachments.media_source_tweet",
    "attachments.poll_ids",
    "author_id",
    "edit_history_post_ids",
    "entities.mentions.username",
    "geo.place_id",
    "in_reply_to_user_id",
    "referenced_posts",
    "username",
];
const USER_EXPANSIONS: [&str; 3] = ["affiliation", "most_recent_post_id", "pinned_post_id"];
const USER_FIELDS: [&str; 26] = [
    "active_follower_count",
    "confirmed_email",
    "connection_status",
    "created_at",
    "description",
    "entities",
    "id",
    "is_identity_verified",
    "location",
    "name",
    "parody",
    "profile_banner_url",
    "profile_image_url",
    "protected",
    "public_metrics",
    "receives_your_dm",
    "subscriber_count",
    "subscribes_to_you",
    "subscription",
    "subscription_type",
    "url",
    "username",
    "verified",
    "verified_followers_count",
    "verified_type",
    "withheld",
];
const MEDIA_FIELDS: [&str; 13] = [
    "alt_text",
    "duration_ms",
    "height",
    "media_key",
    "non_public_metrics",
    "organic_metrics",
    "preview_image_url",
    "promoted_metrics",
    "public_metrics",
    "type",
    "url",
    "variants",
    "width",
];
const POLL_FIELDS: [&str; 5] = ["duration_minutes", "end_datetime", "id", "options", "voting_status"];

/// Older word, newer word.
const WORDS: [(&str, &str); 9] = [
    ("edit_history_tweet_ids", "edit_history_post_ids"),
    ("referenced_tweets.id", "referenced_posts"),
    ("referenced_tweets", "referenced_posts"),
    ("note_tweet", "note_post"),
    ("tweets", "posts"),
    ("retweet_count", "repost_count"),
    ("tweet_count", "post_count"),
    ("pinned_tweet_id", "pinned_post_id"),
    ("most_recent_tweet_id", "most_recent_post_id"),
];

fn newer(word: &str) -> &str {
    WORDS.iter().find(|(older, _)| *older == word).map_or(word, |(_, newer)| newer)
}

/// Puts the older words into a shape that was made in the newer ones.
pub fn older_words(shape: &mut Value) {
    match shape {
        Value::Object(map) => {
            for (name, mut value) in std::mem::take(map) {
                older_words(&mut value);
                let older = WORDS.iter().find(|(older, newer)| *newer == name && !older.contains('.'));
                map.insert(older.map_or(name, |(older, _)| (*older).to_owned()), value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(older_words),
        _ => {}
    }
}

/// What is asked for, in the newer words.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of posts.
    pub post: BTreeSet<String>,
    /// Of users.
    pub user: BTreeSet<String>,
    /// Of media.
    pub media: BTreeSet<String>,
    /// Of polls.
    pub poll: BTreeSet<String>,
    /// What else is put into `includes`.
    pub expansions: BTreeSet<String>,
}

/// A query, taken apart.
pub struct Query {
    pairs: BTreeMap<String, String>,
    vocabulary: Vocabulary,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// 400 if a parameter is there twice or is not one of `own`, the fields or the expansions.
    pub fn read(text: Option<&str>, vocabulary: Vocabulary, own: &[&str]) -> Result<Self, Problem> {
        let fields = match vocabulary {
            Vocabulary::Post => "post.fields",
            Vocabulary::Tweet => "tweet.fields",
        };
        let shared = [fields, "expansions", "user.fields", "media.fields", "poll.fields", "place.fields"];
        let mut pairs = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text.unwrap_or_default().as_bytes()).into_owned() {
            if !own.contains(&name.as_str()) && !shared.contains(&name.as_str()) {
                let known = own.iter().chain(&shared).copied().collect::<Vec<_>>().join(",");
                let message = format!("The query parameter [{name}] is not one of [{known}]");
                return Err(Problem::invalid(&name, &value, message));
            }
            if pairs.contains_key(&name) {
                return Err(Problem::invalid(&name, &value, format!("The query parameter [{name}] is there twice")));
            }
            pairs.insert(name, value);
        }
        Ok(Self { pairs, vocabulary })
    }

    /// A parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.get(name).map(String::as_str)
    }

    /// A whole number within limits.
    ///
    /// # Errors
    /// 400 if it is something else.
    pub fn number(&self, name: &str, least: usize, most: usize) -> Result<Option<usize>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        let message = format!("The `{name}` query parameter value [{text}] is not between {least} and {most}");
        number.map(Some).ok_or_else(|| Problem::invalid(name, text, message))
    }

    /// An id.
    ///
    /// # Errors
    /// 400 if it is not 1 to 19 digits.
    pub fn id(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.text(name).map(|text| id(name, text)).transpose()
    }

    /// An instant.
    ///
    /// # Errors
    /// 400 if it is not RFC 3339.
    pub fn instant(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let message = format!("The `{name}` query parameter value [{text}] is not a valid RFC 3339 date-time");
        Timestamp::parse(text).map(Some).map_err(|_| Problem::invalid(name, text, message))
    }

    /// What is asked for.
    ///
    /// # Errors
    /// 400 if a field or an expansion does not exist in the vocabulary.
    pub fn wanted(&self, of_user: bool) -> Result<Wanted, Problem> {
        let (name, extra): (_, &[&str]) = match self.vocabulary {
            Vocabulary::Post => ("post.fields", &[]),
            Vocabulary::Tweet => ("tweet.fields", &ONLY_TWEET_FIELDS),
        };
        let post_fields: Vec<&str> = POST_FIELDS.iter().chain(extra).copied().collect();
        Ok(Wanted {
            post: self.list(name, &post_fields)?,
            user: self.list("user.fields", &USER_FIELDS)?,
            media: self.list("media.fields", &MEDIA_FIELDS)?,
            poll: self.list("poll.fields", &POLL_FIELDS)?,
            expansions: self.list("expansions", if of_user { &USER_EXPANSIONS } else { &EXPANSIONS })?,
        })
    }

    fn list(&self, name: &str, known: &[&str]) -> Result<BTreeSet<String>, Problem> {
        let Some(text) = self.text(name) else { return Ok(BTreeSet::new()) };
        let tweet = self.vocabulary == Vocabulary::Tweet;
        text.split(',')
            .map(|word| {
                let of_other_words = WORDS.iter().any(|(older, newer)| word == if tweet { *newer } else { *older });
                let canonical = if tweet { newer(word) } else { word };
                if known.contains(&canonical) && !of_other_words {
                    return Ok(canonical.to_owned());
                }
                let message =
                    format!("The `{name}` query parameter value [{word}] is not one of [{}]", known.join(","));
                Err(Problem::invalid(name, word, message))
            })
            .collect()
    }
}

/// Reads an id.
///
/// # Errors
/// 400 if it is not 1 to 19 digits.
pub fn id(name: &str, text: &str) -> Result<u64, Problem> {
    let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let message = format!("The `{name}` query parameter value [{text}] does not match ^[0-9]{{1,19}}$");
    text.parse().ok().filter(|_| digits).ok_or_else(|| Problem::invalid(name, text, message))
}
