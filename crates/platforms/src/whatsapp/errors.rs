//! What WhatsApp's refusals mean, at once or by webhook after a message was taken. Each documented code is a row; the first row
//! that fits decides.
//!
//! Source: Cloud API, error codes, with the status of each; where clients met something else, their issue is named. Most limits
//! on speed are 400, not 429, and texts can come in the account's language, so only codes decide.

use std::time::Duration;

use base::{Text, say};
use connector::{FailureKind as K, Reply, messaging::Undelivered};
use serde_json::{Value, json};

use super::ABOUT;
use crate::{
    kit::judge::{Doubt, Judge, Row, Sign, Told, Waits, is_trouble},
    meta::errors::{MISSING, PERMISSION, RATE, SHAPE, TOKEN, TROUBLE},
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The visible write.
    Send,
    /// Nothing was asked: a message that was taken did not arrive.
    Delivery,
    /// A file; no one sees it.
    Upload,
    /// A template to be made or deleted.
    Template,
    /// Any read, and what can be repeated.
    Read,
    /// A number made ready.
    Register,
    /// Exchanging the code.
    Code,
    /// What the app is asked about itself and about a token.
    App,
}

const WRITES: &[Asked] = &[Asked::Send, Asked::Delivery, Asked::Upload, Asked::Template];
const SIGN_IN: &[Asked] = &[Asked::Code, Asked::App];

const HOUR: Duration = Duration::from_secs(3_600);

const RECONNECT: Text = say!(
    "WhatsApp no longer accepts this channel's token: it has expired, or access was removed. Reconnect the channel."
);
const NO_RIGHT: Text = say!(
    "The channel's token may not do this. In Meta's Business settings, give the system user full control of the WhatsApp account, and the token both permissions that begin with whatsapp_business; then reconnect the channel."
);
const SECRET_WRONG: Text = say!(
    "Meta doesn't recognise the app's ID and secret. An operator must compare them with the app's page at Meta, under App settings, Basic."
);
const CODE_USED: Text = say!(
    "Meta didn't accept the code from the sign-up, which works once and for 30 seconds. Connect the channel again."
);
const SLOW_DOWN: Text = say!("Rate limit at WhatsApp reached. Fanfare tries again later.");
const LOCKED: Text = say!(
    "Meta has restricted or locked this WhatsApp account. Settle it in WhatsApp Manager, then reconnect the channel."
);
const NUMBER: Text = say!(
    "The number isn't ready to send: it must be verified and registered. Do that in WhatsApp Manager, then reconnect the channel."
);
const PAYMENT: Text = say!(
    "Meta doesn't send the message because of a payment problem. Add or fix the payment method in WhatsApp Manager."
);
const PARAMETERS: Text = say!(
    "The values don't fit the template: their number, names or form differ. Compare them with the template in WhatsApp Manager."
);
const REFUSED: Text =
    say!("WhatsApp refused the message as invalid. Its own words are in the technical log. Change the message.");
const GONE: Text = say!("WhatsApp has no such number, account or template, or this token can't see it.");
const CATEGORY: Text = say!("WhatsApp doesn't send templates of this category this way. Use a utility template.");

#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    // Signing in.
    Row::new(&[], Sign::Words(&["client secret", "client_secret", "client_id", "validating application"]), K::AppMisconfigured, SECRET_WRONG).of(SIGN_IN),
    Row::new(&[], Sign::Words(&["redirect_uri", "redirect uri"]), K::AppMisconfigured,
        say!("Meta doesn't know our callback address for this app. An operator must add it, character by character, under Facebook Login for Business, Settings.")).of(SIGN_IN),
    Row::new(&[400, 401, 403], Sign::Any, K::ReconnectNeeded, CODE_USED).of(&[Asked::Code]),
    Row::new(&[], Sign::Words(&["appsecret_proof"]), K::AppMisconfigured, SECRET_WRONG),
    Row::new(&[], MISSING, K::RemoteNotFound, GONE),

    // Whether the account and the number may send at all.
    Row::new(&[], Sign::Number(&[131_031, 368]), K::AccountBlocked, LOCKED),
    Row::new(&[], Sign::Is(|said| said.numbers == [33]), K::AccountBlocked,
        say!("The number was deleted at Meta. Disconnect the channel.")).of(WRITES),
    Row::new(&[], Sign::Number(&[131_037]), K::AccountBlocked,
        say!("Meta hasn't approved the number's display name. Change it in WhatsApp Manager and wait for the approval.")),
    Row::new(&[], Sign::Number(&[131_042, 131_044]), K::QuotaUsedUp, PAYMENT),
    Row::new(&[], Sign::Number(&[131_064]), K::AccountBlocked,
        say!("Meta limits what this account may send, because its templates were in the wrong category. Look in WhatsApp Manager.")),
    Row::new(&[400, 500], Sign::Number(&[131_045, 133_000]), K::AccountBlocked, NUMBER),
    Row::new(&[], Sign::Number(&[133_006, 133_010]), K::AccountBlocked, NUMBER),
    Row::new(&[], Sign::Number(&[133_005, 133_008, 133_009]), K::InputInvalid,
        say!("The PIN of the number's two-step verification is wrong, or was tried too often. Look it up or reset it in WhatsApp Manager, and wait some minutes.")),
    Row::new(&[], Sign::Number(&[133_015]), K::RateLimited,
        say!("The number was deleted a short while ago. It can be registered again in a few minutes.")).for_now(Some(Duration::from_secs(300))),
    Row::new(&[], Sign::Number(&[133_016]), K::RateLimited,
        say!("The number was registered too often. Meta allows it again after 72 hours.")).for_now(Some(Duration::from_secs(72 * 3_600))),
    Row::new(&[], Sign::Number(&[134_011]), K::AccountBlocked,
        say!("The terms for payments haven't been accepted for this account. Accept them in WhatsApp Manager.")),
    Row::new(&[], Sign::Number(&[147_001, 147_002, 147_003, 147_004]), K::ContentRefused,
        say!("WhatsApp doesn't give the number this user name. Choose another one in WhatsApp Manager.")),

    // The person.
    Row::new(&[], Sign::Number(&[130_497]), K::ContentRefused,
        say!("Meta doesn't let this business write to people in that country.")),
    Row::new(&[], Sign::Number(&[131_021]), K::ContentRefused, say!("A number can't write to itself. Choose another recipient.")),
    Row::new(&[], Sign::Number(&[131_026]), K::ContentRefused,
        say!("WhatsApp can't deliver to this person now: the number may have no WhatsApp, or an old version of it. This can pass, so one failure doesn't mean that the number is wrong.")),
    Row::new(&[], Sign::Number(&[131_030]), K::ContentRefused,
        say!("This is a test number, and the recipient isn't in its list. Add them under API Setup at Meta.")),
    Row::new(&[], Sign::Number(&[131_047]), K::ContentRefused,
        say!("More than 24 hours have passed since this person wrote, so only a template can be sent. Send a template.")),
    Row::new(&[], Sign::Number(&[131_050]), K::ContentRefused,
        say!("This person told WhatsApp that they want no marketing from this business. Don't send them any.")),
    Row::new(&[], Sign::Number(&[131_049]), K::ContentRefused,
        say!("WhatsApp held the message back, because this person gets many of the kind. Wait a day at least.")),
    Row::new(&[], Sign::Number(&[130_472]), K::ContentRefused,
        say!("WhatsApp held the message back, because this person is part of one of its experiments. Sending it again doesn't help.")),
    Row::new(&[], Sign::Number(&[131_062]), K::ContentRefused,
        say!("This template needs a phone number: codes can't be sent to an ID.")),
    Row::new(&[], Sign::Number(&[137_000]), K::ContentRefused,
        say!("The person's WhatsApp was set up anew, so their identity must be proven again before writing to them.")),
    Row::new(&[], Sign::Number(&[139_100, 139_101]), K::ContentRefused,
        say!("WhatsApp couldn't block or unblock some of these people. Only people who wrote within a day can be blocked.")),
    Row::new(&[], Sign::Number(&[139_102, 139_103]), K::Unavailable,
        say!("WhatsApp's list of blocked people is being changed. Fanfare tries again in a minute.")).for_now(Some(Duration::from_secs(60))),

    // What only holds for now.
    Row::new(&[], Sign::Number(&[131_048]), K::RateLimited,
        say!("Too many people have blocked or reported this number, so WhatsApp takes less from it. Fanfare waits some hours. Check the number's quality in WhatsApp Manager.")).for_now(Some(Duration::from_secs(6 * 3_600))),
    Row::new(&[], Sign::Number(&[131_056]), K::RateLimited,
        say!("The number has written to this person very often in a short time. Fanfare waits a little.")).for_now(Some(Duration::from_secs(16))),
    Row::new(&[], Sign::Number(&[130_429]), K::RateLimited,
        say!("The number sends more messages a second than WhatsApp takes. Fanfare waits a little.")).for_now(Some(Duration::from_secs(4))),
    Row::new(&[], Sign::Number(&[80_007]), K::RateLimited, SLOW_DOWN),
    Row::new(&[], RATE, K::RateLimited, SLOW_DOWN),
    Row::new(&[429], Sign::Any, K::RateLimited, SLOW_DOWN).by_anyone(),
    Row::new(&[], Sign::Number(&[134_101]), K::MediaNotReady,
        say!("Meta is still preparing the template. Fanfare tries again in some minutes.")).for_now(Some(Duration::from_secs(600))),

    // The message.
    Row::new(&[], Sign::Number(&[131_051]), K::ContentRefused, say!("WhatsApp doesn't send messages of this type.")),
    Row::new(&[], Sign::Number(&[131_052, 131_053]), K::MediaRefused,
        say!("WhatsApp doesn't take the file: its type or size doesn't fit, or it couldn't be read. Use another one.")),
    Row::new(&[], Sign::Number(&[131_035, 131_036]), K::ContentRefused,
        say!("The number stores nothing at Meta, and the message was lost there. Send it again.")),
    Row::new(&[], Sign::Number(&[131_055, 131_061, 134_100]), K::ContentRefused, CATEGORY),
    Row::new(&[], Sign::Number(&[131_063]), K::AppMisconfigured,
        say!("Marketing templates are switched off for this account. Switch them on in WhatsApp Manager.")),
    Row::new(&[], Sign::Number(&[132_000, 132_008, 132_012, 132_018]), K::ContentRefused, PARAMETERS),
    Row::new(&[], Sign::Number(&[132_001]), K::ContentRefused,
        say!("WhatsApp has no approved template of this name in this language. Check both, and whether it has been approved.")),
    Row::new(&[], Sign::Number(&[132_005]), K::ContentRefused, say!("The template becomes too long with these values. Shorten them.")),
    Row::new(&[], Sign::Number(&[132_007]), K::ContentRefused, say!("The template breaks WhatsApp's rules. Change the template.")),
    Row::new(&[], Sign::Number(&[132_015]), K::ContentRefused,
        say!("WhatsApp has paused the template for some hours, because people disliked it. Change it, or wait.")),
    Row::new(&[], Sign::Number(&[132_016]), K::ContentRefused,
        say!("WhatsApp has disabled the template, because people disliked it often. Make another one.")),
    Row::new(&[], Sign::Number(&[132_068, 132_069]), K::ContentRefused, say!("The flow in the template is blocked or limited by Meta. Use a template without it.")),
    Row::new(&[400, 500], Sign::Number(&[134_102]), K::ContentRefused, say!("The template can't be used now. Look at it in WhatsApp Manager.")),
    Row::new(&[], Sign::Number(&[135_000]), K::ContentRefused, REFUSED),

    // Templates: the subcode says what is wrong.
    Row::new(&[], Sign::Number(&[2_388_019]), K::QuotaUsedUp, say!("The account has as many templates as Meta allows. Delete some.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_388_023]), K::ContentRefused, say!("A template of this name was deleted; the name is free again after 30 days. Choose another name.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_388_024]), K::Duplicate, say!("There is a template of this name in this language already. Choose another name.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_388_040]), K::ContentRefused, say!("A text of the template is too long: 1,024 characters in the body, 60 above and below it, 25 on a button.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_388_047, 2_388_072, 2_388_073]), K::ContentRefused, say!("A part of the template isn't in the form that Meta takes. Each variable needs an example; the line below the body has none.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_388_293]), K::ContentRefused, say!("The template has too many variables for its length. Add words, or remove variables.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_388_299]), K::ContentRefused, say!("The body of a template may not begin or end with a variable. Put words around it.")).of(&[Asked::Template]),
    Row::new(&[], Sign::Number(&[2_593_002]), K::RemoteNotFound, say!("There is no such template.")).of(&[Asked::Template]),

    // The token, rights.
    Row::new(&[], TOKEN, K::ReconnectNeeded, RECONNECT),
    Row::new(&[], Sign::Is(|said| said.numbers == [0]), K::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Any, K::ReconnectNeeded, RECONNECT),
    Row::new(&[], Sign::Number(&[131_005]), K::ScopeMissing, NO_RIGHT),
    Row::new(&[500], Sign::Is(|said| said.numbers == [3]), K::ScopeMissing, NO_RIGHT),
    Row::new(&[], PERMISSION, K::ScopeMissing, NO_RIGHT),

    // The rest of the documented ones.
    Row::new(&[], Sign::Number(&[100, 131_008, 131_009]), K::ContentRefused, REFUSED).of(WRITES),
    Row::new(&[], Sign::Number(&[100, 131_008, 131_009]), K::BadAnswer, say!("WhatsApp doesn't understand the request.")),
    Row::new(&[], Sign::Is(|said| said.numbers == [33]), K::RemoteNotFound, GONE),

    // WhatsApp is in trouble, by its own words: the message may be on its way.
    Row::trouble(Sign::Number(&[131_000, 131_016, 131_057, 133_004])),
    Row::trouble(TROUBLE),
];

/// What WhatsApp's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    shape: SHAPE,
    rows: ROWS,
    // A file that no message uses is forgotten after thirty days.
    harmless: &[Asked::Upload, Asked::Read, Asked::App],
    trouble: is_trouble,
    waits: Waits {
        told: &[Told::Budgets],
        unsaid: Duration::from_secs(15 * 60),
        min: Duration::from_secs(4),
        max: Duration::from_secs(24 * HOUR.as_secs()),
        past_is_now: false,
    },
    doubt,
    inside: None,
};

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    let asked = match asked {
        Asked::Delivery => return say!("WhatsApp didn't deliver the message, and gives no reason that is documented."),
        Asked::Send => say!("The message may be on its way. If it is, WhatsApp reports so in a few minutes."),
        Asked::Template => say!("The change may have been made. Look at the list of templates."),
        Asked::Register => say!("The number may be ready by now. Connect the channel again."),
        Asked::Code => say!("The code works only once. Connect the channel again."),
        Asked::Upload | Asked::Read | Asked::App => say!("Nothing was changed; Fanfare asks again."),
    };
    doubt.told(ABOUT.name).then(asked)
}

/// Why a message that was taken did not arrive, as the webhook's first error says it.
pub fn undelivered(error: &Value, now: base::Timestamp) -> Undelivered {
    // Zero is a code of its own; a failure without one must not be taken for it.
    let code = error["code"].as_i64().unwrap_or(-1);
    let body = json!({ "error": { "code": code } }).to_string();
    let reply = Reply { status: 400, headers: http::HeaderMap::new(), body: body.into() };
    let failure = JUDGE.refused(Asked::Delivery, &reply, now);
    Undelivered { kind: failure.kind, code: code.to_string(), detail: failure.detail }
}

/// Whether a failure says that the person stopped marketing.
pub fn is_stopped(error: &Value) -> bool {
    error["code"] == 131_050
}
