//! The names of what a channel cannot take: a closed list, so that users of the API can act on each of them.
//!
//! One fault has one name on every platform. A name never changes its meaning; a new one is added here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// There is no part.
    PartsMissing,
    /// The thread has more parts than the channel takes.
    PartsTooMany,
    /// The first part is a comment.
    CommentFirst,
    /// A part of a thread that becomes a comment.
    PartBecomesComment,
    /// A part says nothing.
    TextMissing,
    /// The text is longer than the channel takes, in its own unit.
    TextTooLong,
    /// The text has more bytes than the channel takes.
    TextTooManyBytes,
    /// The text is too long if the platform reads it in another way than Fanfare does.
    TextMayBeTooLong,
    /// A text that is not published.
    TextLeftOut,
    /// An earlier part has the same text.
    TextRepeated,
    /// The text has a character that the platform refuses.
    CharacterRefused,
    /// A name in the text becomes a link.
    NameBecomesLink,
    /// Long links are shown shorter.
    LinksShortened,
    /// More links than the platform takes.
    LinksTooMany,
    /// A hashtag is too long to be one.
    HashtagTooLong,
    /// More cashtags than the platform takes.
    CashtagsTooMany,
    /// Files that do not go together in one part.
    MediaMixed,
    /// More files in a part than the channel takes.
    MediaTooMany,
    /// More images in a part than the channel takes.
    ImagesTooMany,
    /// More videos in a part than the channel takes.
    VideosTooMany,
    /// The platform fetches files from this installation, and can't reach it, or perhaps can't.
    FilesUnreachable,
    /// A file of a type that the channel does not take.
    MediaType,
    /// A file with more bytes than the channel takes.
    MediaTooLarge,
    /// A file with more bytes than the account's server takes.
    FileTooLargeForServer,
    /// A video with more bytes than the account's server takes, unless the platform makes it smaller.
    VideoMayBeTooLargeForServer,
    /// An image whose longest side has too many pixels.
    MediaSide,
    /// An image with too many pixels in all.
    MediaTooManyPixels,
    /// A file that is not there, or cannot be made to fit.
    MediaUnusable,
    /// A video that is too long.
    VideoTooLong,
    /// A video that may be too long.
    VideoPerhapsTooLong,
    /// A video that is too short.
    VideoTooShort,
    /// A video with too few pixels.
    VideoTooSmall,
    /// A video whose sides have a ratio that the platform does not take.
    VideoRatio,
    /// A video in a form that not everyone can play.
    VideoCodec,
    /// An animated GIF that stands still.
    GifNotAnimated,
    /// An animation of which only the first frame is shown.
    AnimationStill,
    /// The text for people who cannot see a file is missing.
    AltMissing,
    /// The text for people who cannot see a file is too long.
    AltTooLong,
    /// The text for people who cannot see a file is not published.
    AltLeftOut,
    /// The platform has no polls.
    PollUnsupported,
    /// Too few or too many options in a poll.
    PollOptions,
    /// An option of a poll that is empty or too long.
    PollOptionLength,
    /// Two options of a poll with the same text.
    PollOptionText,
    /// A poll that is open too briefly or too long.
    PollDuration,
    /// A poll with several choices where only one is possible.
    PollMultiple,
    /// A poll beside files.
    PollWithMedia,
    /// The channel cannot quote.
    QuoteUnsupported,
    /// The quoted post's address is none.
    QuoteAddress,
    /// The platform may refuse the quote.
    QuoteMayBeRefused,
    /// A quote beside files or a poll.
    QuoteWithMedia,
    /// The choice of who may quote has no effect.
    QuotePolicyIgnored,
    /// Files, a poll and a quote exclude each other.
    MediaPollQuoteExclusive,
    /// The options cannot be read.
    OptionsInvalid,
    /// A language that is none.
    LanguageInvalid,
    /// A language that the platform knows under a wider name.
    LanguageWidened,
    /// A language that the platform does not know.
    LanguageUnknown,
    /// More languages than the platform takes.
    LanguagesTooMany,
    /// More hidden hashtags than the platform takes.
    TagsTooMany,
    /// A hidden hashtag that is none.
    TagInvalid,
    /// A hidden hashtag that is too long.
    TagTooLong,
    /// Hidden hashtags are added to the first part only.
    TagsOnFirstPart,
    /// Choices about who may reply that contradict each other.
    RepliesContradict,
    /// More rules about who may reply than the platform takes.
    ReplyRulesTooMany,
    /// A list of people whose address is none.
    ListInvalid,
    /// A link card whose address is none.
    LinkCardAddress,
    /// A link card without a title.
    LinkCardTitle,
    /// A link card that is not shown beside files.
    LinkCardLeftOut,
    /// A link card that cannot be made.
    LinkCardMissing,
    /// A link card whose picture cannot be had.
    LinkCardWithoutPicture,
    /// A picture whose sides have a ratio that the platform does not take.
    ImageRatio,
    /// The text attached to a post is too long.
    TextAttachmentTooLong,
    /// A text attached to a post that has files or a poll.
    TextAttachmentWithMedia,
    /// A post that vanishes and has more than one text.
    GhostPostExclusive,
    /// More hidden passages than the platform takes.
    SpoilersTooMany,
    /// A passage that is to be hidden is not in the text.
    SpoilerNotFound,
    /// A passage may be hidden in another place than meant.
    SpoilerUncertain,
    /// A community that is none.
    CommunityInvalid,
    /// A choice that needs a community.
    CommunityMissing,
    /// A label about media on a post without any.
    MadeWithAiWithoutMedia,
    /// Only mentioned people would see it, and no one is mentioned.
    DirectWithoutMention,
    /// A content warning that becomes the text.
    WarningBecomesText,
    /// Later parts are seen by more people than the first.
    ThreadWiderThanFirst,
    /// The channel has the same text near that time.
    SameText,
    /// A recurring post comes back sooner than the platform takes the same text again.
    RepeatsTooOften,
    /// The channel's login has no permission for it, or the person behind it has no right to it.
    PermissionMissing,
    /// This installation cannot publish to the platform.
    PlatformMissing,
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn a_rule_is_written_as_it_is_sent() {
        assert_eq!(Rule::TextTooLong.to_string(), "text_too_long");
        assert_eq!(serde_json::to_value(Rule::TextTooLong).expect("JSON"), "text_too_long");
    }
}
