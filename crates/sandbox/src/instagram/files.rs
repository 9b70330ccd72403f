//! Pictures and films: how they come, and which the network takes (Instagram Platform: IG User media).

use super::problem::{self, refusal, refusal_saying};
use crate::{
    Core,
    meta::{
        error::GraphError,
        fetch::{self, FetchError, Fetched, File},
        film::{Breach, Demands, Film},
    },
    sniff::sniff,
};

use super::model::Kind;

/// Bytes of a picture.
const IMAGE_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a reel or of a video in a carousel. Older documentation has 1 GB.
const REEL_BYTES: usize = 300 * 1000 * 1000;
/// Bytes of a video story.
const STORY_BYTES: usize = 100 * 1000 * 1000;
/// Width over height of a picture in the feed: 4:5 to 1.91:1.
const RATIO: std::ops::RangeInclusive<f64> = 0.8..=1.91;
/// How far a ratio may be off, since pixels are whole: 1080 by 566 is 1.908, and 1080 by 1351 passes too.
const ROUNDING: f64 = 0.005;

/// How many bytes a film of this kind may have.
pub const fn most_bytes(kind: Kind) -> usize {
    if matches!(kind, Kind::StoryVideo) { STORY_BYTES } else { REEL_BYTES }
}

/// What a film of this kind must be. Those of carousels are not documented; as long as a story is what people report.
fn demands(kind: Kind) -> Demands {
    let (seconds, ratio) = match kind {
        Kind::Reel => (3.0..=900.0, 0.01..=10.0),
        Kind::StoryVideo => (3.0..=60.0, 0.1..=10.0),
        _ => (3.0..=60.0, 0.01..=10.0),
    };
    Demands { seconds, widest: 1_920, ratio, bits: 25e6 }
}

/// Fetches a picture while the caller waits.
///
/// # Errors
/// Why it is not taken.
pub async fn picture(core: &Core, http: &reqwest::Client, address: &str, kind: Kind) -> Result<File, GraphError> {
    let Fetched { found, bytes } = fetch::fetch(http, address, IMAGE_BYTES).await.map_err(|error| match error {
        FetchError::TooLarge => refusal("36000/2207004"),
        FetchError::Unreachable | FetchError::NotMedia => problem::not_fetched(address),
    })?;
    if found.content_type != "image/jpeg" {
        let text = format!("The image format {} is not supported. Supported formats are: JPEG.", found.content_type);
        return Err(refusal_saying("36001/2207005", "Unsupported format", text));
    }
    let Some((wide, high)) = found.size.filter(|(wide, high)| *wide > 0 && *high > 0) else {
        return Err(refusal("36001/2207005"));
    };
    let ratio = f64::from(wide) / f64::from(high);
    let fits = RATIO.start() - ROUNDING <= ratio && ratio <= RATIO.end() + ROUNDING;
    // Stories are shown whole, with a border where they do not fit.
    if !kind.is_story() && !fits {
        let text = format!(
            "The submitted image with aspect ratio {ratio:.3} cannot be published. Please submit an image with a valid \
             aspect ratio."
        );
        return Err(refusal_saying("36003/2207009", "Invalid aspect ratio", text));
    }
    Ok(File { blob: core.blobs.put(bytes), content_type: found.content_type.to_owned() })
}

/// Looks at a film that came. Containers tell the subcode in their `status`.
///
/// # Errors
/// The subcode.
pub fn film(core: &Core, kind: Kind, offset: Option<u64>, bytes: bytes::Bytes) -> Result<File, &'static str> {
    let found = sniff(&bytes).filter(|found| ["video/mp4", "video/quicktime"].contains(&found.content_type));
    let found = found.ok_or("2207026")?;
    let film = Film::of(&bytes);
    match film.breach(bytes.len(), &demands(kind)) {
        // Which of these has which subcode is documented for the first group only.
        Some(Breach::Codec | Breach::Sound | Breach::IndexLast | Breach::Duration | Breach::Size) => {
            return Err("2207026");
        }
        Some(_) => return Err("2207076"),
        None => {}
    }
    let length = film.seconds.map(|seconds| seconds * 1_000.0);
    if offset.zip(length).is_some_and(|(offset, length)| offset as f64 >= length) {
        return Err("2207057");
    }
    Ok(File { blob: core.blobs.put(bytes), content_type: found.content_type.to_owned() })
}

/// Fetches a film, and looks at it.
///
/// # Errors
/// The subcode.
pub async fn fetched_film(
    core: &Core,
    http: &reqwest::Client,
    kind: Kind,
    offset: Option<u64>,
    address: &str,
) -> Result<File, &'static str> {
    let fetched = fetch::fetch(http, address, most_bytes(kind)).await.map_err(|error| match error {
        FetchError::TooLarge => "2207026",
        FetchError::Unreachable => "2207077",
        FetchError::NotMedia => "2207052",
    })?;
    film(core, kind, offset, fetched.bytes)
}
