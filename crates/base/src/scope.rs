//! Who acts, in which workspace, with which permissions. Every call that touches a workspace takes a [`Scope`] (S-41).

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::ids::{ApiKeyId, ChannelId, PersonId, WorkspaceId};

// `tt`, not `literal`: utoipa does not see through the group that a `literal` is wrapped in, and would describe the names of
// the variants instead of the words that are sent.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:tt,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)* }
        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            /// The word in the API and the database.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// Reads the word.
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)* _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

words! {
    /// A permission: a resource and a verb (S-23).
    Permission {
        /// See posts, variants and publications.
        PostsRead = "posts:read",
        /// Write drafts and change posts.
        PostsWrite = "posts:write",
        /// Schedule, publish and unschedule posts, and decide about publications that need attention.
        PostsPublish = "posts:publish",
        /// See channels and their health.
        ChannelsRead = "channels:read",
        /// Connect, reconnect, pause and disconnect channels; queue slots.
        ChannelsManage = "channels:manage",
        /// See and download media.
        MediaRead = "media:read",
        /// Upload and delete media.
        MediaWrite = "media:write",
        /// Read insights and metrics.
        InsightsRead = "insights:read",
        /// Read the event stream.
        EventsRead = "events:read",
        /// See members.
        MembersRead = "members:read",
        /// Invite, change and remove members.
        MembersManage = "members:manage",
        /// Create and revoke API keys.
        KeysManage = "keys:manage",
        /// Change the workspace itself.
        WorkspaceManage = "workspace:manage",
        /// Read the audit log.
        AuditRead = "audit:read",
        /// Run the installation: platform apps, emergency stop, health. Held by the installation's owner only.
        Operate = "instance:operate",
    }
}

words! {
    /// A member's role in a workspace.
    Role {
        /// Everything, and the only role that may add owners.
        Owner = "owner",
        /// Everything except managing owners and deleting the workspace.
        Manager = "manager",
        /// Writes and publishes.
        Editor = "editor",
        /// Writes; an editor publishes.
        Author = "author",
        /// Reads.
        Analyst = "analyst",
    }
}

/// A set of permissions.
pub type Permissions = BTreeSet<Permission>;

impl Role {
    /// What the role may do.
    pub fn permissions(self) -> Permissions {
        use Permission as P;
        let analyst = [P::PostsRead, P::ChannelsRead, P::MediaRead, P::InsightsRead, P::EventsRead, P::MembersRead];
        let author = [P::PostsWrite, P::MediaWrite];
        let editor = [P::PostsPublish];
        let manager = [P::ChannelsManage, P::MembersManage, P::KeysManage, P::WorkspaceManage, P::AuditRead];
        let mut all: Permissions = analyst.into();
        if self <= Role::Author {
            all.extend(author);
        }
        if self <= Role::Editor {
            all.extend(editor);
        }
        if self <= Role::Manager {
            all.extend(manager);
        }
        all
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person in a session.
    Person(PersonId),
    /// A program with an API key.
    Key(ApiKeyId),
    /// Fanfare itself: the name of a job.
    System(&'static str),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Actor::Person(id) => write!(f, "{id}"),
            Actor::Key(id) => write!(f, "{id}"),
            Actor::System(job) => write!(f, "system:{job}"),
        }
    }
}

/// An actor's permissions in one workspace. Created by authentication, or by a job for its own work.
#[derive(Debug, Clone)]
pub struct Scope {
    actor: Actor,
    workspace: WorkspaceId,
    permissions: Permissions,
    /// `None` is all.
    channels: Option<Arc<BTreeSet<ChannelId>>>,
}

impl Scope {
    /// From authentication.
    pub fn new(actor: Actor, workspace: WorkspaceId, permissions: Permissions) -> Self {
        Self { actor, workspace, permissions, channels: None }
    }

    /// A job's own scope in a workspace.
    pub fn system(job: &'static str, workspace: WorkspaceId) -> Self {
        Self { actor: Actor::System(job), workspace, permissions: Role::Owner.permissions(), channels: None }
    }

    /// The same scope limited to some channels (S-23).
    #[must_use]
    pub fn with_channels(mut self, channels: Arc<BTreeSet<ChannelId>>) -> Self {
        self.channels = Some(channels);
        self
    }

    /// The channels it is limited to; `None` is all of the workspace.
    pub fn channels(&self) -> Option<&BTreeSet<ChannelId>> {
        self.channels.as_deref()
    }

    /// Whether the actor may see and use this channel of the workspace. One they may not is not found.
    pub fn reaches(&self, channel: ChannelId) -> bool {
        self.channels.as_ref().is_none_or(|channels| channels.contains(&channel))
    }

    /// Who acts.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// In which workspace. Store calls take this, so that another workspace's row is not found.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// Whether the actor may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Fails unless the actor may do this.
    ///
    /// # Errors
    /// `forbidden`, naming the permission.
    pub fn require(&self, permission: Permission) -> Result<(), crate::Problem> {
        if self.may(permission) {
            return Ok(());
        }
        let detail = format!("This needs the permission `{permission}`.");
        Err(crate::Problem::new(crate::Code::Forbidden, detail).with("permission", permission))
    }

    /// All the actor may do.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_api_document_has_the_words_that_are_sent() {
        let schema = serde_json::to_value(<Permission as utoipa::PartialSchema>::schema()).expect("a schema");
        let sent: Vec<_> = Permission::ALL.iter().map(|one| serde_json::to_value(one).expect("a word")).collect();
        assert_eq!(schema["enum"], serde_json::Value::Array(sent));
        assert_eq!(schema["description"], "A permission: a resource and a verb (S-23).");
    }
}
