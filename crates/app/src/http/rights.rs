//! One type per permission, so that what a route needs stands in its signature: `scope: May<PostsWrite>`.

use base::Permission;

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! rights {
    ($($name:ident)*) => {
        $(#[doc = concat!("The right [`Permission::", stringify!($name), "`].")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Right for $name {
            const PERMISSION: Permission = Permission::$name;
        })*

        #[cfg(test)]
        const ALL: &[Permission] = &[$(Permission::$name),*];
    };
}

rights! {
    PostsRead PostsWrite PostsPublish ChannelsRead ChannelsManage MediaRead MediaWrite InsightsRead EventsRead
    MembersRead MembersManage KeysManage WorkspaceManage AuditRead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_23_every_permission_of_a_workspace_has_a_type() {
        let missing: Vec<_> =
            Permission::ALL.iter().filter(|one| !ALL.contains(one) && **one != Permission::Operate).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
