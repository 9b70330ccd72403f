//! `/v1/posts`.

use axum::extract::State;
use base::{
    Page, Problem, Timestamp,
    ids::{ChannelId, PostId, PublicationId, VariantId},
    say,
};
use connector::Issue;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Change, Content, Judgement, MediaRef, NewPost, PartContent, Planned, PostState, Review, Reviewing, Sort, Summary,
    Target, Times, Wanted, When, Whole, reading::in_utf16, series::http::SeriesBody,
};
use crate::{
    App,
    http::{
        Created, IfMatch, Json, May, NoContent, Path, ProblemBody, Query, Result, Revised, Revision, Tagged,
        rights::{PostsPublish, PostsRead, PostsWrite},
    },
    publishing::{State as PublicationState, http::PublicationBody},
    schedule::{Repeat, times},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, create))
        .routes(routes!(validate))
        .routes(routes!(read))
        .routes(routes!(counts))
        .routes(routes!(get, change, delete))
        .routes(routes!(schedule))
        .routes(routes!(restore))
        .merge(super::review::http::router())
        .merge(super::series::http::router())
}

/// When a post is published. Give exactly one of `now`, `at`, `local` with `zone`, or `next_slot`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Schedule {
    /// At once.
    #[serde(default)]
    now: bool,
    /// At an instant, RFC 3339.
    #[serde(default)]
    at: Option<Timestamp>,
    /// At a local time such as `2030-01-31T09:30`; goes with `zone`.
    #[serde(default)]
    local: Option<String>,
    /// An IANA zone such as `Europe/Amsterdam`.
    #[serde(default)]
    zone: Option<String>,
    /// In the next free queue slot of each channel.
    #[serde(default)]
    next_slot: bool,
}

impl Schedule {
    pub(super) fn when(&self, pointer: &str) -> std::result::Result<When, Problem> {
        let chosen =
            [self.now, self.at.is_some(), self.local.is_some(), self.next_slot].iter().filter(|given| **given).count();
        if chosen != 1 {
            return Err(Problem::field(
                pointer,
                say!("give exactly one of `now`, `at`, `local` (with `zone`) and `next_slot`"),
            ));
        }
        if self.zone.is_some() != self.local.is_some() {
            return Err(Problem::field(format!("{pointer}/zone"), say!("`local` and `zone` go together")));
        }
        Ok(match (self.at, &self.local, &self.zone) {
            (Some(at), _, _) => When::At(at),
            (_, Some(local), Some(zone)) => {
                times::zone(zone)?;
                When::Local { local: times::local(local)?, zone: zone.clone() }
            }
            _ if self.now => When::Now,
            _ => When::NextSlot,
        })
    }
}

/// The variant for one channel.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelTarget {
    /// The channel.
    channel: ChannelId,
    /// Its own parts, instead of the post's.
    #[serde(default)]
    parts: Option<Vec<PartContent>>,
    /// The platform's options; `GET /v1/platforms` has their schema.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    options: Value,
    /// Its own time.
    #[serde(default)]
    schedule: Option<Schedule>,
}

/// A post to be made, or to be judged.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePost {
    /// The text of a post in one part. Give `text` (and `media`) or `parts`.
    #[serde(default)]
    text: Option<String>,
    /// Files of a post in one part.
    #[serde(default)]
    media: Vec<MediaRef>,
    /// The parts of a thread, or of a post with first comments.
    #[serde(default)]
    parts: Vec<PartContent>,
    /// Where it goes.
    #[serde(default)]
    channels: Vec<ChannelTarget>,
    /// When it is published; omit it to save a draft.
    #[serde(default)]
    schedule: Option<Schedule>,
    /// How it recurs; goes with a local time.
    #[serde(default)]
    repeat: Option<Repeat>,
    /// The intended time of a draft: `at`, or `local` with `zone`. It schedules nothing.
    #[serde(default)]
    planned: Option<Schedule>,
}

impl CreatePost {
    fn read(self) -> std::result::Result<NewPost, Problem> {
        let parts = match (self.text, self.parts) {
            (None, parts) if self.media.is_empty() => parts,
            (text, parts) if parts.is_empty() => {
                vec![PartContent { text: text.unwrap_or_default(), media: self.media, ..PartContent::default() }]
            }
            _ => return Err(Problem::field("/text", say!("give `text` and `media`, or `parts`, not both"))),
        };
        Ok(NewPost {
            parts,
            targets: targets(self.channels)?,
            when: self.schedule.map(|schedule| schedule.when("/schedule")).transpose()?,
            repeat: self.repeat,
            planned: self.planned.map(|schedule| schedule.when("/planned")).transpose()?,
        })
    }
}

fn targets(channels: Vec<ChannelTarget>) -> std::result::Result<Vec<Target>, Problem> {
    let read = |(place, target): (usize, ChannelTarget)| {
        let when = target.schedule.map(|schedule| schedule.when(&format!("/channels/{place}/schedule"))).transpose()?;
        Ok(Target { channel: Some(target.channel), parts: target.parts, options: target.options, when })
    };
    channels.into_iter().enumerate().map(read).collect()
}

/// A post with its variants and publications.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostBody {
    /// Its id.
    id: PostId,
    /// Grows with each change; the number in its `ETag`.
    revision: i64,
    /// Its state, derived from its publications and its review.
    state: PostState,
    /// On how many channels it is live, and how much needs attention.
    standing: StandingBody,
    /// Parts shared by variants without their own.
    parts: Vec<PartContent>,
    /// Its forms.
    variants: Vec<VariantBody>,
    /// Its channels, times and options.
    publications: Vec<PublicationBody>,
    /// Who made it.
    made_by: String,
    /// When.
    made_at: Timestamp,
    /// When it was last changed.
    changed_at: Timestamp,
    /// The intended time of a draft. It schedules nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    planned: Option<PlannedBody>,
    /// Its review, if it was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<ReviewBody>,
    /// The rules by which it repeats, first made first; a post that was never repeated has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    series: Vec<SeriesBody>,
}

/// Where a post stands over all its channels: what lists, counts and pages show.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StandingBody {
    /// Channels that count: all except where it was unscheduled before anything was published.
    channels: usize,
    /// Channels on which all of it is live.
    live: usize,
    /// Publications that need attention.
    attention: usize,
    /// When it is published next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Timestamp>,
    /// When the first part of what is live now was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    live_since: Option<Timestamp>,
    /// Publications that were unscheduled and replaced by another on the same channel.
    replaced: Vec<PublicationId>,
}

impl StandingBody {
    fn of(whole: &Whole, Summary { channels, live, attention, .. }: Summary) -> Self {
        let at = |state: PublicationState| whole.publications.iter().filter(move |p| p.life.state == state);
        Self {
            channels,
            live,
            attention,
            next: at(PublicationState::Scheduled).map(|p| p.due_at).min(),
            live_since: at(PublicationState::Published).filter_map(|p| p.published_at).min(),
            replaced: whole.replaced().map(|p| p.id).collect(),
        }
    }
}

/// A draft's intended time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlannedBody {
    /// The instant.
    at: Timestamp,
    /// The local time as chosen; absent if an instant was.
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<String>,
    /// Its zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
}

/// A post's review.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewBody {
    /// Whose turn it is.
    stands: Reviewing,
    /// Who handed it in, or back.
    by: String,
    /// When.
    at: Timestamp,
    /// What they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A post's form for one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VariantBody {
    /// Its id.
    id: VariantId,
    /// The channel.
    channel: ChannelId,
    /// Whether it has its own content.
    own: bool,
    /// What it says.
    parts: Vec<PartContent>,
    /// The platform's options.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    options: Value,
}

impl From<Whole> for PostBody {
    fn from(whole: Whole) -> Self {
        let summary = whole.summary();
        let standing = StandingBody::of(&whole, summary);
        let Whole { post, variants, publications, series } = whole;
        let planned = post.planned.map(|Planned { at, local }| {
            let (local, zone) = local.unzip();
            PlannedBody { at, local, zone }
        });
        let review = post.review.map(|Review { stands, by, at, note }| ReviewBody { stands, by, at, note });
        let series = series.into_iter().map(|one| SeriesBody::of(one, &publications)).collect();
        let object = |options: Value| if options.is_object() { options } else { Value::Object(serde_json::Map::new()) };
        Self {
            id: post.id,
            revision: post.revision,
            state: summary.state,
            standing,
            parts: post.body.parts,
            variants: variants
                .into_iter()
                .map(|v| VariantBody {
                    id: v.id,
                    channel: v.channel,
                    own: v.own,
                    parts: v.content.parts,
                    options: object(v.content.options),
                })
                .collect(),
            publications: publications.into_iter().map(PublicationBody::from).collect(),
            made_by: post.made_by,
            made_at: post.made_at,
            changed_at: post.changed_at,
            planned,
            review,
            series,
        }
    }
}

pub(super) fn revised(whole: Whole) -> Revised<PostBody> {
    Revised(Revision(u64::try_from(whole.post.revision).unwrap_or(0)), whole.into())
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPosts {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 200.
    limit: Option<u32>,
    /// Only posts in this state; may be given several times.
    #[serde(default)]
    state: Vec<PostState>,
    /// Only posts that go to this channel.
    channel: Option<ChannelId>,
    /// Only posts with all of these words in their text, channel names or author's name. Ignores case and accents; parts of
    /// words match too. At most 200 characters.
    q: Option<String>,
    /// Only posts that need attention.
    #[serde(default)]
    attention: bool,
    /// The order. Default: next due first for only `scheduled` or `publishing`, last edited first for only `draft` or
    /// `in_review`, otherwise newest first.
    #[param(inline)]
    sort: Option<Sort>,
}

/// The posts of the workspace.
///
/// With a filter one request examines at most 10,000 posts, so a page can be short or empty but still have a `next_cursor`:
/// continue with it. Filters for drafts, posts in review, scheduled posts, failed posts or posts that need attention find all of
/// them, however old. With `sort=due` only scheduled posts and posts being published are listed.
#[utoipa::path(
    get, path = "/v1/posts", tag = "Posts", operation_id = "list_posts", params(ListPosts),
    responses((status = 200, body = Page<PostBody>)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn list(
    State(app): State<App>,
    scope: May<PostsRead>,
    Query(query): Query<ListPosts>,
) -> Result<Json<Page<PostBody>>> {
    let limit = crate::http::limit(query.limit)?;
    let wanted = Wanted {
        states: query.state.into_iter().collect(),
        channel: query.channel,
        attention: query.attention,
        sort: query.sort,
        words: Vec::new(),
    };
    let wanted = wanted.with_words(&query.q.unwrap_or_default())?;
    let after = query.cursor.map(|cursor| wanted.place(&cursor)).transpose()?;
    let page = super::find(&app, &scope, wanted, after, limit).await?;
    Ok(Json(Page { items: page.items.into_iter().map(PostBody::from).collect(), next_cursor: page.next_cursor }))
}

/// How many posts there are in each state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PostCounts {
    /// Nothing is scheduled.
    draft: u64,
    /// In review.
    in_review: u64,
    /// Waiting for their time.
    scheduled: u64,
    /// On their way.
    publishing: u64,
    /// Live.
    published: u64,
    /// Partly live, and nothing more happens automatically.
    partly_published: u64,
    /// A person has to decide or fix something.
    needs_you: u64,
    /// Nothing of them could be published.
    failed: u64,
    /// Called off.
    cancelled: u64,
    /// Deleted at every platform.
    deleted: u64,
    /// Of all these: those that need attention.
    attention: u64,
    /// Whether every post was looked at. If not, `scheduled`, `publishing`, `published`, `partly_published`, `cancelled` and
    /// `deleted` count among the newest 10,000; `draft` and `in_review` are right all the same, and `attention`, `needs_you` and
    /// `failed` up to 10,000 together.
    whole: bool,
}

/// How many posts there are in each state.
#[utoipa::path(
    get, path = "/v1/posts/counts", tag = "Posts", operation_id = "count_posts",
    responses((status = 200, body = PostCounts)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn counts(State(app): State<App>, scope: May<PostsRead>) -> Result<Json<PostCounts>> {
    let counts = super::counts(&app, &scope).await?;
    let of = |state: PostState| counts.of(state);
    Ok(Json(PostCounts {
        draft: of(PostState::Draft),
        in_review: of(PostState::InReview),
        scheduled: of(PostState::Scheduled),
        publishing: of(PostState::Publishing),
        published: of(PostState::Published),
        partly_published: of(PostState::PartlyPublished),
        needs_you: of(PostState::NeedsYou),
        failed: of(PostState::Failed),
        cancelled: of(PostState::Cancelled),
        deleted: of(PostState::Deleted),
        attention: counts.attention,
        whole: counts.whole,
    }))
}

/// Makes a post. With a schedule it is judged by every channel first, and refused as a whole if one cannot take it.
#[utoipa::path(
    post, path = "/v1/posts", tag = "Posts", operation_id = "create_post", request_body = CreatePost,
    responses((status = 201, body = PostBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn create(
    State(app): State<App>,
    scope: May<PostsWrite>,
    Json(body): Json<CreatePost>,
) -> Result<(Tagged, Created<PostBody>)> {
    let new = body.read()?;
    let goes_out = new.when.is_some() || new.targets.iter().any(|target| target.when.is_some());
    if goes_out {
        scope.require(base::Permission::PostsPublish)?;
    }
    let whole = super::create(&app, &scope, new).await?;
    let tag = Tagged(Revision(u64::try_from(whole.post.revision).unwrap_or(0)));
    Ok((tag, Created { location: format!("/v1/posts/{}", whole.post.id), body: whole.into() }))
}

/// One channel's verdict on a post.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelVerdict {
    /// The channel.
    channel: ChannelId,
    /// Its name.
    channel_name: String,
    /// Its platform.
    platform: String,
    /// Whether it can take the post.
    ok: bool,
    /// Each part's length, counted as the platform counts.
    lengths: Vec<u32>,
    /// Errors and warnings.
    issues: Vec<Issue>,
    /// The cards of links, as their pages are now; where the platform makes them itself there are none.
    cards: Vec<LinkCard>,
}

/// The card of a link under a part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkCard {
    /// The part, counted from 0.
    part: usize,
    /// The page, its title and its description.
    card: connector::Card,
    /// The address of its picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

impl From<Judgement> for ChannelVerdict {
    fn from(judgement: Judgement) -> Self {
        let ok = judgement.issues.iter().all(|issue| issue.severity != connector::Severity::Error);
        Self {
            channel: judgement.channel.id,
            channel_name: judgement.channel.name,
            platform: judgement.channel.platform,
            ok,
            lengths: judgement.lengths,
            issues: judgement.issues,
            cards: (judgement.cards.into_iter())
                .filter_map(|(part, now)| Some(LinkCard { part, card: now.card?, picture: now.picture }))
                .collect(),
        }
    }
}

/// Each channel's verdict.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidationBody {
    /// Whether every channel can take it.
    ok: bool,
    /// One for each channel, in the order of the request.
    channels: Vec<ChannelVerdict>,
}

/// Which post is judged, if it is stored.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Judged {
    /// The stored post being edited, so that it isn't reported as a duplicate of itself.
    post: Option<PostId>,
}

/// Judges a post without storing or sending anything. It warns too, for example if a channel says the same around that time.
#[utoipa::path(
    post, path = "/v1/posts/validate", tag = "Posts", operation_id = "validate_post", params(Judged),
    request_body = CreatePost,
    responses((status = 200, body = ValidationBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn validate(
    State(app): State<App>,
    scope: May<PostsRead>,
    Query(judged): Query<Judged>,
    Json(body): Json<CreatePost>,
) -> Result<Json<ValidationBody>> {
    let verdicts = super::validate(&app, &scope, &body.read()?, judged.post).await?;
    let channels: Vec<ChannelVerdict> = verdicts.into_iter().map(ChannelVerdict::from).collect();
    Ok(Json(ValidationBody { ok: channels.iter().all(|verdict| verdict.ok), channels }))
}

/// Texts while they are being written: parts may be empty, and their files are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadTexts {
    /// Parts for channels without their own.
    #[serde(default)]
    parts: Vec<PartContent>,
    /// Whose platforms read them.
    channels: Vec<ReadChannel>,
}

/// A channel that reads.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadChannel {
    /// The channel.
    channel: ChannelId,
    /// Its own parts.
    #[serde(default)]
    parts: Option<Vec<PartContent>>,
    /// The platform's options.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    options: Value,
}

/// How one channel's platform reads the texts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelReading {
    /// The channel.
    channel: ChannelId,
    /// One for each part, in order.
    parts: Vec<PartReading>,
}

/// How a platform reads a part's text. The same reading is used to check and to send the post.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartReading {
    /// The length, counted as the platform counts.
    length: u32,
    /// The longest it may be.
    limit: u32,
    /// Where the text begins to be too long, in UTF-16 code units; absent if it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    fits: Option<usize>,
    /// Links, mentions and tags, in order.
    spans: Vec<TextSpan>,
    /// The link whose page is shown as a card under the text, if the part has no files.
    #[serde(skip_serializing_if = "Option::is_none")]
    card: Option<connector::Card>,
    /// The languages that the part is marked with.
    languages: Vec<String>,
    /// Whether readers see nothing of the text, because this kind of post has none; absent if they do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    left_out: bool,
    /// What gets lost or is published differently.
    notes: Vec<Issue>,
}

/// A piece of a text that means something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextSpan {
    /// Where it begins in the text, in UTF-16 code units, as JavaScript counts.
    start: usize,
    /// Where it ends, in the same units.
    end: usize,
    /// What it is.
    kind: connector::SpanKind,
    /// Where it leads: the whole address of a link, the handle of a mention without its @, a tag without its #.
    target: String,
    /// What readers see instead, if it differs from the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
}

impl PartReading {
    fn of(text: &str, super::Read { reading, fits }: super::Read) -> Self {
        let places = reading.spans.iter().flat_map(|span| [span.range.start, span.range.end]);
        let places = in_utf16(text, places);
        let span = |(span, place): (connector::Span, &[usize])| TextSpan {
            start: place[0],
            end: place[1],
            kind: span.kind,
            target: span.target,
            shown: span.shown,
        };
        Self {
            length: reading.length,
            limit: reading.limit,
            fits: fits.map(|end| text[..end].encode_utf16().count()),
            spans: reading.spans.into_iter().zip(places.chunks(2)).map(span).collect(),
            card: reading.card,
            languages: reading.languages,
            left_out: reading.left_out,
            notes: reading.notes,
        }
    }
}

/// How each channel reads the texts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadingsBody {
    /// One for each channel, in the order of the request.
    channels: Vec<ChannelReading>,
}

/// Reads texts as their platforms read them: length, links, mentions, tags, language, and what gets lost.
///
/// Quick enough to be asked at every key press; `POST /v1/posts/validate` judges the whole post with its files.
#[utoipa::path(
    post, path = "/v1/posts/read", tag = "Posts", operation_id = "read_texts", request_body = ReadTexts,
    responses((status = 200, body = ReadingsBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn read(
    State(app): State<App>,
    scope: May<PostsRead>,
    Json(body): Json<ReadTexts>,
) -> Result<Json<ReadingsBody>> {
    let shared = body.parts;
    let texts = |one: ReadChannel| super::Texts {
        channel: one.channel,
        content: Content { parts: one.parts.unwrap_or_else(|| shared.clone()), options: one.options },
    };
    let wanted = body.channels.into_iter().map(texts).collect();
    let reading = |(texts, readings): (super::Texts, Vec<super::Read>)| ChannelReading {
        channel: texts.channel,
        parts: (texts.content.parts.iter().zip(readings))
            .map(|(part, reading)| PartReading::of(&part.text, reading))
            .collect(),
    };
    Ok(Json(ReadingsBody { channels: super::read(&app, &scope, wanted).await?.into_iter().map(reading).collect() }))
}

/// One post.
#[utoipa::path(
    get, path = "/v1/posts/{post}", tag = "Posts", operation_id = "get_post", params(("post" = PostId, Path)),
    responses((status = 200, body = PostBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn get(State(app): State<App>, scope: May<PostsRead>, Path(id): Path<PostId>) -> Result<Revised<PostBody>> {
    Ok(revised(super::get(&app, &scope, id).await?))
}

/// The changes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostPatch {
    /// New parts for variants without their own.
    #[serde(default)]
    parts: Option<Vec<PartContent>>,
    /// Changes to single variants: with `parts` a variant has its own content, without it follows the post again. A new
    /// channel is added. With `schedule` it gets its time there, which needs `posts:publish`.
    #[serde(default)]
    channels: Vec<ChannelTarget>,
    /// Channels to remove; scheduled publications there are unscheduled.
    #[serde(default)]
    remove_channels: Vec<ChannelId>,
    /// The intended time of a draft: `at`, or `local` with `zone`; null removes it. It schedules nothing.
    #[serde(default, deserialize_with = "crate::http::present")]
    planned: Option<Option<Schedule>>,
}

/// Changes a post's content and channels, all or nothing, unless a changed publication is being sent or live.
///
/// What is scheduled is changed only by who may publish: with `posts:write` alone this is refused with 403.
#[utoipa::path(
    patch, path = "/v1/posts/{post}", tag = "Posts", operation_id = "change_post",
    params(("post" = PostId, Path), ("If-Match" = String, Header, description = "The `ETag` that was read")),
    request_body = PostPatch,
    responses(
        (status = 200, body = PostBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 412, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn change(
    State(app): State<App>,
    scope: May<PostsWrite>,
    Path(id): Path<PostId>,
    revision: IfMatch,
    Json(body): Json<PostPatch>,
) -> Result<Revised<PostBody>> {
    let current = checked(&app, &scope, id, &revision).await?;
    let planned = body.planned.map(|given| given.map(|schedule| schedule.when("/planned")).transpose()).transpose()?;
    let change = Change { parts: body.parts, variants: targets(body.channels)?, remove: body.remove_channels, planned };
    Ok(revised(super::edit(&app, &scope, id, current, change).await?))
}

pub(super) async fn checked(app: &App, scope: &base::Scope, id: PostId, given: &IfMatch) -> Result<i64> {
    let now = super::get(app, scope, id).await?.post.revision;
    given.check(Revision(u64::try_from(now).unwrap_or(0)))?;
    Ok(now)
}

/// A time on one channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChannelSchedule {
    /// The channel.
    channel: ChannelId,
    /// When.
    schedule: Schedule,
}

/// A time for a post.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchedulePost {
    /// When. Give it, or `channels`, or both.
    #[serde(default)]
    schedule: Option<Schedule>,
    /// `schedule` is for this channel alone.
    #[serde(default)]
    channel: Option<ChannelId>,
    /// Channels with a time of their own.
    #[serde(default)]
    channels: Vec<ChannelSchedule>,
    /// How it recurs; goes with a local time.
    #[serde(default)]
    repeat: Option<Repeat>,
    /// Publish it a second time where it is live, or may be. Without this, such a request is refused. It needs the `ETag` of
    /// the post as it is now: `If-Match: *` is not enough.
    #[serde(default)]
    again: bool,
}

impl SchedulePost {
    fn read(self) -> std::result::Result<Times, Problem> {
        if self.schedule.is_none() && self.channels.is_empty() {
            return Err(Problem::field("/schedule", say!("say when: give `schedule`, or `channels` with a time each")));
        }
        let mut channels: Vec<(ChannelId, When)> = Vec::with_capacity(self.channels.len());
        for (place, one) in self.channels.into_iter().enumerate() {
            if channels.iter().any(|(id, _)| *id == one.channel) {
                return Err(Problem::field("/channels", say!("a channel is given twice")));
            }
            channels.push((one.channel, one.schedule.when(&format!("/channels/{place}/schedule"))?));
        }
        let when = self.schedule.map(|schedule| schedule.when("/schedule")).transpose()?;
        Ok(Times { when, only: self.channel, channels, repeat: self.repeat, again: self.again })
    }
}

/// Schedules a draft, or reschedules a post.
///
/// A post that is live on a channel, or being published there, is not scheduled there again unless the request says `again`.
#[utoipa::path(
    post, path = "/v1/posts/{post}/schedule", tag = "Posts", operation_id = "schedule_post",
    params(("post" = PostId, Path), ("If-Match" = String, Header, description = "The `ETag` that was read")),
    request_body = SchedulePost,
    responses(
        (status = 200, body = PostBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 412, body = ProblemBody), (status = 422, body = ProblemBody), (status = 428, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn schedule(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path(id): Path<PostId>,
    revision: IfMatch,
    Json(body): Json<SchedulePost>,
) -> Result<Revised<PostBody>> {
    let current = checked(&app, &scope, id, &revision).await?;
    if body.again && revision == IfMatch::Any {
        let detail =
            say!("Publishing a post again needs the `ETag` of the post as you have read it; `*` is not enough.");
        return Err(Problem::new(base::Code::RevisionMissing, detail).into());
    }
    Ok(revised(super::schedule(&app, &scope, id, current, body.read()?).await?))
}

/// Deletes a post in Fanfare: scheduled publications are unscheduled, published ones stay live. It can be restored for a day. Without `posts:publish` only one's own drafts.
#[utoipa::path(
    delete, path = "/v1/posts/{post}", tag = "Posts", operation_id = "delete_post", params(("post" = PostId, Path)),
    responses((status = 204), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn delete(State(app): State<App>, scope: May<PostsWrite>, Path(id): Path<PostId>) -> Result<NoContent> {
    super::delete(&app, &scope, id).await?;
    Ok(NoContent)
}

/// Restores a post that was deleted within the last day. What was scheduled is scheduled again, unless its time has passed. Without
/// `posts:publish` only one's own drafts.
#[utoipa::path(
    post, path = "/v1/posts/{post}/restore", tag = "Posts", operation_id = "restore_post", params(("post" = PostId, Path)),
    responses((status = 200, body = PostBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:write"))),
)]
async fn restore(State(app): State<App>, scope: May<PostsWrite>, Path(id): Path<PostId>) -> Result<Revised<PostBody>> {
    Ok(revised(super::restore(&app, &scope, id).await?))
}
