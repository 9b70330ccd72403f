//! What a grant allows: the scope strings of the AT Protocol, old (`transition:…`) and granular (`repo:…`, `blob:…`, …).

use url::form_urlencoded;

/// What a request wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'a> {
    /// Write a record: `create`, `update` or `delete` in a collection.
    Repo(&'a str, &'a str),
    /// Upload a blob of this type.
    Blob(&'a str),
    /// Call a method (of this service) through the PDS, or get a token for it.
    Rpc(&'a str, &'a str),
    /// Read the account's e-mail address.
    Email,
}

impl Need<'_> {
    /// The narrowest scope string that would do.
    pub fn scope(&self) -> String {
        match self {
            Need::Repo(collection, action) => format!("repo:{collection}?action={action}"),
            Need::Blob(mime) => format!("blob:{mime}"),
            Need::Rpc(method, audience) => format!("rpc:{method}?aud={}", audience.replace('#', "%23")),
            Need::Email => "account:email".to_owned(),
        }
    }
}

/// Whether a space-separated list of scopes allows it. A malformed scope never matches anything.
pub fn allow(scopes: &str, need: &Need<'_>) -> bool {
    scopes.split_ascii_whitespace().any(|scope| allows(scope, need))
}

fn allows(scope: &str, need: &Need<'_>) -> bool {
    match (scope, need) {
        ("transition:generic", Need::Repo(..) | Need::Blob(_)) => return true,
        ("transition:generic", Need::Rpc(method, _)) => return !method.starts_with("chat.bsky."),
        ("transition:chat.bsky", Need::Rpc(method, _)) => return method.starts_with("chat.bsky."),
        ("transition:email", Need::Email) => return true,
        _ => {}
    }
    let Some(parts) = Parts::read(scope) else { return false };
    match need {
        Need::Repo(collection, action) => parts.resource == "repo" && parts.allows_write(collection, action),
        Need::Blob(mime) => parts.resource == "blob" && parts.all("accept").iter().any(|accept| accepts(accept, mime)),
        Need::Rpc(method, audience) => parts.resource == "rpc" && parts.allows_call(method, audience),
        Need::Email => parts.resource == "account" && parts.all("attr") == ["email"],
    }
}

/// `resource[:positional][?name=value&…]`; the positional value counts as one of the resource's main parameter.
struct Parts {
    resource: String,
    values: Vec<(String, String)>,
}

impl Parts {
    fn read(scope: &str) -> Option<Self> {
        let (head, query) = scope.split_once('?').unwrap_or((scope, ""));
        let (resource, positional) = head.split_once(':').map_or((head, None), |(head, value)| (head, Some(value)));
        let main = match resource {
            "repo" => "collection",
            "blob" => "accept",
            "rpc" => "lxm",
            "account" | "identity" => "attr",
            _ => return None,
        };
        let mut values: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        if let Some(value) = positional {
            // Naming the main parameter twice is malformed.
            if values.iter().any(|(name, _)| name == main) {
                return None;
            }
            values.push((main.to_owned(), value.to_owned()));
        }
        Some(Self { resource: resource.to_owned(), values })
    }

    fn all(&self, name: &str) -> Vec<&str> {
        self.values.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    fn allows_write(&self, collection: &str, action: &str) -> bool {
        let actions = self.all("action");
        (actions.is_empty() || actions.contains(&action))
            && self.all("collection").iter().any(|known| *known == "*" || *known == collection)
    }

    fn allows_call(&self, method: &str, audience: &str) -> bool {
        let (methods, audiences) = (self.all("lxm"), self.all("aud"));
        let [aud] = audiences[..] else { return false };
        !(aud == "*" && methods.contains(&"*"))
            && (aud == "*" || aud == audience)
            && methods.iter().any(|known| *known == "*" || *known == method)
    }
}

fn accepts(pattern: &str, mime: &str) -> bool {
    pattern == "*/*"
        || pattern == mime
        || pattern.strip_suffix("/*").is_some_and(|kind| !kind.contains('*') && mime.split('/').next() == Some(kind))
}

/// Whether a scope is of the old kind or `atproto` itself.
pub fn is_legacy(scope: &str) -> bool {
    scope == "atproto" || scope.starts_with("transition:")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUDIENCE: &str = "did:web:api.bsky.app#bsky_appview";

    #[test]
    fn each_kind_of_scope_allows_what_it_names_and_nothing_else() {
        let put = Need::Repo("app.bsky.feed.post", "update");
        assert!(allow("atproto repo:app.bsky.feed.post", &put));
        assert!(!allow("atproto repo:app.bsky.feed.post?action=create", &put));
        assert!(allow("repo:app.bsky.feed.post?action=create&action=update", &put));
        assert!(allow("repo?collection=app.bsky.feed.like&collection=app.bsky.feed.post", &put));
        assert!(allow("repo:*", &put));
        assert!(!allow("repo:app.bsky.*", &put), "malformed, so it never matches");
        assert!(!allow("atproto", &put));
        assert!(allow("transition:generic", &put));
        assert!(allow("blob:image/*", &Need::Blob("image/png")) && !allow("blob:image/*", &Need::Blob("video/mp4")));
        assert!(allow("blob?accept=video/*&accept=image/*", &Need::Blob("video/mp4")));
        assert!(allow("blob:*/*", &Need::Blob("text/vtt")));
        assert!(allow(
            "rpc?lxm=*&aud=did:web:api.bsky.app%23bsky_appview",
            &Need::Rpc("app.bsky.feed.getPosts", AUDIENCE)
        ));
        assert!(!allow("rpc?lxm=*&aud=did:web:other%23bsky_appview", &Need::Rpc("app.bsky.feed.getPosts", AUDIENCE)));
        assert!(!allow("rpc?lxm=*&aud=*", &Need::Rpc("app.bsky.feed.getPosts", AUDIENCE)), "both stars never match");
        assert!(!allow("rpc:app.bsky.feed.getPosts", &Need::Rpc("app.bsky.feed.getPosts", AUDIENCE)), "no audience");
        assert!(!allow("transition:generic", &Need::Rpc("chat.bsky.convo.listConvos", AUDIENCE)));
        assert!(allow("account:email", &Need::Email) && !allow("transition:generic", &Need::Email));
    }
}
