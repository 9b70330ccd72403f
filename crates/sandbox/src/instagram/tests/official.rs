//! What the twin has against Meta's own specification of the objects. It is that of the login with Facebook, and a version
//! older.

use super::*;
use crate::{
    instagram::shapes,
    test_kit::{said, spec},
};

/// What only the other login has, or what no publisher reads.
const FIELDS_LEFT_OUT: [&str; 18] = [
    "boost_eligibility_info",
    "business_discovery",
    "copyright_check_information",
    "current_live_viewer_count",
    "has_poll",
    "has_profile_pic",
    "has_slider",
    "ig_id",
    "is_published",
    "legacy_instagram_media_id",
    "legacy_instagram_user_id",
    "owner_business",
    "shopping_product_tag_eligibility",
    "shopping_review_status",
    "video_title",
    "view_count",
    "mentioned_comment",
    "mentioned_media",
];
/// What the twin has and the specification does not: lists inside an object, the other login, and what came later.
const FIELDS_AHEAD: [&str; 3] = ["children", "comments", "is_ai_generated"];
/// Metrics that have ended, or are those of other products.
const METRICS_LEFT_OUT: [&str; 13] = [
    "clips_replays_count",
    "content_views",
    "facebook_views",
    "ig_reels_aggregated_all_plays_count",
    "impressions",
    "plays",
    "profile_views",
    "quotes",
    "reached_audience_demographics",
    "total_comments",
    "total_likes",
    "total_views",
    "video_views",
];

fn names(list: &Value) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|item| text(&item["name"])).collect()
}

#[tokio::test]
async fn fields_parameters_and_metrics_are_those_of_the_official_specification() {
    let folder = "meta/business-sdk-specs";
    let [user, media, types] =
        ["IGUser", "IGMedia", "enum_types.subset"].map(|name| spec(&format!("{folder}/{name}.json")));
    let (Some(user), Some(media), Some(types)) = (user, media, types) else { return };
    let place = Place::start().await;
    let token = place.sign_in("lena").await;
    let post = place.show(&token, "A bridge").await;
    let mut compared = 0;
    for (object, specified, ours) in [("me", &user, &shapes::PROFILE[..]), (&*post, &media, &shapes::MEDIA[..])] {
        let specified = names(&specified["fields"]);
        for name in specified.iter().filter(|name| !FIELDS_LEFT_OUT.contains(&name.as_str())) {
            place.fields(&token, object, name).await;
            compared += 1;
        }
        let ahead = ours.iter().filter(|name| !specified.iter().any(|known| known == *name));
        assert!(ahead.clone().all(|name| FIELDS_AHEAD.contains(name)), "{:?}", ahead.collect::<Vec<_>>());
    }
    let create = user["apis"]
        .as_array()
        .expect("calls")
        .iter()
        .find(|api| api["method"] == "POST" && api["endpoint"] == "media");
    for name in names(&create.expect("the call that makes containers")["params"]) {
        // What is read is refused if it makes no sense. These take any text, or are flags.
        if ["audio_name", "caption", "cover_url", "is_carousel_item", "share_to_feed", "product_tags"].contains(&&*name)
        {
            continue;
        }
        let reel = [("media_type", "REELS"), ("video_url", &*place.file("a.mp4")), (&*name, "?")];
        let image = [("image_url", &*place.file("a.jpg")), (&*name, "?")];
        let carousel = [("media_type", "CAROUSEL"), (&*name, "?")];
        let mut refused = false;
        for form in [&reel[..], &image, &carousel] {
            refused |= place.post(&token, "me/media", form).await.0 == 400;
        }
        assert!(refused || name == "video_url", "{name} is passed over");
        compared += 1;
    }
    let metrics = |of: &str| {
        let all = types.as_array().expect("types").iter().find(|one| one["name"] == of).expect("the metrics");
        let all: Vec<String> = all["values"].as_array().expect("values").iter().map(text).collect();
        all.into_iter().filter(|name| !METRICS_LEFT_OUT.contains(&name.as_str()) && !name.starts_with("threads_"))
    };
    for name in metrics("shadowigmediainsights_metric_enum_param") {
        let (_, answer) = place.get(&token, &format!("{post}/insights?metric={name}")).await;
        let unknown = answer["error"]["message"].as_str().is_some_and(|told| told.contains("must be one of"));
        assert!(!unknown, "{name}");
        compared += 1;
    }
    for name in metrics("shadowiguserinsights_metric_enum_param").filter(|name| name != "website_clicks") {
        let (_, answer) = place.get(&token, &format!("me/insights?metric={name}&period=day")).await;
        let unknown = answer["error"]["message"].as_str().is_some_and(|told| told.contains("must be one of"));
        assert!(!unknown, "{name}");
        compared += 1;
    }
    said(&format!("{compared} fields, parameters and metrics compared with the official specification"));
    assert!(compared > 60, "{compared}");
}
