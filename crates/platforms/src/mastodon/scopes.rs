//! Permissions: what each feature needs, in the words that an instance knows.

/// The scopes of each feature (P-051: the least that does it). `profile` (or `read:accounts` on servers before
/// Mastodon 4.3) is asked for besides, always: without it we could not know whose token it is.
pub(crate) const PUBLISH: &[&str] = &["write:statuses"];
/// Files of a post.
pub(crate) const MEDIA: &[&str] = &["write:media"];
/// Own posts: to look up what became of one.
pub(crate) const READ: &[&str] = &["read:statuses"];
/// Finding the post to quote by its address.
pub(crate) const QUOTE: &[&str] = &["read:search"];
/// Liking the answers of others.
pub(crate) const LIKES: &[&str] = &["write:favourites"];

/// Who the token belongs to, the narrow way (Mastodon 4.3) and the wide one.
const IDENTITY: [&str; 2] = ["profile", "read:accounts"];

/// What is asked for if nothing is chosen: all that publishing needs.
const BY_DEFAULT: &[&str] = &["publish", "media", "read"];

/// The scopes of a feature; `None` if there is no such feature.
pub(crate) fn of_feature(name: &str) -> Option<&'static [&'static str]> {
    let found = super::ABOUT.features.iter().find(|feature| feature.name == name)?;
    Some(found.scopes)
}

/// The scopes to ask for, for these features, on a server that knows `known` (empty: it does not say).
pub(crate) fn wanted(features: &[String], known: &[String]) -> Result<Vec<String>, String> {
    let chosen: Vec<&str> =
        if features.is_empty() { BY_DEFAULT.to_vec() } else { features.iter().map(String::as_str).collect() };
    let mut all = vec![identity(known).to_owned()];
    for feature in chosen {
        let scopes = of_feature(feature).ok_or_else(|| feature.to_owned())?;
        all.extend(scopes.iter().map(|scope| in_words_of(known, scope)));
    }
    Ok(unique(all))
}

/// The scopes to register an app with: all that any channel may ever be asked for, since no sign-in can ask for more.
pub(crate) fn to_register(known: &[String]) -> Vec<String> {
    let features = super::ABOUT.features.iter().flat_map(|feature| feature.scopes);
    let mut all: Vec<String> = features.map(|scope| in_words_of(known, scope)).collect();
    all.push(identity(known).to_owned());
    unique(all)
}

fn identity(known: &[String]) -> &'static str {
    let [narrow, wide] = IDENTITY;
    if known.iter().any(|scope| scope == narrow) { narrow } else { wide }
}

/// Servers that do not know fine scopes know the coarse ones.
fn in_words_of(known: &[String], scope: &str) -> String {
    let coarse = scope.split_once(':').map_or(scope, |(coarse, _)| coarse);
    let is_known = |name: &str| known.iter().any(|known| known == name);
    if known.is_empty() || is_known(scope) || !is_known(coarse) { scope.to_owned() } else { coarse.to_owned() }
}

/// What was granted, with the fine scopes that a coarse one includes, so that a feature finds the name it needs.
pub(crate) fn granted(scopes: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = scopes.into_iter().filter(|scope| !scope.is_empty()).collect();
    let fine = super::ABOUT.features.iter().flat_map(|feature| feature.scopes).copied().chain(IDENTITY);
    let included = fine.filter(|scope| {
        let coarse = scope.split_once(':').map_or("read", |(coarse, _)| coarse);
        all.iter().any(|granted| granted == coarse)
    });
    let included: Vec<String> = included.map(str::to_owned).collect();
    all.extend(included);
    unique(all)
}

/// All that we ever use: what a token that tells nothing of its scopes is taken to have.
pub(crate) fn all() -> Vec<String> {
    to_register(&[])
}

fn unique(mut scopes: Vec<String>) -> Vec<String> {
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    const CURRENT: &str =
        "profile read write read:accounts read:statuses read:search write:favourites write:statuses write:media push";

    #[test]
    fn p_051_publishing_asks_for_the_least_that_the_instance_knows() {
        let ask = |features: &str, known: &str| wanted(&words(features), &words(known)).expect("features").join(" ");
        assert_eq!(ask("", CURRENT), "profile read:statuses write:media write:statuses");
        assert_eq!(ask("", ""), "read:accounts read:statuses write:media write:statuses");
        assert_eq!(ask("publish", CURRENT), "profile write:statuses");
        assert_eq!(ask("publish quote", CURRENT), "profile read:search write:statuses");
        assert_eq!(ask("", "read write follow push"), "read read:accounts write");
        assert_eq!(wanted(&words("telepathy"), &[]), Err("telepathy".to_owned()));
    }

    #[test]
    fn an_app_is_registered_with_all_that_may_be_asked_for_later() {
        assert_eq!(
            to_register(&words(CURRENT)).join(" "),
            "profile read:search read:statuses write:favourites write:media write:statuses"
        );
    }

    #[test]
    fn a_coarse_grant_includes_the_fine_ones() {
        let all = granted(words("read write"));
        for scope in ["read", "read:statuses", "read:search", "read:accounts", "profile", "write", "write:media"] {
            assert!(all.iter().any(|granted| granted == scope), "{scope} in {all:?}");
        }
        assert_eq!(granted(words("profile write:statuses")), words("profile write:statuses"));
    }
}
