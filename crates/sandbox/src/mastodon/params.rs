//! Request parameters: JSON, a form, or a form with brackets (`poll[options][]=a`), all read into the same tree.

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The parameters of one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Params(pub Map<String, Value>);

impl Params {
    /// Reads a body by its content type.
    ///
    /// # Errors
    /// 400 if it does not read, 415 if the type is another one.
    pub fn read(content_type: Option<&str>, body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match content_type.and_then(|text| text.split(';').next()).map(str::trim) {
            Some("application/json") => match serde_json::from_slice(body) {
                Ok(Value::Object(map)) => Ok(Self(map)),
                _ => Err(Refusal::bad_request("There was a problem parsing the JSON you submitted")),
            },
            Some("application/x-www-form-urlencoded") => Self::form(body),
            other => Err(Refusal::unsupported(format!(
                "Content type {} is not taken here; send application/json or a form",
                other.unwrap_or("(none)")
            ))),
        }
    }

    /// Reads a form or a query.
    ///
    /// # Errors
    /// 400 if a name is used for two kinds of thing.
    pub fn form(text: &[u8]) -> Result<Self, Refusal> {
        let mut map = Map::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            place(&mut map, &name, value.into_owned().into())
                .ok_or_else(|| Refusal::bad_request(format!("invalid parameter: {name}")))?;
        }
        Ok(Self(map))
    }

    /// Refuses every parameter that is not named here.
    ///
    /// # Errors
    /// 422 that names the first stranger. A real instance would pass over it in silence, which hides slips.
    pub fn only(&self, known: &[&str]) -> Result<&Self, Refusal> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            Some(stranger) => Err(Refusal::invalid(format!("{stranger} is not a parameter of this method"))),
            None => Ok(self),
        }
    }

    /// A text; absent and null are the same.
    ///
    /// # Errors
    /// 422 if it is something else.
    pub fn text(&self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Refusal::invalid(format!("{name} must be a string"))),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// 400 if it is missing.
    pub fn needed(&self, name: &str) -> Result<String, Refusal> {
        let found = self.text(name)?.filter(|text| !text.is_empty());
        found.ok_or_else(|| Refusal::bad_request(format!("param is missing or the value is empty: {name}")))
    }

    /// Yes or no; in a form `true`, `1`, `on` and their opposites.
    ///
    /// # Errors
    /// 422 if it is something else.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if ["true", "1", "on"].contains(&text.as_str()) => Ok(Some(true)),
            Some(Value::String(text)) if ["false", "0", "off", ""].contains(&text.as_str()) => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid(format!("{name} must be true or false"))),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// 422 if it is something else.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be a whole number"));
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => number.as_u64().map(Some).ok_or_else(wrong),
            Some(Value::String(text)) => text.parse().map(Some).map_err(|_| wrong()),
            Some(_) => Err(wrong()),
        }
    }

    /// A list of texts; `None` if it was not given.
    ///
    /// # Errors
    /// 422 if it is something else.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        let wrong = || Refusal::invalid(format!("{name} must be an array of strings"));
        let items = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(wrong()),
        };
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect::<Result<_, _>>().map(Some)
    }

    /// A group of parameters; `None` if it was not given.
    ///
    /// # Errors
    /// 422 if it is something else.
    pub fn group(&self, name: &str) -> Result<Option<Params>, Refusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Params(map.clone()))),
            Some(_) => Err(Refusal::invalid(format!("{name} must be an object"))),
        }
    }
}

fn place(map: &mut Map<String, Value>, name: &str, value: Value) -> Option<()> {
    let Some((first, rest)) = name.split_once('[') else {
        map.insert(name.to_owned(), value);
        return Some(());
    };
    let (inner, after) = rest.split_once(']')?;
    if inner.is_empty() {
        map.entry(first).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()?.push(value);
        return Some(());
    }
    let group = map.entry(first).or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
    place(group, &format!("{inner}{after}"), value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_in_a_form_become_the_tree_that_json_would_be() {
        let form = b"status=hi&media_ids%5B%5D=1&media_ids%5B%5D=2&poll%5Boptions%5D%5B%5D=a&poll%5Bexpires_in%5D=300";
        let params = Params::read(Some("application/x-www-form-urlencoded"), form).expect("reads");
        let tree = json!({"status": "hi", "media_ids": ["1", "2"], "poll": {"options": ["a"], "expires_in": "300"}});
        assert_eq!(Value::Object(params.0.clone()), tree);
        assert_eq!(params.group("poll").expect("an object").expect("there").number("expires_in"), Ok(Some(300)));
    }

    #[test]
    fn what_is_not_a_parameter_is_named() {
        let params = Params::read(Some("application/json"), br#"{"visiblity":"public"}"#).expect("reads");
        let refused = params.only(&["visibility"]).expect_err("a slip");
        assert!(refused.error.contains("visiblity"), "{}", refused.error);
        assert_eq!(Params::read(Some("text/plain"), b"x").expect_err("wrong type").status, 415);
    }
}
