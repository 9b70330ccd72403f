//! The rules for what a status may be (Mastodon: `POST /api/v1/statuses` and `PUT /api/v1/statuses/:id`).

use std::time::Duration;

use base::Timestamp;

use super::{
    model::{Draft, Poll, Status, Town},
    params::Params,
    refusal::Refusal,
    settings::{Settings, Software},
    text,
};

/// How long an unattached file is kept.
pub const UNATTACHED_LIFE: Duration = Duration::from_secs(24 * 3600);

/// What a status is checked against.
pub struct Rules<'a> {
    /// Everything.
    pub town: &'a Town,
    /// The instance's limits.
    pub settings: &'a Settings,
    /// The author's id.
    pub me: &'a str,
    /// Now.
    pub now: Timestamp,
    /// The status that is being changed, if it is a change.
    pub changes: Option<&'a Status>,
}

impl Rules<'_> {
    /// Reads a status from the parameters.
    ///
    /// # Errors
    /// The first rule that it breaks: 422 for most, 404 for a parent or quoted status that is not there.
    pub fn draft(&self, params: &Params) -> Result<Draft, Refusal> {
        let mut spoiler = params.text("spoiler_text")?.unwrap_or_default();
        let visibility = self.visibility(params)?;
        let sensitive = params.flag("sensitive")?.unwrap_or(false) || !spoiler.trim().is_empty();
        let mut text = params.text("status")?.unwrap_or_default();
        let quote = self.quote(params)?;
        // A warning in front of nothing becomes the text.
        if self.settings.software == Software::Mastodon && text.trim().is_empty() && quote.is_none() {
            text = std::mem::take(&mut spoiler);
        }
        let draft = Draft {
            text,
            sensitive,
            spoiler,
            language: language(params)?,
            in_reply_to: self.parent(params)?,
            media: self.media(params)?,
            poll: self.poll(params)?,
            quote,
            quote_policy: self.quote_policy(params, &visibility)?,
            visibility,
        };
        self.check_together(&draft)?;
        Ok(draft)
    }

    fn check_together(&self, draft: &Draft) -> Result<(), Refusal> {
        let instance = &self.settings.instance;
        if draft.poll.is_some() && !draft.media.is_empty() {
            return Err(Refusal::invalid("A post cannot have both media and a poll"));
        }
        if draft.quote.is_some() && (draft.poll.is_some() || !draft.media.is_empty()) {
            return Err(Refusal::invalid("A quote cannot have media or a poll"));
        }
        if draft.text.trim().is_empty() && draft.media.is_empty() {
            return Err(Refusal::invalid("Text can't be blank"));
        }
        let length = text::length(&draft.text, instance.characters_reserved_per_url)
            // Addresses count in full here.
            + text::characters(&draft.spoiler);
        if length > instance.max_characters {
            let most = instance.max_characters;
            return Err(match self.settings.software {
                Software::Mastodon => Refusal::invalid(format!("Text character limit of {most} exceeded")),
                Software::Takahe => Refusal::unprocessable("Status is too long"),
            });
        }
        Ok(())
    }

    fn visibility(&self, params: &Params) -> Result<String, Refusal> {
        if let Some(status) = self.changes {
            return Ok(status.now.visibility.clone());
        }
        match params.text("visibility")?.as_deref() {
            None => Ok("public".to_owned()),
            Some(known @ ("public" | "unlisted" | "private" | "direct")) => Ok(known.to_owned()),
            Some(_) => Err(Refusal::invalid("Visibility is not included in the list")),
        }
    }

    fn quote_policy(&self, params: &Params, visibility: &str) -> Result<String, Refusal> {
        let before = self.changes.map(|status| status.now.quote_policy.clone());
        let given = params.text("quote_approval_policy")?;
        if given.as_deref().is_some_and(|policy| !["public", "followers", "nobody"].contains(&policy)) {
            return Err(Refusal::invalid("Quote approval policy is not included in the list"));
        }
        let open = !["private", "direct"].contains(&visibility);
        Ok(if open { given.or(before).unwrap_or_else(|| "public".into()) } else { "nobody".into() })
    }

    fn parent(&self, params: &Params) -> Result<Option<u64>, Refusal> {
        if let Some(status) = self.changes {
            return Ok(status.now.in_reply_to);
        }
        let Some(id) = params.text("in_reply_to_id")?.filter(|id| !id.is_empty()) else { return Ok(None) };
        let parent = self.town.status(Some(self.me), &id).ok_or_else(Refusal::not_found)?;
        Ok(Some(parent.id))
    }

    fn quote(&self, params: &Params) -> Result<Option<u64>, Refusal> {
        if let Some(status) = self.changes {
            return Ok(status.now.quote);
        }
        let Some(id) = params.text("quoted_status_id")?.filter(|id| !id.is_empty()) else { return Ok(None) };
        let quoted = self.town.status(Some(self.me), &id).ok_or_else(Refusal::not_found)?;
        if quoted.account != self.me && quoted.now.quote_policy != "public" {
            return Err(Refusal::invalid("The author of the quoted post does not allow this quote"));
        }
        Ok(Some(quoted.id))
    }

    fn media(&self, params: &Params) -> Result<Vec<String>, Refusal> {
        let ids = params.texts("media_ids")?.unwrap_or_default();
        let most = self.settings.instance.max_media_attachments;
        if ids.len() > most {
            return Err(Refusal::invalid(format!("Cannot attach more than {most} files")));
        }
        let here = self.changes.map(|status| status.id);
        let usable = |id: &String| {
            let media = self.town.media.get(id).filter(|media| media.account == self.me)?;
            let is_free = media.attached.is_none() && media.at + UNATTACHED_LIFE > self.now;
            (is_free || media.attached.is_some() && media.attached == here).then_some(media)
        };
        let (found, missing): (Vec<_>, Vec<_>) =
            ids.iter().map(|id| (id, usable(id))).partition(|(_, media)| media.is_some());
        if !missing.is_empty() {
            let missing: Vec<&str> = missing.into_iter().map(|(id, _)| id.as_str()).collect();
            let missing = missing.join(", ");
            return Err(Refusal::invalid(format!("Media {missing} not found or already attached to another post")));
        }
        let found: Vec<_> = found.into_iter().filter_map(|(_, media)| media).collect();
        // An animation counts as an image.
        if found.len() > 1 && found.iter().any(|media| ["video", "audio"].contains(&media.kind.as_str())) {
            return Err(Refusal::invalid("Cannot attach a video to a post that already contains images"));
        }
        if !found.iter().all(|media| media.work.is_ready(self.now)) {
            let not_yet = "Cannot attach files that have not finished processing. Try again in a moment!";
            return Err(Refusal::invalid(not_yet));
        }
        Ok(ids)
    }

    fn poll(&self, params: &Params) -> Result<Option<Poll>, Refusal> {
        let Some(given) = params.group("poll")? else { return Ok(None) };
        given.only(&["options", "expires_in", "multiple", "hide_totals"])?;
        let instance = &self.settings.instance;
        let options = given.texts("options")?.unwrap_or_default();
        if !(2..=instance.max_options).contains(&options.len()) {
            let most = instance.max_options;
            return Err(Refusal::invalid(format!("Poll options must be at least 2 and at most {most} items")));
        }
        if options.iter().any(|option| text::characters(option) > instance.max_characters_per_option) {
            let most = instance.max_characters_per_option;
            return Err(Refusal::invalid(format!("Poll options can't be longer than {most} characters each")));
        }
        let blank = options.iter().any(|option| option.trim().is_empty());
        let twice = (1..options.len()).any(|place| options[..place].contains(&options[place]));
        if blank || twice {
            return Err(Refusal::invalid("Poll options must differ and can't be blank"));
        }
        let expires_in =
            given.number("expires_in")?.ok_or_else(|| Refusal::invalid("Poll expires_in can't be blank"))?;
        if !(instance.min_expiration..=instance.max_expiration).contains(&expires_in) {
            return Err(Refusal::invalid("Poll duration is too short or too far in the future"));
        }
        let begun = self.changes.and_then(|status| status.now.poll.as_ref()).filter(|poll| poll.options == options);
        Ok(Some(Poll {
            // Votes stay only if the choices stay.
            at: begun.map_or(self.now, |poll| poll.at),
            options,
            ends_at: self.now + Duration::from_secs(expires_in),
            multiple: given.flag("multiple")?.unwrap_or(false),
            hide_totals: given.flag("hide_totals")?.unwrap_or(false),
        }))
    }
}

/// What the instance knows of a language: the code itself, or what stands before its region; else nothing, so that the
/// account's own holds. An unknown code is no error.
fn language(params: &Params) -> Result<Option<String>, Refusal> {
    let Some(given) = params.text("language")? else { return Ok(None) };
    if is_known(&given) {
        return Ok(Some(given));
    }
    let code = given.split(['-', '_']).next().unwrap_or_default();
    Ok(is_known(code).then(|| code.to_owned()))
}

/// ISO 639-1 by its form, and by name what the instance knows besides.
fn is_known(code: &str) -> bool {
    const OTHERS: [&str; 20] = [
        "ast", "chr", "ckb", "cnr", "jbo", "kab", "ldn", "lfn", "sco", "sma", "smj", "szl", "tok", "xal", "zba", "zgh",
        "zh-CN", "zh-HK", "zh-TW", "zh-YUE",
    ];
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase()) || OTHERS.contains(&code)
}
