//! A foreign client: `instagram-platform-sdk` from PyPI, written by other people from Meta's documentation. What it and
//! this twin agree on was not agreed on by us.

use super::*;
use crate::{Action, test_kit::foreign_client};

/// The variable with the Python that has it; `cargo xtask test` installs it.
const PYTHON: &str = "FANFARE_TEST_INSTAGRAM_CLIENT";

/// Prints what came of each step as one JSON object.
const SCRIPT: &str = r#"
import json, sys
from instagram_platform import InstagramClient
from instagram_platform.exceptions import InstagramAPIError

base, token, account, picture, film = sys.argv[1:]
out = {}
with InstagramClient(token, instagram_account_id=account, base_url=base) as client:
    out["profile"] = client.user.get_profile().username
    image = client.media.publish_photo(picture, "From a foreign client").id
    reel = client.media.publish_reel(film, "A film", share_to_feed=True, thumb_offset=1500).id
    out["ids"] = [image, reel]
    out["listed"] = [[post.id, post.media_type] for post in client.media.get_user_media(limit=5).data]
    comment = client.comments.reply(image, "The first comment")["id"]
    out["comments"] = [[one.id, one.text, one.hidden] for one in client.comments.get_comments(image).data]
    out["off"] = client.media.update_comment_status(image, False)
    out["enabled"] = client.media.get_media_details(image).is_comment_enabled
    out["deleted"] = client.comments.delete_comment(comment)
    out["reach"] = client.insights.get_account_insights(["reach"]).data[0].period
    out["metrics"] = [one.name for one in client.insights.get_media_insights(reel, ["views", "reach"]).data]
    for name, call in [
        ("long", lambda: client.media.create_image_container(picture, "a" * 2201)),
        ("absent", lambda: client.media.publish_container("17900000000000001")),
        ("unfetched", lambda: client.media.create_image_container(picture + ".gone")),
        ("undeletable", lambda: client.media.delete_media(image)),
        ("young", lambda: client.auth.refresh_long_lived_token()),
    ]:
        try:
            call()
            out[name] = None
        except InstagramAPIError as error:
            out[name] = [type(error).__name__, error.code, error.subcode]
print(json.dumps(out))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_client_publishes_comments_and_reads_and_understands_the_refusals() {
    let place = Place::start().await;
    // The client waits three seconds of real time for a container that is not ready.
    place.world.running.turn(Network::Instagram, |knobs| knobs.processing_ms = Some(0));
    let token = place.sign_in("lena").await;
    let account = text(&place.fields(&token, "me", "user_id").await["user_id"]);
    let (base, picture, film) = (place.url(""), place.file("a.jpg"), place.file("a.mp4"));
    let args = [base.as_str(), &token, &account, &picture, &film];
    let Some(out) = foreign_client(PYTHON, "instagram-platform-sdk", SCRIPT, &args).await else { return };
    let posted: Vec<String> = out["ids"].as_array().expect("ids").iter().map(text).collect();
    let [image, reel] = posted.as_slice() else { panic!("{out}") };
    assert_eq!((&out["profile"], &out["listed"]), (&json!("lena"), &json!([[reel, "VIDEO"], [image, "IMAGE"]])));
    let comments = out["comments"].as_array().expect("comments");
    assert_eq!((comments.len(), &comments[0][1], &comments[0][2]), (1, &json!("The first comment"), &json!(false)));
    assert_eq!((&out["off"], &out["enabled"]), (&json!({ "success": true }), &json!(false)));
    assert_eq!((&out["deleted"], &out["reach"]), (&json!({ "success": true }), &json!("day")));
    assert_eq!(out["metrics"], json!(["views", "reach"]));
    assert_eq!(out["long"], json!(["InstagramAPIError", 36_004, 2_207_010]));
    assert_eq!(out["absent"], json!(["InstagramAPIError", 24, 2_207_008]));
    assert_eq!(out["unfetched"], json!(["InstagramAPIError", 9_004, 2_207_052]));
    assert_eq!(out["undeletable"], json!(["InstagramAPIError", 100, 33]));
    assert_eq!(out["young"], json!(["InstagramAPIError", 100, null]), "a short token is of the wrong kind");
    let kinds: Vec<_> = place.ledger().into_iter().map(|entry| (entry.action, entry.kind)).collect();
    let made = |kind: &str| (Action::Created, kind.to_owned());
    assert_eq!(kinds, [made("post"), made("reel"), made("comment"), (Action::Deleted, "comment".to_owned())]);
}
