//! The shapes of records and inputs that this network knows: field by field, with the limits of Bluesky's lexicons.

use Shape::{Any, Blob, Bool, Int, List, OneOf, Ref, Text};

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Any text.
    Free,
    /// A date and time.
    DateTime,
    /// An AT-URI.
    AtUri,
    /// A content id.
    Cid,
    /// A DID.
    Did,
    /// A handle.
    Handle,
    /// A handle or DID.
    AtIdentifier,
    /// A collection's or method's name.
    Nsid,
    /// A record key.
    RecordKey,
    /// A language tag.
    Language,
    /// An absolute URI.
    Uri,
}

/// What a value must look like.
#[derive(Debug)]
pub enum Shape {
    /// A text with limits in bytes and graphemes (0 is no limit).
    Text {
        /// At most this many bytes of UTF-8.
        bytes: usize,
        /// At most this many extended grapheme clusters.
        graphemes: usize,
        /// How it is written.
        format: Format,
    },
    /// A text or null.
    TextOrNull(Format),
    /// A whole number of at least this.
    Int(i64),
    /// Yes or no.
    Bool,
    /// An uploaded file of one of these types, of at most so many bytes.
    Blob(&'static [&'static str], u64),
    /// At most so many of one shape (0 is no limit).
    List(&'static Shape, usize),
    /// An object of a known name.
    Ref(&'static str),
    /// An object whose `$type` says which of these it is.
    OneOf(&'static [&'static str]),
    /// Any object.
    Any,
}

/// One field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it must look like.
    pub shape: Shape,
}

/// What the record key of a collection must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A timestamp id.
    Tid,
    /// The one word `self`.
    Own,
}

/// The collections with a known lexicon.
pub fn key_kind(collection: &str) -> Option<KeyKind> {
    match collection {
        POST | THREADGATE | POSTGATE | LIKE | REPOST | FOLLOW => Some(KeyKind::Tid),
        PROFILE => Some(KeyKind::Own),
        _ => None,
    }
}

/// Posts.
pub const POST: &str = "app.bsky.feed.post";
/// Who may reply.
pub const THREADGATE: &str = "app.bsky.feed.threadgate";
/// Who may quote.
pub const POSTGATE: &str = "app.bsky.feed.postgate";
/// Likes.
pub const LIKE: &str = "app.bsky.feed.like";
/// Reposts.
pub const REPOST: &str = "app.bsky.feed.repost";
/// Follows.
pub const FOLLOW: &str = "app.bsky.graph.follow";
/// The profile.
pub const PROFILE: &str = "app.bsky.actor.profile";

const IMAGE_BYTES: u64 = 2_000_000;
const THUMB_BYTES: u64 = 1_000_000;
const VIDEO_BYTES: u64 = 300_000_000;
const CAPTION_BYTES: u64 = 20_000;

const fn need(name: &'static str, shape: Shape) -> Field {
    Field { name, required: true, shape }
}
const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, required: false, shape }
}
const fn text(bytes: usize, graphemes: usize) -> Shape {
    Text { bytes, graphemes, format: Format::Free }
}
const fn of(format: Format) -> Shape {
    Text { bytes: 0, graphemes: 0, format }
}

const STRONG_REF: &str = "com.atproto.repo.strongRef";
const SELF_LABELS: &str = "com.atproto.label.defs#selfLabels";
const ASPECT: &str = "app.bsky.embed.defs#aspectRatio";
const EMBED_IMAGES: &str = "app.bsky.embed.images";
const EMBED_GALLERY: &str = "app.bsky.embed.gallery";
const EMBED_VIDEO: &str = "app.bsky.embed.video";
const EMBED_EXTERNAL: &str = "app.bsky.embed.external";
const EMBED_RECORD: &str = "app.bsky.embed.record";
const EMBED_BOTH: &str = "app.bsky.embed.recordWithMedia";

static POST_FIELDS: [Field; 9] = [
    need("text", text(3000, 300)),
    need("createdAt", of(Format::DateTime)),
    may("facets", List(&Ref("app.bsky.richtext.facet"), 0)),
    may("reply", Ref("app.bsky.feed.post#replyRef")),
    may("embed", OneOf(&[EMBED_IMAGES, EMBED_VIDEO, EMBED_GALLERY, EMBED_EXTERNAL, EMBED_RECORD, EMBED_BOTH])),
    may("langs", List(&of(Format::Language), 3)),
    may("labels", OneOf(&[SELF_LABELS])),
    may("tags", List(&text(640, 64), 8)),
    // The old way to mark mentions and links; only its absence is known to work today.
    may("entities", List(&Ref("app.bsky.feed.post#entity"), 0)),
];

static THREADGATE_FIELDS: [Field; 4] = [
    need("post", of(Format::AtUri)),
    need("createdAt", of(Format::DateTime)),
    may(
        "allow",
        List(
            &OneOf(&[
                "app.bsky.feed.threadgate#mentionRule",
                "app.bsky.feed.threadgate#followerRule",
                "app.bsky.feed.threadgate#followingRule",
                "app.bsky.feed.threadgate#listRule",
            ]),
            5,
        ),
    ),
    may("hiddenReplies", List(&of(Format::AtUri), 300)),
];

static POSTGATE_FIELDS: [Field; 4] = [
    need("post", of(Format::AtUri)),
    need("createdAt", of(Format::DateTime)),
    may("detachedEmbeddingUris", List(&of(Format::AtUri), 50)),
    may("embeddingRules", List(&OneOf(&["app.bsky.feed.postgate#disableRule"]), 5)),
];

static SUBJECT_FIELDS: [Field; 3] =
    [need("subject", Ref(STRONG_REF)), need("createdAt", of(Format::DateTime)), may("via", Ref(STRONG_REF))];

static FOLLOW_FIELDS: [Field; 3] =
    [need("subject", of(Format::Did)), need("createdAt", of(Format::DateTime)), may("via", Ref(STRONG_REF))];

static PROFILE_FIELDS: [Field; 10] = [
    may("displayName", text(640, 64)),
    may("description", text(2560, 256)),
    may("pronouns", text(200, 20)),
    may("website", of(Format::Uri)),
    may("avatar", Blob(&["image/png", "image/jpeg"], THUMB_BYTES)),
    may("banner", Blob(&["image/png", "image/jpeg"], THUMB_BYTES)),
    may("labels", OneOf(&[SELF_LABELS])),
    may("joinedViaStarterPack", Ref(STRONG_REF)),
    may("pinnedPost", Ref(STRONG_REF)),
    may("createdAt", of(Format::DateTime)),
];

static REPLY_FIELDS: [Field; 2] = [need("root", Ref(STRONG_REF)), need("parent", Ref(STRONG_REF))];
static ENTITY_FIELDS: [Field; 3] =
    [need("index", Ref("app.bsky.feed.post#textSlice")), need("type", text(0, 0)), need("value", text(0, 0))];
static SLICE_FIELDS: [Field; 2] = [need("start", Int(0)), need("end", Int(0))];
static REF_FIELDS: [Field; 2] = [need("uri", of(Format::AtUri)), need("cid", of(Format::Cid))];
static LABELS_FIELDS: [Field; 1] = [need("values", List(&Ref("com.atproto.label.defs#selfLabel"), 10))];
static LABEL_FIELDS: [Field; 1] = [need("val", text(128, 0))];
static ASPECT_FIELDS: [Field; 2] = [need("width", Int(1)), need("height", Int(1))];
static LIST_RULE_FIELDS: [Field; 1] = [need("list", of(Format::AtUri))];

static FACET_FIELDS: [Field; 2] = [
    need("index", Ref("app.bsky.richtext.facet#byteSlice")),
    need(
        "features",
        List(
            &OneOf(&["app.bsky.richtext.facet#mention", "app.bsky.richtext.facet#link", "app.bsky.richtext.facet#tag"]),
            0,
        ),
    ),
];
static BYTES_FIELDS: [Field; 2] = [need("byteStart", Int(0)), need("byteEnd", Int(0))];
static MENTION_FIELDS: [Field; 1] = [need("did", of(Format::Did))];
static LINK_FIELDS: [Field; 1] = [need("uri", of(Format::Uri))];
static TAG_FIELDS: [Field; 1] = [need("tag", text(640, 64))];

static IMAGES_FIELDS: [Field; 1] = [need("images", List(&Ref("app.bsky.embed.images#image"), 4))];
static IMAGE_FIELDS: [Field; 3] =
    [need("image", Blob(&["image/*"], IMAGE_BYTES)), need("alt", text(0, 0)), may("aspectRatio", Ref(ASPECT))];
static GALLERY_FIELDS: [Field; 1] = [need("items", List(&OneOf(&["app.bsky.embed.gallery#image"]), 20))];
static GALLERY_IMAGE_FIELDS: [Field; 3] =
    [need("image", Blob(&["image/*"], IMAGE_BYTES)), need("alt", text(0, 0)), need("aspectRatio", Ref(ASPECT))];
static VIDEO_FIELDS: [Field; 5] = [
    need("video", Blob(&["video/mp4"], VIDEO_BYTES)),
    may("captions", List(&Ref("app.bsky.embed.video#caption"), 20)),
    may("alt", text(0, 0)),
    may("aspectRatio", Ref(ASPECT)),
    may("presentation", text(0, 0)),
];
static CAPTION_FIELDS: [Field; 2] =
    [need("lang", of(Format::Language)), need("file", Blob(&["text/vtt"], CAPTION_BYTES))];
static EXTERNAL_FIELDS: [Field; 1] = [need("external", Ref("app.bsky.embed.external#external"))];
static CARD_FIELDS: [Field; 5] = [
    need("uri", of(Format::Uri)),
    need("title", text(0, 0)),
    need("description", text(0, 0)),
    may("thumb", Blob(&["image/*"], THUMB_BYTES)),
    may("associatedRefs", List(&Ref(STRONG_REF), 0)),
];
static QUOTE_FIELDS: [Field; 1] = [need("record", Ref(STRONG_REF))];
static BOTH_FIELDS: [Field; 2] = [
    need("record", Ref(EMBED_RECORD)),
    need("media", OneOf(&[EMBED_IMAGES, EMBED_VIDEO, EMBED_GALLERY, EMBED_EXTERNAL])),
];

/// The fields of an object by its name; `None` for a name that is not known here.
pub fn object(name: &str) -> Option<&'static [Field]> {
    Some(match name {
        POST => &POST_FIELDS,
        THREADGATE => &THREADGATE_FIELDS,
        POSTGATE => &POSTGATE_FIELDS,
        LIKE | REPOST => &SUBJECT_FIELDS,
        FOLLOW => &FOLLOW_FIELDS,
        PROFILE => &PROFILE_FIELDS,
        "app.bsky.feed.post#replyRef" => &REPLY_FIELDS,
        "app.bsky.feed.post#entity" => &ENTITY_FIELDS,
        "app.bsky.feed.post#textSlice" => &SLICE_FIELDS,
        "app.bsky.feed.threadgate#mentionRule"
        | "app.bsky.feed.threadgate#followerRule"
        | "app.bsky.feed.threadgate#followingRule"
        | "app.bsky.feed.postgate#disableRule" => &[],
        "app.bsky.feed.threadgate#listRule" => &LIST_RULE_FIELDS,
        STRONG_REF => &REF_FIELDS,
        SELF_LABELS => &LABELS_FIELDS,
        "com.atproto.label.defs#selfLabel" => &LABEL_FIELDS,
        ASPECT => &ASPECT_FIELDS,
        "app.bsky.richtext.facet" => &FACET_FIELDS,
        "app.bsky.richtext.facet#byteSlice" => &BYTES_FIELDS,
        "app.bsky.richtext.facet#mention" => &MENTION_FIELDS,
        "app.bsky.richtext.facet#link" => &LINK_FIELDS,
        "app.bsky.richtext.facet#tag" => &TAG_FIELDS,
        EMBED_IMAGES => &IMAGES_FIELDS,
        "app.bsky.embed.images#image" => &IMAGE_FIELDS,
        EMBED_GALLERY => &GALLERY_FIELDS,
        "app.bsky.embed.gallery#image" => &GALLERY_IMAGE_FIELDS,
        EMBED_VIDEO => &VIDEO_FIELDS,
        "app.bsky.embed.video#caption" => &CAPTION_FIELDS,
        EMBED_EXTERNAL => &EXTERNAL_FIELDS,
        "app.bsky.embed.external#external" => &CARD_FIELDS,
        EMBED_RECORD => &QUOTE_FIELDS,
        EMBED_BOTH => &BOTH_FIELDS,
        _ => return input(name),
    })
}

static PUT_FIELDS: [Field; 7] = [
    need("repo", of(Format::AtIdentifier)),
    need("collection", of(Format::Nsid)),
    need("rkey", of(Format::RecordKey)),
    need("record", Any),
    may("validate", Bool),
    may("swapRecord", Shape::TextOrNull(Format::Cid)),
    may("swapCommit", of(Format::Cid)),
];
static CREATE_FIELDS: [Field; 6] = [
    need("repo", of(Format::AtIdentifier)),
    need("collection", of(Format::Nsid)),
    may("rkey", of(Format::RecordKey)),
    need("record", Any),
    may("validate", Bool),
    may("swapCommit", of(Format::Cid)),
];
static DELETE_FIELDS: [Field; 5] = [
    need("repo", of(Format::AtIdentifier)),
    need("collection", of(Format::Nsid)),
    need("rkey", of(Format::RecordKey)),
    may("swapRecord", of(Format::Cid)),
    may("swapCommit", of(Format::Cid)),
];
static APPLY_FIELDS: [Field; 4] = [
    need("repo", of(Format::AtIdentifier)),
    need(
        "writes",
        List(
            &OneOf(&[
                "com.atproto.repo.applyWrites#create",
                "com.atproto.repo.applyWrites#update",
                "com.atproto.repo.applyWrites#delete",
            ]),
            0,
        ),
    ),
    may("validate", Bool),
    may("swapCommit", of(Format::Cid)),
];
static APPLY_CREATE_FIELDS: [Field; 3] =
    [need("collection", of(Format::Nsid)), may("rkey", of(Format::RecordKey)), need("value", Any)];
static APPLY_UPDATE_FIELDS: [Field; 3] =
    [need("collection", of(Format::Nsid)), need("rkey", of(Format::RecordKey)), need("value", Any)];
static APPLY_DELETE_FIELDS: [Field; 2] = [need("collection", of(Format::Nsid)), need("rkey", of(Format::RecordKey))];
static SESSION_FIELDS: [Field; 4] = [
    need("identifier", text(0, 0)),
    need("password", text(0, 0)),
    may("authFactorToken", text(0, 0)),
    may("allowTakendown", Bool),
];
static ACCOUNT_FIELDS: [Field; 9] = [
    need("handle", of(Format::Handle)),
    may("email", text(0, 0)),
    may("did", of(Format::Did)),
    may("inviteCode", text(0, 0)),
    may("verificationCode", text(0, 0)),
    may("verificationPhone", text(0, 0)),
    may("password", text(0, 0)),
    may("recoveryKey", text(0, 0)),
    may("plcOp", Any),
];
static APP_PASSWORD_FIELDS: [Field; 2] = [need("name", text(0, 0)), may("privileged", Bool)];
static SEEN_FIELDS: [Field; 1] = [need("seenAt", of(Format::DateTime))];

fn input(name: &str) -> Option<&'static [Field]> {
    Some(match name {
        "com.atproto.repo.putRecord" => &PUT_FIELDS,
        "com.atproto.repo.createRecord" => &CREATE_FIELDS,
        "com.atproto.repo.deleteRecord" => &DELETE_FIELDS,
        "com.atproto.repo.applyWrites" => &APPLY_FIELDS,
        "com.atproto.repo.applyWrites#create" => &APPLY_CREATE_FIELDS,
        "com.atproto.repo.applyWrites#update" => &APPLY_UPDATE_FIELDS,
        "com.atproto.repo.applyWrites#delete" => &APPLY_DELETE_FIELDS,
        "com.atproto.server.createSession" => &SESSION_FIELDS,
        "com.atproto.server.createAccount" => &ACCOUNT_FIELDS,
        "com.atproto.server.createAppPassword" => &APP_PASSWORD_FIELDS,
        "app.bsky.notification.updateSeen" => &SEEN_FIELDS,
        _ => return None,
    })
}
