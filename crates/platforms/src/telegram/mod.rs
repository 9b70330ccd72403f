//! Telegram: messages, photos, videos, albums and polls in channels and groups, through the Bot API.
//!
//! Source of every fact: the Bot API 10.1, and where it is silent its open source server (tdlib/telegram-bot-api) and clients of
//! it (python-telegram-bot, aiogram), named beside the code. Left out on purpose: numbers (the Bot API has none), pictures of
//! chats (their address holds the bot's token), buttons, updates, servers of the Bot API that people run themselves (they live
//! at private addresses, which no connector may call).

mod address;
mod check;
mod compose;
mod connect;
mod errors;
mod limits;
mod options;
mod publish;
mod text;
mod wire;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{About, Call, Connect, Connector, DataCap, Failure, Feature, Field, Input, Publish, Recipient, Way};

use self::errors::Asked;
use crate::kit::peer::Peer;

/// The connector for Telegram.
#[derive(Debug, Clone, Copy, Default)]
pub struct Telegram;

impl Connector for Telegram {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    fn publish(&self) -> Option<&dyn Publish> {
        Some(self)
    }
}

static ABOUT: About = About {
    id: "telegram",
    name: "Telegram",
    summary: say!("Messages, photos, videos, albums and polls in channels and groups on Telegram, through a bot."),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("Telegram FZ-LLC"),
        country: say!("United Arab Emirates"),
        policy_url: "https://telegram.org/privacy",
        reads: say!("The bot's ID, the chat's ID, name and user name, and whether the bot may post there."),
    },
    ways: &[Way {
        kind: "password",
        fields: &[
            Field {
                name: "token",
                label: say!("Bot token from @BotFather"),
                example: "1234567890:AAE…",
                secret: true,
                optional: false,
                input: Input::Text,
            },
            Field {
                name: "chat",
                label: say!("Channel or group"),
                example: "@mychannel",
                secret: false,
                optional: false,
                input: Input::Text,
            },
        ],
    }],
    app_fields: &[],
    setup: None,
    features: &[
        Feature { name: "connect", scopes: &[] },
        Feature { name: "publish", scopes: &[] },
        Feature { name: "media", scopes: &[] },
        Feature { name: "edit", scopes: &[] },
        Feature { name: "delete", scopes: &[] },
    ],
    options: options::schema,
    dutch: include_str!("nl.json"),
    caps: &[DataCap { class: "content", max_days: None, source: CAP_SOURCE }],
    hosts: &["api.telegram.org"],
    federated: false,
    fetches: false,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

const CAP_SOURCE: Text = say!("Telegram Bot Terms of Service: no fixed limit.");

/// The Bot API, as the bot whose token the call has. The token is a part of the address, so it must never be recorded.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    let token = call.tokens.bearer()?;
    let base = format!("{}/bot{}", call.endpoint("api", "https://api.telegram.org"), token.expose());
    Ok(Peer::at(call, base, &errors::JUDGE).hiding(token).and_no_other())
}

/// An address of the pages that people see.
fn web(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("web", "https://t.me"))
}
