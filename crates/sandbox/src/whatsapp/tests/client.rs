//! A foreign client: `pywa` from PyPI, written by other people from Meta's documentation and from what their users met. It
//! sends, reads what is answered, and understands webhooks and refusals as its own.
//!
//! Two of its readings are not the network's, or not all of it: it expects `contacts` in every status, where failures have
//! none, and it takes the codes of wrong templates (2388040 and its like) for codes, where they are subcodes of 100.

use super::*;
use crate::test_kit::foreign_client;

/// The variable with the Python that has it; `cargo xtask test` installs it.
const PYTHON: &str = "FANFARE_TEST_WHATSAPP_CLIENT";

/// Prints what came of each step as one JSON object.
const SCRIPT: &str = r#"
import json, sys, time
from pywa import WhatsApp, types
from pywa.errors import WhatsAppError
from pywa.types.templates import *

def refused(call):
    try:
        call()
    except WhatsAppError as error:
        return [type(error).__name__, error.status_code, error.code, error.details is not None]

def main(base, token, phone, waba, secret, picture):
    wa = WhatsApp(phone_id=phone, token=token, waba_id=waba, app_secret=secret)
    wa.api._session.base_url = base + "v26.0"
    out = {}
    number = wa.get_business_phone_number()
    out["number"] = [number.display_phone_number, str(number.quality_rating), number.verified_name]
    template = wa.create_template(Template(
        name="from_outside", category=TemplateCategory.UTILITY, language=TemplateLanguage.ENGLISH,
        parameter_format=ParamFormat.NAMED,
        components=[
            BodyText("Your post {{title}} was published a moment ago.", title="Launch"),
            FooterText(text="Reply STOP to end these messages"),
            Buttons(buttons=[QuickReplyButton(text="Stop")]),
        ],
    ))
    out["template"] = [str(template.status), str(template.category)]
    # The review ends when the clock of the sandbox has moved on.
    while True:
        known = wa.get_template(template_id=template.id)
        if known.status == TemplateStatus.APPROVED:
            break
        time.sleep(0.05)
    out["listed"] = [one.name for one in wa.get_templates()]
    sent = wa.send_template(
        to="+447700900101", name="from_outside", language=TemplateLanguage.ENGLISH,
        params=[BodyText.params(title="Launch"), QuickReplyButton.params(callback_data="STOP", index=0)], tracker="ntf_7",
    )
    out["sent"] = [sent.id, sent.chat.id]
    out["missing"] = refused(lambda: wa.send_template(
        to="+447700900101", name="unheard_of", language=TemplateLanguage.ENGLISH, params=[]))
    out["text"] = wa.send_message(to="+447700900101", text="Hello", tracker="ntf_8").id
    out["buttons"] = wa.send_message(to="+447700900101", text="Which?", buttons=[types.Button("Yes", callback_data="yes")]).id
    media = wa.upload_media(media=picture.encode("latin-1"), mime_type="image/png", filename="a.png")
    out["media"] = wa.get_media_url(media.id).mime_type
    out["image"] = wa.send_image(to="+447700900101", image=media.id, caption="A bridge", mime_type="image/png").id
    out["deleted"] = bool(wa.delete_media(media_id=media.id))
    out["gone"] = refused(lambda: wa.get_media_url(media.id))
    wa.api._session.headers["Authorization"] = "Bearer x"
    out["token"] = refused(lambda: wa.get_business_phone_number())
    print(json.dumps(out))

main(*sys.argv[1:])
"#;

/// Reads webhooks: their bytes and signatures are given, hex and text in turn.
const READER: &str = r#"
import json, sys
from pywa import WhatsApp, types, utils

def main(secret, *heard):
    wa = WhatsApp(phone_id="1", token="x", app_secret=secret)
    out = []
    for body, signature in zip(heard[::2], heard[1::2]):
        raw = bytes.fromhex(body)
        assert utils.webhook_updates_validator(secret, raw, signature), "signature"
        update = json.loads(raw)
        value = update["entry"][0]["changes"][0]["value"]
        if "statuses" in value:
            status = types.MessageStatus.from_update(wa, update)
            price = [str(status.pricing.type), str(status.pricing.category)] if status.pricing else None
            out.append(["status", status.id, str(status.status), status.tracker, price])
        elif value["messages"][0]["type"] == "button":
            tap = types.CallbackButton.from_update(wa, update)
            out.append(["tap", tap.data, tap.title, tap.from_user.wa_id, tap.from_user.name])
        else:
            message = types.Message.from_update(wa, update)
            out.append(["message", message.text, message.from_user.wa_id, message.from_user.bsuid.split(".")[0]])
    print(json.dumps(out))

main(*sys.argv[1:])
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_client_makes_a_template_sends_and_understands_answers_refusals_and_webhooks() {
    let place = Place::start().await;
    place.own("review_ms", json!(0));
    place.writes("ann", "Héllo / @all").await;
    let picture: String = samples::png(64, 64).into_iter().filter(|byte| *byte != 0).map(char::from).collect();
    let args = [&*place.url(""), &place.token, &place.phone, &place.waba, PRODUCT.secret, &picture];
    let Some(out) = foreign_client(PYTHON, "pywa", SCRIPT, &args).await else { return };
    assert_eq!(out["number"], json!(["+447700900201", "GREEN", "Lena Vos Photography"]), "{out}");
    assert_eq!((&out["template"], &out["listed"]), (&json!(["PENDING", "UTILITY"]), &json!(["from_outside"])));
    assert_eq!(out["sent"][1], "447700900101");
    assert_eq!(out["missing"], json!(["TemplateNotExists", 404, 132_001, true]));
    assert_eq!((&out["media"], &out["deleted"]), (&json!("image/png"), &json!(true)));
    assert_eq!(
        (&out["gone"][1], &out["gone"][2], &out["token"]),
        (&json!(400), &json!(100), &json!(["ExpiredAccessToken", 401, 190, false]))
    );
    let ids = [&out["sent"][0], &out["text"], &out["buttons"], &out["image"]].map(text);
    place.wait(1);
    for id in &ids {
        place.statuses(id, 2).await;
    }
    let ledger: Vec<_> = place.ledger().into_iter().map(|entry| entry.remote_id).collect();
    assert_eq!(ledger, ids, "each arrived once");
    place.on_phone("ann", &[("tap", &ids[0]), ("button", "0")]).await;
    let messages = |values: &[Value]| values.iter().filter(|value| value["messages"].is_array()).count();
    while messages(&place.values("messages")) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let heard = place.heard.lock().expect("free").events.clone();
    let heard = heard.iter().filter(|event| event["entry"][0]["changes"][0]["field"] == "messages");
    let mut args = vec![PRODUCT.secret.to_owned()];
    for event in heard {
        let body = crate::meta::hooks::body(event);
        args.extend([hex::encode(&body), signature(PRODUCT, &body)]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let Some(read) = foreign_client(PYTHON, "pywa", READER, &args).await else { return };
    let read = read.as_array().expect("a list");
    assert_eq!(read[0], json!(["message", "Héllo / @all", "447700900101", "GB"]));
    let status = json!(["status", ids[0], "delivered", "ntf_7", ["regular", "utility"]]);
    assert!(read.contains(&status), "{read:?}");
    assert_eq!(read.last(), Some(&json!(["tap", "STOP", "Stop", "447700900101", "Ann Visser"])));
}
