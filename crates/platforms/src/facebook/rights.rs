//! What each thing needs on a page.

use crate::meta::rights::Need;

pub const PUBLISH: Need = Need { scopes: &["pages_manage_posts", "pages_read_engagement"], task: "CREATE_CONTENT" };
pub const COMMENT: Need = Need { scopes: &["pages_manage_engagement"], task: "MODERATE" };
pub const COMMENTS: Need = Need { scopes: &["pages_read_engagement", "pages_read_user_content"], task: "MODERATE" };
pub const NUMBERS: Need = Need { scopes: &["read_insights"], task: "ANALYZE" };
