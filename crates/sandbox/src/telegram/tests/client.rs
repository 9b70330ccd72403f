//! A foreign client: `python-telegram-bot` from PyPI, written by other people from Telegram's documentation. What it and this
//! twin agree on was not agreed on by us.

use super::*;
use crate::test_kit::foreign_client;

/// The variable with the Python that has it; `cargo xtask test` installs it.
const PYTHON: &str = "FANFARE_TEST_TELEGRAM_CLIENT";

/// Prints what came of each step as one JSON object.
const SCRIPT: &str = r#"
import asyncio, json, sys
from telegram import Bot, InputMediaPhoto, LinkPreviewOptions, MessageEntity
from telegram.error import TelegramError

async def main(base, token, chat, picture):
    out = {}
    photo = bytes.fromhex(picture)
    async with Bot(token, base_url=base + "bot", base_file_url=base + "file/bot") as bot:
        me = await bot.get_me()
        out["me"] = [me.id, me.username]
        full = await bot.get_chat(chat)
        member = await bot.get_chat_member(chat, me.id)
        out["chat"] = [full.type, full.title, member.status, member.can_post_messages]
        bold = [MessageEntity(MessageEntity.BOLD, offset=3, length=4)]
        text = await bot.send_message(chat, "\U0001f6a2 bold", entities=bold, disable_notification=True,
                                      link_preview_options=LinkPreviewOptions(is_disabled=True))
        out["bold"] = text.parse_entity(text.entities[0])
        shown = await bot.send_photo(chat, photo, caption="One", reply_to_message_id=text.message_id)
        out["photo"] = [shown.photo[-1].width, shown.reply_to_message.message_id == text.message_id]
        album = await bot.send_media_group(chat, [InputMediaPhoto(photo), InputMediaPhoto(photo)], caption="Two")
        out["album"] = [len(album), album[0].media_group_id == album[1].media_group_id, album[0].caption]
        poll = await bot.send_poll(chat, "Tea?", ["Yes", "No"])
        out["poll"] = [poll.poll.question, len(poll.poll.options), poll.link]
        edited = await bot.edit_message_caption(chat, shown.message_id, caption="Changed")
        out["edited"] = [edited.caption, edited.edit_date is not None]
        out["deleted"] = await bot.delete_message(chat, text.message_id)
        for name, call in [
            ("again", lambda: bot.delete_message(chat, text.message_id)),
            ("nowhere", lambda: bot.send_message("@nowhere_at_all", "x")),
            ("long", lambda: bot.send_message(chat, "a" * 4097)),
        ]:
            try:
                await call()
                out[name] = None
            except TelegramError as error:
                out[name] = [type(error).__name__, error.message]
    try:
        async with Bot("1:nonsense", base_url=base + "bot"):
            out["stranger"] = None
    except TelegramError as error:
        out["stranger"] = type(error).__name__
    print(json.dumps(out))

asyncio.run(main(*sys.argv[1:]))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_client_publishes_changes_and_deletes_and_understands_the_refusals() {
    let place = Place::start().await;
    let args = [&*place.url(""), TOKEN, CHANNEL, &*hex::encode(samples::png(640, 480))];
    let Some(out) = foreign_client(PYTHON, "python-telegram-bot", SCRIPT, &args).await else { return };
    assert_eq!(out["me"], json!([7_000_000_001_u64, "harbour_post_bot"]), "{out}");
    assert_eq!(out["chat"], json!(["channel", "Harbour News", "administrator", true]), "{out}");
    assert_eq!((&out["bold"], &out["photo"]), (&json!("bold"), &json!([640, true])), "{out}");
    assert_eq!(out["album"], json!([2, true, "Two"]), "{out}");
    assert_eq!(out["poll"], json!(["Tea?", 2, "https://t.me/harbour_news/5"]), "{out}");
    assert_eq!((&out["edited"], &out["deleted"]), (&json!(["Changed", true]), &json!(true)), "{out}");
    assert_eq!(out["again"], json!(["BadRequest", "Message to delete not found"]), "{out}");
    assert_eq!(out["nowhere"], json!(["BadRequest", "Chat not found"]), "{out}");
    assert_eq!(out["long"], json!(["BadRequest", "Message is too long"]), "{out}");
    assert_eq!(out["stranger"], "InvalidToken", "{out}");
    let seen: Vec<_> = place.ledger().iter().map(|entry| (entry.action, entry.remote_id.clone())).collect();
    let created = |id: &str| (Action::Created, id.to_owned());
    let wanted = [
        created("1"),
        created("2"),
        created("3"),
        created("5"),
        (Action::Edited, "2".into()),
        (Action::Deleted, "1".into()),
    ];
    assert_eq!(seen, wanted);
}
