//! What the app and the member may do on one channel. LinkedIn gives scopes by product and roles by organisation; what was not
//! granted is off, with the reason.

use base::{Text, say};
use connector::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A channel's facts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rights {
    /// The scopes of the grant.
    pub scopes: Vec<String>,
    /// The member's role at an organisation; `None` for a member's own channel.
    pub role: Option<String>,
}

/// Something that needs a scope, and at an organisation a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Publish,
    Comment,
    /// Own posts, which tell what became of one.
    Posts,
    /// Comments under them.
    Comments,
    Numbers,
}

/// Roles that may post. The Posts and the Comments API name them differently.
pub const MAY_POST: &[&str] = &[
    "ADMINISTRATOR",
    "CONTENT_ADMIN",
    "CONTENT_ADMINISTRATOR",
    "DIRECT_SPONSORED_CONTENT_POSTER",
    "RECRUITING_POSTER",
];

impl Need {
    /// One of these scopes is enough.
    fn scopes(self, is_organization: bool) -> &'static [&'static str] {
        match (self, is_organization) {
            (Self::Publish, false) => &["w_member_social"],
            (Self::Publish, true) => &["w_organization_social"],
            (Self::Comment, false) => &["w_member_social_feed"],
            (Self::Comment, true) => &["w_organization_social_feed"],
            (Self::Posts, false) => &["r_member_social"],
            (Self::Posts, true) => &["r_organization_social"],
            (Self::Comments, false) => &["r_member_social_feed"],
            (Self::Comments, true) => &["r_organization_social_feed"],
            (Self::Numbers, false) => &[],
            (Self::Numbers, true) => &["r_organization_admin", "rw_organization_admin"],
        }
    }
}

impl Rights {
    /// From a channel's facts.
    pub fn of(facts: &Value) -> Self {
        Self::deserialize(facts).unwrap_or_default()
    }

    /// What is missing for this, if anything is. Facts that say nothing forbid nothing.
    pub fn missing(&self, need: Need) -> Option<Text> {
        let scopes = need.scopes(self.role.is_some());
        let has = |scope: &&str| self.scopes.iter().any(|held| held == scope);
        if !self.scopes.is_empty() && !scopes.iter().any(has) {
            return Some(say!(
                "LinkedIn gave this channel no permission for this ({scope}). It needs an app with the Community Management API: an operator adds the scope under Settings, Installation, then the channel is reconnected.",
                scope = scopes.first().copied().unwrap_or("-").to_owned()
            ));
        }
        let roles = if need == Need::Numbers { &MAY_POST[..1] } else { MAY_POST };
        let role = self.role.as_deref().filter(|role| !roles.contains(role))?;
        Some(say!(
            "The member who connected this channel may not do this for the organisation (their role is {role}). One of its super admins must give them the role, under Manage admins.",
            role = role.to_owned()
        ))
    }

    /// Whether nothing is missing.
    pub fn allow(&self, need: Need) -> bool {
        self.missing(need).is_none()
    }

    /// A failure that says what is missing.
    pub fn require(&self, need: Need) -> Result<(), Failure> {
        self.missing(need).map_or(Ok(()), |why| Err(Failure::rejected(FailureKind::ScopeMissing, why)))
    }
}
