//! What every account on Notice Board can take, and what is refused before anything is sent. Pure.

use connector::{Draft, Issue, Limits, TextLimit, Unit};

use super::ABOUT;
use crate::kit::rules::{self, Counted, Rules};

/// Longest text, in code points.
pub const TEXT_MAX: u32 = 500;
/// Parts of a thread; the figure is our own.
pub const PARTS_MAX: u32 = 50;

// To fill in: where each limit is documented.
const SOURCE: &str = "Notice Board API, notices";

/// What an account can take.
// To fill in: every limit, with files, polls and quotes where there are some.
pub fn all() -> Limits {
    Limits {
        text: TextLimit { max: TEXT_MAX, unit: Unit::CodePoints, max_bytes: None, source: SOURCE.to_owned() },
        parts_max: PARTS_MAX,
        images: None,
        gif: None,
        video: None,
        mixed_media: false,
        alt_text_max: 0,
        poll: None,
        quote: false,
        edit: true,
        delete: true,
        text_optional: false,
        same_text_refused_s: None,
    }
}

/// The length of a text.
// To fill in: how the network counts, and in `Publish::read` which links, names and tags it finds.
pub fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Everything in a draft that Notice Board would refuse or lose.
pub fn check(draft: &Draft) -> Vec<Issue> {
    let limits = all();
    let rules = Rules { at: ABOUT.name, limits: &limits, source: SOURCE, count_option: &length };
    // To fill in: what only this network refuses.
    rules::check(draft, &rules, |_, part| Counted::text(length(&part.text), part))
}
