//! Reading posts, in whichever of its two vocabularies X understands at this endpoint.
//!
//! The request names `post.fields`. If X refuses exactly that, it is asked once more with `tweet.fields`: a read has no
//! effect, so this is no retry in the engine's sense.

use connector::{Call, Failure, Reply};
use serde::de::DeserializeOwned;

use super::{
    api,
    errors::{self, Asked},
    wire::Answer,
};

/// The fields that a read needs, in both vocabularies.
pub struct Fields {
    /// `post.fields`.
    pub current: &'static str,
    /// `expansions` beside them.
    pub current_expansions: &'static str,
    /// `tweet.fields`.
    pub legacy: &'static str,
    /// `expansions` beside them.
    pub legacy_expansions: &'static str,
}

/// For finding a post again.
pub const LOOK_UP: Fields = Fields {
    current: "attachments,created_at,entities,note_post,text",
    current_expansions: "attachments.media_keys,in_reply_to_user_id,referenced_posts",
    legacy: "attachments,created_at,entities,in_reply_to_user_id,note_tweet,referenced_tweets,text",
    legacy_expansions: "attachments.media_keys,referenced_tweets.id",
};

/// For knowing whose post it is.
pub const AUTHOR: Fields =
    Fields { current: "text", current_expansions: "author_id", legacy: "author_id", legacy_expansions: "" };

/// For numbers.
pub const METRICS: Fields =
    Fields { current: "public_metrics", current_expansions: "", legacy: "public_metrics", legacy_expansions: "" };

/// For the answers to a post.
pub const ANSWERS: Fields = Fields {
    current: "conversation_id,created_at,note_post,public_metrics,text",
    current_expansions: "author_id,referenced_posts",
    legacy: "author_id,conversation_id,created_at,note_tweet,public_metrics,referenced_tweets,text",
    legacy_expansions: "author_id,referenced_tweets.id",
};

/// For knowing whether a post can be edited.
pub const EDITING: Fields =
    Fields { current: "edit_controls", current_expansions: "", legacy: "edit_controls", legacy_expansions: "" };

/// An answer that is JSON of the documented shape, with the reply it came in.
pub struct Read<T> {
    /// The decoded answer; `data` may be missing.
    pub answer: Answer<T>,
    /// The reply, for saying what is wrong with it.
    pub reply: Reply,
}

impl<T> Read<T> {
    /// The failure that an answer without data means.
    pub fn refusal(&self, call: &Call<'_>) -> Failure {
        errors::odd_answer(Asked::Read, &self.reply, call.clock.now())
    }
}

/// Reads `path` with these fields and further parameters.
pub async fn get<T: DeserializeOwned>(
    call: &Call<'_>,
    name: &'static str,
    path: &str,
    query: &[(&str, String)],
    fields: &Fields,
) -> Result<Read<T>, Failure> {
    let mut reply = ask(call, name, path, query, ("post.fields", fields.current, fields.current_expansions)).await?;
    if is_unknown_vocabulary(&reply) {
        reply = ask(call, name, path, query, ("tweet.fields", fields.legacy, fields.legacy_expansions)).await?;
    }
    let now = call.clock.now();
    if !reply.is_success() {
        return Err(errors::failure(Asked::Read, &reply, now));
    }
    let answer = reply.json().map_err(|_| errors::odd_answer(Asked::Read, &reply, now))?;
    Ok(Read { answer, reply })
}

async fn ask(
    call: &Call<'_>,
    name: &'static str,
    path: &str,
    query: &[(&str, String)],
    (parameter, fields, expansions): (&str, &str, &str),
) -> Result<Reply, Failure> {
    let mut request = call.http.get(name, api(call, path)).bearer(call.tokens.bearer()?);
    for (name, value) in query {
        request = request.query(name, value);
    }
    request = request.query(parameter, fields);
    if !expansions.is_empty() {
        request = request.query("expansions", expansions);
    }
    request.send().await.map_err(|error| errors::lost(Asked::Read, error))
}

/// A 400 `invalid-request` that names the new word.
fn is_unknown_vocabulary(reply: &Reply) -> bool {
    let body = reply.text();
    reply.status == 400
        && body.contains("invalid-request")
        && ["post.fields", "referenced_posts", "note_post"].iter().any(|word| body.contains(word))
}
