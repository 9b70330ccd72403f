//! Which scopes a post needs, pure: a call outside what was granted is refused here, before anything leaves (P-051).

use base::say;
use connector::{About, Failure, FailureKind, MediaKind, Part};

/// What keeps this part from being sent with these scopes; `None` if nothing does. A grant without scopes (a token that
/// does not tell them) is not judged here.
pub fn missing(about: &About, granted: &[String], part: &Part) -> Option<Failure> {
    if granted.is_empty() {
        return None;
    }
    let has_video = part.media.iter().any(|media| media.kind == MediaKind::Video);
    let own_feature_for_video = about.features.iter().any(|feature| feature.name == "video");
    let sent_as_video = has_video && own_feature_for_video;
    let needs_media = !part.media.is_empty() && !sent_as_video;
    let needed = [("publish", true), ("media", needs_media), ("video", has_video), ("quote", part.quote.is_some())];
    for (name, _) in needed.into_iter().filter(|(_, wanted)| *wanted) {
        if let Some(failure) = lacks(about, granted, name) {
            return Some(failure);
        }
    }
    None
}

/// What keeps a feature from being used with these scopes.
pub fn lacks(about: &About, granted: &[String], name: &str) -> Option<Failure> {
    let feature = about.features.iter().find(|feature| feature.name == name).filter(|_| !granted.is_empty())?;
    let lacking: Vec<&str> =
        feature.scopes.iter().copied().filter(|scope| granted.iter().all(|has| has != scope)).collect();
    (!lacking.is_empty()).then(|| {
        let detail = say!("{name} was not allowed to `{feature}` when the channel was connected (missing: {lacking}). Reconnect the channel and allow it.", name = about.name, feature = name, lacking = lacking.join(", "));
        Failure::rejected(FailureKind::ScopeMissing, detail)
    })
}

#[cfg(test)]
mod tests {
    use connector::{Connector as _, testing::FakePlatform};

    use super::*;

    #[test]
    fn p_051_a_part_that_needs_a_scope_that_was_not_granted_is_refused() {
        let fake = FakePlatform::default();
        let part = Part { text: "Hello".into(), ..Part::default() };
        let granted = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect::<Vec<_>>();
        assert_eq!(missing(fake.about(), &granted(&["write", "read"]), &part).map(|f| f.kind), None);
        assert_eq!(missing(fake.about(), &granted(&[]), &part).map(|f| f.kind), None);
        let refused = missing(fake.about(), &granted(&["read"]), &part).expect("refused");
        assert_eq!(refused.kind, FailureKind::ScopeMissing);
        assert!(refused.detail.english().contains("missing: write"), "{}", refused.detail);
    }
}
