//! What we remember of an instance and an account: enough to judge a post without asking.
//!
//! Every limit is the instance's own. What an instance does not say is assumed to be Mastodon's default, and the
//! limit's source says which of the two it is.

use connector::{ImageRules, Limits, PollLimits, TextLimit, VideoCoding, VideoRules};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::text::Unit;

/// The channel's facts, as stored in `Found::facts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// The instance's origin: `https://social.example`.
    pub instance: String,
    /// What the server runs, in lower case: `mastodon`, `takahe`, `gotosocial`, …; `unknown` if it does not say.
    pub software: String,
    /// Its version, as it writes it.
    pub version: String,
    /// `api_versions.mastodon`; absent on old servers and most other software.
    pub api_version: Option<u32>,
    /// The account's id, which means something only on this instance.
    pub account: String,
    /// Whether a repeated `Idempotency-Key` gives the first status back.
    pub supports_idempotency: bool,
    /// The account's own default visibility.
    pub privacy: Option<String>,
    /// What the instance says of its limits.
    pub configuration: Configuration,
}

/// The limits that an instance announces; what it does not announce is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Configuration {
    pub max_characters: Option<u32>,
    pub characters_reserved_per_url: Option<u32>,
    pub max_media_attachments: Option<u32>,
    pub description_limit: Option<u32>,
    pub supported_mime_types: Option<Vec<String>>,
    pub image_size_limit: Option<u64>,
    pub image_matrix_limit: Option<u64>,
    pub video_size_limit: Option<u64>,
    pub video_matrix_limit: Option<u64>,
    pub video_frame_rate_limit: Option<u32>,
    pub poll_max_options: Option<u32>,
    pub poll_max_characters_per_option: Option<u32>,
    pub poll_min_expiration: Option<u32>,
    pub poll_max_expiration: Option<u32>,
}

/// Mastodon's defaults, for what an instance leaves out (Mastodon API: `GET /api/v2/instance`).
mod assumed {
    pub const CHARACTERS: u32 = 500;
    pub const CHARACTERS_PER_URL: u32 = 23;
    pub const MEDIA: u32 = 4;
    pub const DESCRIPTION: u32 = 1500;
    pub const IMAGE_BYTES: u64 = 16_777_216;
    pub const IMAGE_PIXELS: u64 = 33_177_600;
    pub const VIDEO_BYTES: u64 = 103_809_024;
    pub const VIDEO_PIXELS: u64 = 8_294_400;
    pub const VIDEO_FRAMES: u32 = 120;
    pub const MIME: &[&str] = &["image/jpeg", "image/png", "image/gif", "video/mp4"];
    pub const POLL_OPTIONS: u32 = 4;
    pub const POLL_CHARACTERS: u32 = 50;
    pub const POLL_SECONDS_MIN: u32 = 300;
    pub const POLL_SECONDS_MAX: u32 = 2_629_746;
}

/// Longest side of an image, in pixels. Mastodon limits only the area; this is our own bound.
const IMAGE_SIDE_MAX: u32 = 16_384;
/// How many parts a thread may have. Mastodon sets no limit but 300 new statuses in 3 hours; this is our own bound.
pub(crate) const PARTS_MAX: u32 = 100;
/// The API version that brought quotes (Mastodon 4.5).
const API_WITH_QUOTES: u32 = 7;
/// The API version from which a deletion may take the media along (Mastodon 4.4).
const API_WITH_MEDIA_DELETION: u32 = 4;
/// The API version from which several statuses can be read at once (Mastodon 4.3).
const API_WITH_BATCHES: u32 = 2;
/// Forks of Mastodon that keep its idempotency.
const MASTODON_FORKS: &[&str] = &["mastodon", "glitch", "glitch-soc", "hometown"];
/// Other software on which edits are known to work.
const OTHERS_WITH_EDITS: &[&str] = &["takahe", "gotosocial"];

impl Facts {
    /// From a channel's stored facts. What is missing reads as unknown, so that limits can be told even for `null`.
    pub(crate) fn read(facts: &Value) -> Self {
        serde_json::from_value(facts.clone()).unwrap_or_default()
    }

    /// Whether the server speaks this version of Mastodon's API or a later one.
    fn speaks(&self, version: u32) -> bool {
        self.api_version.is_some_and(|spoken| spoken >= version)
    }

    pub(crate) fn can_quote(&self) -> bool {
        self.speaks(API_WITH_QUOTES)
    }

    pub(crate) fn can_read_batches(&self) -> bool {
        self.speaks(API_WITH_BATCHES)
    }

    pub(crate) fn can_delete_media(&self) -> bool {
        self.speaks(API_WITH_MEDIA_DELETION)
    }

    /// Edits came with Mastodon 3.5; elsewhere they are offered only where they are known to work.
    pub(crate) fn can_edit(&self) -> bool {
        if is_mastodon(&self.software) {
            self.api_version.is_some() || at_least(&self.version, (3, 5))
        } else {
            OTHERS_WITH_EDITS.contains(&self.software.as_str())
        }
    }

    /// What this server counts one by one. Mastodon and its forks count what people see as one character.
    pub(crate) fn unit(&self) -> Unit {
        if is_mastodon(&self.software) { Unit::Clusters } else { Unit::Points }
    }

    /// Whether a post with a content warning and no text gets the warning as its text (mastodon:
    /// `PostStatusService#preprocess_attributes!`).
    pub(crate) fn moves_warning_into_text(&self) -> bool {
        is_mastodon(&self.software)
    }

    /// Whether ids tell the time: milliseconds since 1970, 16 bits further up (mastodon: `Mastodon::Snowflake`).
    pub(crate) fn has_ids_by_time(&self) -> bool {
        is_mastodon(&self.software)
    }

    pub(crate) fn url_characters(&self) -> u32 {
        self.configuration.characters_reserved_per_url.unwrap_or(assumed::CHARACTERS_PER_URL)
    }

    pub(crate) fn mime_types(&self) -> Vec<String> {
        let said = self.configuration.supported_mime_types.clone().filter(|list| !list.is_empty());
        said.unwrap_or_else(|| assumed::MIME.iter().map(|mime| (*mime).to_owned()).collect())
    }

    fn source<T>(&self, said: Option<T>) -> String {
        let origin = if self.instance.is_empty() { "the instance" } else { &self.instance };
        match said {
            Some(_) => format!("{origin}: GET /api/v2/instance, configuration"),
            None => format!("Mastodon's default; {origin} does not say"),
        }
    }

    /// What this channel can take.
    pub(crate) fn limits(&self) -> Limits {
        let said = &self.configuration;
        Limits {
            text: TextLimit {
                max: said.max_characters.unwrap_or(assumed::CHARACTERS),
                unit: match self.unit() {
                    Unit::Clusters => connector::Unit::Graphemes,
                    Unit::Points => connector::Unit::CodePoints,
                },
                max_bytes: None,
                source: self.source(said.max_characters),
            },
            parts_max: PARTS_MAX,
            images: self.images(|mime| mime != "image/gif", said.max_media_attachments.unwrap_or(assumed::MEDIA)),
            gif: self.images(|mime| mime == "image/gif", said.max_media_attachments.unwrap_or(assumed::MEDIA)),
            video: self.video(),
            mixed_media: false,
            alt_text_max: said.description_limit.unwrap_or(assumed::DESCRIPTION),
            poll: Some(self.poll()),
            quote: self.can_quote(),
            edit: self.can_edit(),
            delete: true,
            text_optional: true,
            same_text_refused_s: None,
        }
    }

    fn images(&self, wanted: impl Fn(&str) -> bool, count_max: u32) -> Option<ImageRules> {
        let said = &self.configuration;
        let mut mime = self.mime_types();
        mime.retain(|mime| mime.starts_with("image/") && wanted(mime));
        // The first type is what others are converted to; JPEG is understood by every reader.
        mime.sort_by_key(|mime| mime != "image/jpeg");
        (!mime.is_empty()).then(|| ImageRules {
            count_max,
            mime,
            bytes_max: said.image_size_limit.unwrap_or(assumed::IMAGE_BYTES),
            side_max: IMAGE_SIDE_MAX,
            pixels_max: said.image_matrix_limit.unwrap_or(assumed::IMAGE_PIXELS),
            source: self.source(said.image_size_limit.and(said.image_matrix_limit)),
        })
    }

    fn video(&self) -> Option<VideoRules> {
        let said = self.configuration.video_size_limit;
        let mut mime = self.mime_types();
        mime.retain(|mime| mime.starts_with("video/"));
        mime.sort_by_key(|mime| mime != "video/mp4");
        (!mime.is_empty()).then(|| VideoRules {
            count_max: 1,
            mime,
            bytes_max: said.unwrap_or(assumed::VIDEO_BYTES),
            duration_max_ms: None,
            duration_min_ms: None,
            // Mastodon re-codes other codecs, and refuses what exceeds the last two; other servers pass a file on unchanged.
            coding: VideoCoding {
                pixels_max: Some(self.configuration.video_matrix_limit.unwrap_or(assumed::VIDEO_PIXELS)),
                frames_per_second_max: Some(self.configuration.video_frame_rate_limit.unwrap_or(assumed::VIDEO_FRAMES)),
                ..VideoCoding::default()
            },
            source: self.source(said),
        })
    }

    fn poll(&self) -> PollLimits {
        let said = &self.configuration;
        PollLimits {
            options_min: 2,
            options_max: said.poll_max_options.unwrap_or(assumed::POLL_OPTIONS),
            option_chars_max: said.poll_max_characters_per_option.unwrap_or(assumed::POLL_CHARACTERS),
            duration_min_minutes: said.poll_min_expiration.unwrap_or(assumed::POLL_SECONDS_MIN).div_ceil(60),
            duration_max_minutes: said.poll_max_expiration.unwrap_or(assumed::POLL_SECONDS_MAX) / 60,
            multiple: true,
        }
    }
}

impl Configuration {
    /// From the answer of `GET /api/v2/instance`, or of v1, which has the same `configuration` since Mastodon 3.5.
    pub(crate) fn of(instance: &Value) -> Self {
        let number = |path: &str| instance.pointer(path).and_then(Value::as_u64).filter(|number| *number > 0);
        let small = |path: &str| number(path).map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        let mime = instance.pointer("/configuration/media_attachments/supported_mime_types").and_then(Value::as_array);
        Self {
            max_characters: small("/configuration/statuses/max_characters"),
            characters_reserved_per_url: small("/configuration/statuses/characters_reserved_per_url"),
            max_media_attachments: small("/configuration/statuses/max_media_attachments"),
            description_limit: small("/configuration/media_attachments/description_limit"),
            supported_mime_types: mime.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            image_size_limit: number("/configuration/media_attachments/image_size_limit"),
            image_matrix_limit: number("/configuration/media_attachments/image_matrix_limit"),
            video_size_limit: number("/configuration/media_attachments/video_size_limit"),
            video_matrix_limit: number("/configuration/media_attachments/video_matrix_limit"),
            video_frame_rate_limit: small("/configuration/media_attachments/video_frame_rate_limit"),
            poll_max_options: small("/configuration/polls/max_options"),
            poll_max_characters_per_option: small("/configuration/polls/max_characters_per_option"),
            poll_min_expiration: small("/configuration/polls/min_expiration"),
            poll_max_expiration: small("/configuration/polls/max_expiration"),
        }
    }
}

/// What the server runs: the name in its NodeInfo if it tells one, else what its version string gives away.
pub(crate) fn software(node_info: Option<&str>, version: &str, api_version: Option<u32>) -> String {
    if let Some(name) = node_info.map(str::trim).filter(|name| !name.is_empty()) {
        return name.to_lowercase();
    }
    // `2.7.2 (compatible; Pleroma 2.7.0)` and `takahe/0.11.0` name the software; `4.3.0+glitch` names a fork.
    let named = match version.split_once("(compatible;") {
        Some((_, rest)) => rest.trim().split([' ', ')', '/']).next(),
        None => version.split_once('/').map(|(name, _)| name),
    };
    match named {
        Some(name) => name.trim().to_lowercase(),
        None if api_version.is_some() && looks_like_mastodon(version) => "mastodon".to_owned(),
        None => "unknown".to_owned(),
    }
}

/// Whether `Idempotency-Key` works: only Mastodon and its close forks do it, and a name alone is not believed.
pub(crate) fn supports_idempotency(software: &str, version: &str) -> bool {
    is_mastodon(software) && looks_like_mastodon(version)
}

fn is_mastodon(software: &str) -> bool {
    MASTODON_FORKS.contains(&software)
}

/// A version of Mastodon is three numbers, perhaps with a suffix after `+` or `-`, and nothing about compatibility.
fn looks_like_mastodon(version: &str) -> bool {
    !version.contains("compatible") && !version.contains('/') && !version.contains(' ') && at_least(version, (1, 0))
}

fn at_least(version: &str, wanted: (u32, u32)) -> bool {
    let mut numbers = version.split(['.', '+', '-', ' ']).map(|part| part.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= wanted,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_instance_sets_every_limit() {
        let answer = json!({ "configuration": {
            "statuses": { "max_characters": 3000, "max_media_attachments": 6, "characters_reserved_per_url": 30 },
            "media_attachments": { "supported_mime_types": ["image/png", "image/jpeg", "image/gif", "video/webm", "video/mp4", "audio/ogg"],
                "description_limit": 900, "image_size_limit": 1000, "image_matrix_limit": 2000, "video_size_limit": 3000,
                "video_matrix_limit": 4000, "video_frame_rate_limit": 50 },
            "polls": { "max_options": 7, "max_characters_per_option": 80, "min_expiration": 301, "max_expiration": 3659 },
        }});
        let facts = Facts {
            instance: "https://a.example".into(),
            configuration: Configuration::of(&answer),
            ..Facts::default()
        };
        let limits = facts.limits();
        assert_eq!((limits.text.max, facts.url_characters(), limits.alt_text_max), (3000, 30, 900));
        let images = limits.images.expect("images");
        assert_eq!((images.count_max, images.bytes_max, images.pixels_max), (6, 1000, 2000));
        assert_eq!(images.mime, ["image/jpeg", "image/png"]);
        assert_eq!(limits.gif.expect("GIFs").count_max, 6, "they are counted with the images");
        let video = limits.video.expect("video");
        assert_eq!((video.mime, video.bytes_max), (vec!["video/mp4".to_owned(), "video/webm".to_owned()], 3000));
        assert_eq!((video.coding.pixels_max, video.coding.frames_per_second_max), (Some(4000), Some(50)));
        let poll = limits.poll.expect("polls");
        assert_eq!((poll.options_max, poll.option_chars_max), (7, 80));
        assert_eq!((poll.duration_min_minutes, poll.duration_max_minutes), (6, 60), "rounded inwards to whole minutes");
        assert!(limits.text.source.starts_with("https://a.example"));
    }

    #[test]
    fn what_an_instance_does_not_say_is_mastodons_default() {
        let limits = Facts::read(&Value::Null).limits();
        assert_eq!((limits.text.max, limits.alt_text_max), (500, 1500));
        assert_eq!(limits.images.expect("images").count_max, 4);
        assert!(limits.text.source.contains("default"));
        assert!(!limits.quote && !limits.edit && limits.delete);
        let poll = limits.poll.expect("polls");
        assert_eq!((poll.options_max, poll.duration_min_minutes, poll.duration_max_minutes), (4, 5, 43_829));
    }

    #[test]
    fn an_instance_without_video_takes_none() {
        let answer = json!({ "configuration": { "media_attachments": { "supported_mime_types": ["image/webp"] } } });
        let facts = Facts { configuration: Configuration::of(&answer), ..Facts::default() };
        assert!(facts.limits().video.is_none() && facts.limits().gif.is_none());
        assert_eq!(facts.limits().images.expect("images").mime, ["image/webp"]);
    }

    #[test]
    fn the_software_is_named_by_node_info_or_by_its_version() {
        for (node_info, version, api, named) in [
            (Some("Mastodon"), "4.5.2", Some(7), "mastodon"),
            (Some("gotosocial"), "0.17.3", None, "gotosocial"),
            (None, "4.5.2", Some(7), "mastodon"),
            (None, "4.3.0+glitch", Some(2), "mastodon"),
            (None, "4.2.1", None, "unknown"),
            (None, "2.7.2 (compatible; Pleroma 2.7.0)", None, "pleroma"),
            (None, "takahe/0.11.0", None, "takahe"),
            (None, "", None, "unknown"),
        ] {
            assert_eq!(software(node_info, version, api), named, "{node_info:?} {version}");
        }
    }

    #[test]
    fn only_what_is_mastodon_by_name_and_by_version_is_trusted_with_a_repeat() {
        for (software, version, trusted) in [
            ("mastodon", "4.5.2", true),
            ("mastodon", "4.3.0+glitch", true),
            ("hometown", "4.0.2+hometown-1.1.1", true),
            ("mastodon", "2.7.2 (compatible; Pleroma 2.7.0)", false),
            ("mastodon", "takahe/0.11.0", false),
            ("gotosocial", "0.17.3", false),
            ("takahe", "4.5.2", false),
            ("unknown", "4.5.2", false),
            ("mastodon", "", false),
        ] {
            assert_eq!(supports_idempotency(software, version), trusted, "{software} {version}");
        }
    }

    #[test]
    fn what_a_server_can_do_follows_from_its_api_version() {
        let of = |software: &str, version: &str, api_version| Facts {
            software: software.into(),
            version: version.into(),
            api_version,
            ..Facts::default()
        };
        let current = of("mastodon", "4.5.2", Some(7));
        assert!(current.can_quote() && current.can_edit() && current.can_read_batches() && current.can_delete_media());
        let before_quotes = of("mastodon", "4.4.0", Some(6));
        assert!(!before_quotes.can_quote() && before_quotes.can_delete_media());
        let old = of("mastodon", "3.4.9", None);
        assert!(!old.can_edit() && !old.can_read_batches());
        assert!(of("mastodon", "3.5.0", None).can_edit());
        assert!(of("takahe", "takahe/0.11.0", None).can_edit());
        assert!(!of("pleroma", "2.7.2 (compatible; Pleroma 2.7.0)", None).can_edit());
    }
}
