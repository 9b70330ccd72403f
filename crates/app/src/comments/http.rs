//! `/v1/publications/{publication}/comments`.

use axum::extract::State;
use base::{Text, Timestamp, ids::PublicationId};
use connector::{Comment, CommentAct, CommentChange, CommentState, CommentsAsked};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Listed, Wanted};
use crate::{
    App,
    http::{
        Created, Json, May, NoContent, Path, ProblemBody, Query, Result,
        rights::{PostsPublish, PostsRead},
    },
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(reply))
        .routes(routes!(change))
        .routes(routes!(delete))
}

/// Which comments.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListComments {
    /// The part of the post that they are below, from 0. The first one if absent.
    #[serde(default)]
    part: u32,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Those that wait for approval or were declined, instead of those that are shown.
    #[serde(default)]
    waiting: bool,
    /// That the reading may cost the owner of the platform's app money, where the platform charges for it.
    #[serde(default)]
    at_cost: bool,
}

/// Below which part a comment is.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfPart {
    /// The part of the post, from 0. The first one if absent.
    #[serde(default)]
    part: u32,
}

/// Which comment is changed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangeOfPart {
    /// The part of the post, from 0. The first one if absent.
    #[serde(default)]
    part: u32,
    /// That it may cost the owner of the platform's app money, where the platform charges for reading the comment first.
    #[serde(default)]
    at_cost: bool,
}

/// A page of comments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentsBody {
    /// In the platform's order.
    items: Vec<CommentBody>,
    /// Where the next page begins; absent on the last. A page may be empty although there is a next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// What the platform has and this channel may not do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lacking: Vec<LackingBody>,
}

/// Something that this channel may not do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LackingBody {
    /// `reply`, or what can be done to a comment.
    act: String,
    /// Why, and what to do.
    because: Text,
}

/// A comment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentBody {
    /// Names it in the other calls. Encode it as one segment of the path.
    id: String,
    /// The comment that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// Who wrote it, as far as the platform says.
    author: AuthorBody,
    /// What was written, as plain text.
    text: String,
    /// When it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_at: Option<Timestamp>,
    /// Its own page.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Whether people see it.
    state: CommentState,
    /// How many like it, where the platform says.
    #[serde(skip_serializing_if = "Option::is_none")]
    likes: Option<u64>,
    /// How many answer it, where the platform says.
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<u64>,
    /// Whether the channel's account likes it, where the platform says.
    #[serde(skip_serializing_if = "Option::is_none")]
    liked: Option<bool>,
    /// Whether it can be answered.
    can_reply: bool,
    /// What can be done to it.
    can: Vec<CommentChange>,
}

/// The author of a comment.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthorBody {
    /// The platform's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// The display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The name after the @.
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    /// The address of their page.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// Whether it is the channel's own account.
    is_self: bool,
}

impl From<Comment> for CommentBody {
    fn from(comment: Comment) -> Self {
        let Comment { id, parent, author, text, made_at, url, state, likes, replies, liked, can_reply, can } = comment;
        let connector::Author { id: author_id, name, handle, url: page, is_self } = author;
        let author = AuthorBody { id: author_id, name, handle, url: page, is_self };
        Self { id, parent, author, text, made_at, url, state, likes, replies, liked, can_reply, can }
    }
}

fn word(act: CommentAct) -> String {
    let word = match act {
        CommentAct::Read => return "read".to_owned(),
        CommentAct::Reply => return "reply".to_owned(),
        CommentAct::Change(change) => serde_json::to_value(change),
    };
    word.ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The comments below a published post, read from the platform at this moment. Fanfare stores nothing of them: they are other
/// people's words. Where the platform charges for reading, `at_cost` must be `true`; without it the answer is the price.
#[utoipa::path(
    get, path = "/v1/publications/{publication}/comments", tag = "Comments", operation_id = "list_comments",
    params(("publication" = PublicationId, Path), ListComments),
    responses(
        (status = 200, body = CommentsBody), (status = 402, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody), (status = 429, body = ProblemBody),
        (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn list(
    State(app): State<App>,
    scope: May<PostsRead>,
    Path(id): Path<PublicationId>,
    Query(query): Query<ListComments>,
) -> Result<Json<CommentsBody>> {
    let ListComments { part, cursor, waiting, at_cost } = query;
    let wanted = Wanted { part: part as usize, asked: CommentsAsked { cursor, waiting }, at_cost };
    let Listed { page, lacking } = super::list(&app, &scope, id, &wanted).await?;
    let lacking = lacking.into_iter().map(|(act, because)| LackingBody { act: word(act), because });
    let items = page.items.into_iter().map(CommentBody::from).collect();
    Ok(Json(CommentsBody { items, next: page.next, lacking: lacking.collect() }))
}

/// An answer to a comment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyToComment {
    /// The text. The platform's own limits apply.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

/// An answer that is posted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplyBody {
    /// Its id among the comments.
    id: String,
    /// Its own page, if the platform names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Answers a comment as the channel's account. Send an `Idempotency-Key`: the same request is never posted twice. If the platform's
/// answer is lost and reading the comments doesn't decide, the problem is `outcome-unknown`: look at the comments before you
/// send it again.
#[utoipa::path(
    post, path = "/v1/publications/{publication}/comments/{comment}/replies", tag = "Comments",
    operation_id = "reply_to_comment", request_body = ReplyToComment,
    params(("publication" = PublicationId, Path), ("comment" = String, Path), OfPart),
    responses(
        (status = 201, body = ReplyBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 502, body = ProblemBody),
        (status = 503, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn reply(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path((id, comment)): Path<(PublicationId, String)>,
    Query(query): Query<OfPart>,
    Json(body): Json<ReplyToComment>,
) -> Result<Created<ReplyBody>> {
    let made = super::reply(&app, &scope, (id, query.part as usize), comment, body.text).await?;
    let location = format!("/v1/publications/{id}/comments");
    Ok(Created { location, body: ReplyBody { id: made.id, url: made.url } })
}

/// What is done to a comment.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeWord {
    /// No one but its author sees it any more.
    Hide,
    /// Everyone sees it again.
    Unhide,
    /// The account likes it.
    Like,
    /// The account doesn't like it any more.
    Unlike,
    /// A comment that waits is shown.
    Approve,
    /// A comment that waits is not shown.
    Decline,
}

impl From<ChangeWord> for CommentChange {
    fn from(word: ChangeWord) -> Self {
        match word {
            ChangeWord::Hide => Self::Hide,
            ChangeWord::Unhide => Self::Unhide,
            ChangeWord::Like => Self::Like,
            ChangeWord::Unlike => Self::Unlike,
            ChangeWord::Approve => Self::Approve,
            ChangeWord::Decline => Self::Decline,
        }
    }
}

/// Hides, shows, likes, unlikes, approves or declines a comment, where the platform has it. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/v1/publications/{publication}/comments/{comment}/{change}", tag = "Comments",
    operation_id = "change_comment",
    params(("publication" = PublicationId, Path), ("comment" = String, Path), ("change" = inline(ChangeWord), Path), ChangeOfPart),
    responses(
        (status = 204), (status = 402, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn change(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path((id, comment, change)): Path<(PublicationId, String, ChangeWord)>,
    Query(query): Query<ChangeOfPart>,
) -> Result<NoContent> {
    super::change(&app, &scope, (id, query.part as usize), comment, (change.into(), query.at_cost)).await?;
    Ok(NoContent)
}

/// Deletes a comment at the platform, where it allows that: some let an account delete only its own.
#[utoipa::path(
    delete, path = "/v1/publications/{publication}/comments/{comment}", tag = "Comments",
    operation_id = "delete_comment",
    params(("publication" = PublicationId, Path), ("comment" = String, Path), ChangeOfPart),
    responses(
        (status = 204), (status = 402, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn delete(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path((id, comment)): Path<(PublicationId, String)>,
    Query(query): Query<ChangeOfPart>,
) -> Result<NoContent> {
    super::change(&app, &scope, (id, query.part as usize), comment, (CommentChange::Delete, query.at_cost)).await?;
    Ok(NoContent)
}
