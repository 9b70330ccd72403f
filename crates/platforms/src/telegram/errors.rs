//! What Telegram's refusals mean. The Bot API has no codes besides the status, so that the words decide; the first row that
//! fits does.
//!
//! Source of the words: the open source server (tdlib/telegram-bot-api, tdlib/td) and python-telegram-bot. Missing rights are
//! 400 there, not 403, and a malformed token is 404 at api.telegram.org.

use std::time::Duration;

use base::{Text, say};
use connector::{Failure, FailureKind as K};

use super::ABOUT;
use crate::kit::judge::{Doubt, Judge, Row, Shape, Sign, Told, Waits, is_trouble};

/// What was asked for. The same words mean different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Whether a token that a person entered is one.
    Token,
    /// Whether there is such a chat as a person entered.
    Chat,
    /// Any other read.
    Read,
    /// The visible write.
    Send,
    /// A change of it.
    Edit,
    /// Its end.
    Delete,
}

const WRITES: &[Asked] = &[Asked::Send, Asked::Edit];

const NO_TOKEN: Text = say!(
    "Telegram doesn't know this bot token. In Telegram, open @BotFather, send /mybots, choose the bot, press API Token and copy it whole."
);
const TOKEN_ENDED: Text = say!(
    "Telegram no longer accepts the bot's token: it was revoked, or the bot was deleted. Get the token from @BotFather (/mybots) and connect the channel again with it."
);
/// How a bot gets into a chat.
pub const NOT_INSIDE: Text = say!(
    "The bot isn't in this chat. In Telegram, open the channel or group, then Administrators, Add admin, choose the bot and allow it to post messages."
);
pub const NO_RIGHT: Text = say!(
    "The bot may not post this in the chat. In Telegram, open the channel or group, then Administrators, choose the bot and allow it to post messages."
);
const NO_CHAT: Text = say!(
    "Telegram finds no such chat, or the bot isn't in it. Check the name. For a private channel, first add the bot as an administrator, then enter the address of any message there."
);

#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    // What only holds for now.
    Row::new(&[429], Sign::Any, K::RateLimited,
        say!("Telegram's rate limit for this chat is reached. Fanfare tries again when Telegram allows it."))
        .by_anyone(),
    Row::new(&[400], Sign::Words(&["group chat was upgraded", "chat was migrated"]), K::Unavailable,
        say!("The group has become a supergroup, which has another ID. Fanfare publishes there in a minute."))
        .for_now(Some(Duration::from_secs(60))),
    // The token.
    Row::new(&[401], Sign::Any, K::InputInvalid, NO_TOKEN).of(&[Asked::Token]),
    Row::new(&[401], Sign::Any, K::ReconnectNeeded, TOKEN_ENDED),
    Row::new(&[404], Sign::Words(&["method not found"]), K::BadAnswer,
        say!("Telegram doesn't know the method that Fanfare called. Tell the operator of this installation.")),
    Row::new(&[404], Sign::Any, K::InputInvalid, NO_TOKEN).of(&[Asked::Token]),
    Row::new(&[404], Sign::Any, K::ReconnectNeeded, TOKEN_ENDED),
    Row::new(&[421], Sign::Any, K::AppMisconfigured,
        say!("This server of the Bot API doesn't serve this bot. An operator must check the address that stands in for Telegram.")),
    // The chat.
    Row::new(&[403], Sign::Any, K::AccountBlocked, NOT_INSIDE),
    Row::new(&[400], Sign::Words(&["member list is inaccessible", "user_not_participant", "participant_id_invalid", "user not found"]), K::AccountBlocked, NOT_INSIDE)
        .of(&[Asked::Read, Asked::Chat]),
    Row::new(&[400], Sign::Words(&["chat not found", "chat_id is empty", "username_invalid", "username not found"]), K::InputInvalid, NO_CHAT)
        .of(&[Asked::Chat]),
    Row::new(&[400], Sign::Words(&["chat not found"]), K::RemoteNotFound, NO_CHAT).of(&[Asked::Read]),
    Row::new(&[400], Sign::Words(&["chat not found"]), K::AccountBlocked, NO_CHAT),
    Row::new(&[400], Sign::Words(&["not enough rights", "need administrator rights", "have no rights", "chat_write_forbidden", "chat_admin_required", "chat_restricted", "chat_send_", "topic_closed"]), K::ScopeMissing, NO_RIGHT),
    // A change, an end.
    Row::new(&[400], Sign::Words(&["message is not modified"]), K::Duplicate,
        say!("The message already says this.")).of(&[Asked::Edit]),
    Row::new(&[400], Sign::Words(&["message to edit not found", "message_id_invalid"]), K::RemoteNotFound,
        say!("The message is no longer on Telegram.")).of(&[Asked::Edit]),
    Row::new(&[400], Sign::Words(&["message to delete not found", "message_id_invalid"]), K::RemoteNotFound,
        say!("The message is no longer on Telegram.")).of(&[Asked::Delete]),
    Row::new(&[400], Sign::Words(&["message can't be deleted"]), K::ContentRefused,
        say!("Telegram lets bots delete a message only within 48 hours. Delete it in Telegram, as an administrator of the chat."))
        .of(&[Asked::Delete]),
    Row::new(&[400], Sign::Words(&["message can't be edited"]), K::ContentRefused,
        say!("Telegram doesn't let the bot change this message. Delete it and publish it again.")).of(&[Asked::Edit]),
    // The content.
    Row::new(&[400], Sign::Words(&["message to be replied not found", "message to reply not found", "replied message not found"]), K::RemoteNotFound,
        say!("The message that this part replies to is no longer on Telegram.")).of(WRITES),
    Row::new(&[400], Sign::Words(&["message is too long", "caption is too long", "media_caption_too_long"]), K::ContentRefused,
        say!("Telegram says the text is too long. Shorten it.")).of(WRITES),
    Row::new(&[400], Sign::Words(&["text is empty", "text must be non-empty"]), K::ContentRefused,
        say!("Telegram says the text is empty. Write one.")).of(WRITES),
    Row::new(&[400], Sign::Words(&["can't parse entities", "entity_", "entities"]), K::ContentRefused,
        say!("Telegram can't read the styles of the text. Remove the bold and hidden passages.")).of(WRITES),
    Row::new(&[413], Sign::Any, K::MediaRefused,
        say!("The file is larger than Telegram takes from a bot. Use a smaller one.")).of(WRITES).by_anyone(),
    Row::new(&[400], Sign::Words(&["poll"]), K::ContentRefused,
        say!("Telegram refused the poll. Its own words are in the technical log. Change the poll.")).of(WRITES),
    Row::new(&[400], Sign::Words(&[
        "photo", "image", "video", "file", "media", "album", "http url", "web page content", "failed to send message #",
    ]), K::MediaRefused,
        say!("Telegram refused a file. Its own words are in the technical log. Replace the file or convert it.")).of(WRITES),
    Row::new(&[400], Sign::Any, K::ContentRefused,
        say!("Telegram refused this message. Its own words are in the technical log. Change the post.")).of(WRITES),
    Row::new(&[409], Sign::Any, K::AppMisconfigured,
        say!("Another program uses this bot in a way that excludes Fanfare. Make a bot for Fanfare alone with @BotFather.")),
    Row::new(&[400], Sign::Any, K::BadAnswer, say!("Telegram doesn't understand the request.")),
];

/// What Telegram's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    shape: Shape {
        // The new ID of a group is told first: see `moved`.
        at: &["/parameters", ""],
        names: &[],
        numbers: &["migrate_to_chat_id", "error_code"],
        words: &["description"],
        plain: false,
        challenge: false,
    },
    rows: ROWS,
    harmless: &[Asked::Token, Asked::Chat, Asked::Read],
    trouble: is_trouble,
    waits: Waits {
        told: &[Told::InBody("/parameters/retry_after"), Told::RetryAfterSeconds],
        unsaid: Duration::from_secs(60),
        min: Duration::from_secs(1),
        max: Duration::from_secs(24 * 60 * 60),
        past_is_now: true,
    },
    doubt,
    inside: None,
};

/// The new ID of a group, where a refusal says that it has become a supergroup. It is the only number that is negative.
pub fn moved(failure: &Failure) -> Option<i64> {
    failure.code.as_deref()?.parse().ok().filter(|id: &i64| *id < 0)
}

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    doubt.told(ABOUT.name).then(match asked {
        Asked::Send => say!(
            "The message may be in the chat, and bots can't read chats, so Fanfare can't check. Look there and say whether you see it."
        ),
        Asked::Edit => say!("The change may have been made. Making it again does no harm."),
        Asked::Delete => say!("The message may be gone. Deleting it again does no harm."),
        Asked::Token | Asked::Chat | Asked::Read => say!("Nothing was changed; Fanfare asks again."),
    })
}
