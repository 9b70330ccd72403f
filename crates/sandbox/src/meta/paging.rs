//! Pages of lists: `limit`, cursors before and after, `since` and `until`.

use base::Timestamp;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    error::{GraphError, Kind},
    params::Params,
    read_time,
};

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    limit: usize,
    before: Option<String>,
    after: Option<String>,
    /// From when.
    pub since: Option<Timestamp>,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// The part of a list, with what the answer says about the rest.
pub struct Part<T> {
    /// The items.
    pub items: Vec<T>,
    /// `paging` of the answer; absent for an empty part.
    pub paging: Option<Value>,
}

impl Page {
    /// Reads the parameters. `most` is how many items a page has at most; more are quietly too many.
    ///
    /// # Errors
    /// 100 if one does not read, or both cursors are given.
    pub fn of(params: &Params, kind: Kind, usual: usize, most: usize) -> Result<Self, GraphError> {
        let refuse = |name: &str| kind.invalid(format!("(#100) Param {name} is not valid"));
        let time =
            |name: &'static str| params.get(name).map(|text| read_time(text).ok_or_else(|| refuse(name))).transpose();
        let cursor = |name: &'static str| {
            let read = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
            params.get(name).map(|text| read(text).ok_or_else(|| refuse(name))).transpose()
        };
        let limit = params.get("limit").map(|text| text.parse::<usize>().ok().filter(|limit| *limit > 0));
        let limit = limit.map(|limit| limit.ok_or_else(|| refuse("limit"))).transpose()?.unwrap_or(usual);
        let page = Self {
            limit: limit.min(most),
            before: cursor("before")?,
            after: cursor("after")?,
            since: time("since")?,
            until: time("until")?,
        };
        if page.before.is_some() && page.after.is_some() {
            return Err(kind.invalid("(#100) Cannot specify both before and after cursors"));
        }
        Ok(page)
    }

    /// Whether the times let it through.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at <= until)
    }

    /// The part of `all`, which is in the order of the list. A cursor names an item; of an item that is gone, everything
    /// is given.
    pub fn cut<T>(&self, all: Vec<T>, id: impl Fn(&T) -> String, address: &str, params: &Params) -> Part<T> {
        let place =
            |cursor: &Option<String>| cursor.as_ref().and_then(|at| all.iter().position(|item| id(item) == *at));
        let (from, to) = match (place(&self.before), place(&self.after)) {
            (Some(before), _) => (before.saturating_sub(self.limit), before),
            (_, Some(after)) => (after + 1, all.len()),
            _ => (0, all.len()),
        };
        let (before_it, more) = (from > 0, to - from.min(to) > self.limit || to < all.len());
        let items: Vec<T> = all.into_iter().skip(from).take(to.saturating_sub(from).min(self.limit)).collect();
        let cursor = |item: Option<&T>| item.map(|item| URL_SAFE_NO_PAD.encode(id(item)));
        let paging = cursor(items.first()).zip(cursor(items.last())).map(|(first, last)| {
            let mut paging = json!({ "cursors": { "before": first, "after": last } });
            if more {
                paging["next"] = json!(turned(address, params, "after", &last));
            }
            if before_it {
                paging["previous"] = json!(turned(address, params, "before", &first));
            }
            paging
        });
        Part { items, paging }
    }
}

impl<T> Part<T> {
    /// `{"data":[…],"paging":…}`.
    pub fn answer(self, mut shape: impl FnMut(T) -> Result<Value, GraphError>) -> Result<Value, GraphError> {
        let data: Vec<Value> = self.items.into_iter().map(&mut shape).collect::<Result<_, _>>()?;
        let mut answer = json!({ "data": data });
        if let Some(paging) = self.paging {
            answer["paging"] = paging;
        }
        Ok(answer)
    }
}

/// The call again with another cursor. It holds the token only if the call had it in its query: with a header the next
/// call needs the header again.
fn turned(address: &str, params: &Params, name: &str, cursor: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (known, value) in params.iter() {
        let is_cursor = ["before", "after"].contains(&known);
        if !is_cursor && (known != "access_token" || params.token_in_query) {
            query.append_pair(known, value);
        }
    }
    format!("{address}?{}", query.append_pair(name, cursor).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: usize, before: Option<&str>, after: Option<&str>) -> Page {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Page { limit, before: text(before), after: text(after), since: None, until: None }
    }

    #[test]
    fn pages_follow_each_other_in_both_directions_without_gap_or_repeat() {
        let cut = |page: Page| page.cut((1..=7).collect(), u32::to_string, "http://x/me/threads", &Params::default());
        assert_eq!(cut(page(3, None, None)).items, [1, 2, 3]);
        assert_eq!(cut(page(3, None, Some("3"))).items, [4, 5, 6]);
        let last = cut(page(3, None, Some("6")));
        assert_eq!(last.items, [7]);
        let paging = last.paging.expect("not empty");
        assert!(paging.get("next").is_none() && paging["previous"].is_string(), "{paging}");
        assert_eq!(cut(page(3, Some("4"), None)).items, [1, 2, 3]);
        assert_eq!(cut(page(3, Some("7"), None)).items, [4, 5, 6]);
        let past = cut(page(3, None, Some("7")));
        assert!(past.items.is_empty() && past.paging.is_none());
    }
}
