//! `docs/problems.md`: every error that a client can see.

use std::fmt::Write as _;

use base::Code;

/// What it is made from.
pub const SOURCE: &str = "crates/base/src/problem.rs";

/// The document.
pub fn text() -> String {
    let mut text = format!(
        "<!-- Made from {SOURCE} by `cargo xtask generate`. -->\n\n\
         # Problems\n\n\
         An error is a JSON object of the type `application/problem+json` (RFC 9457). Its `type` is `/problems/` and the name below, \
         and never changes; `title` and `remedy` are the sentences below; `detail` says what happened this time. Some problems \
         have more members, such as `errors` or `issues`. Where waiting helps, the header `Retry-After` says how long.\n\n\
         | name | status | what happened | what to do |\n|---|---|---|---|\n",
    );
    let mut codes = Code::ALL.to_vec();
    codes.sort_by_key(|code| (code.status(), code.slug()));
    for code in codes {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", code.slug(), code.status(), code.title(), code.remedy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_in_the_list_with_its_remedy() {
        let text = text();
        for code in Code::ALL {
            let line =
                text.lines().find(|line| line.starts_with(&format!("| `{}` | {} |", code.slug(), code.status())));
            assert!(line.is_some_and(|line| line.contains(code.remedy())), "{}", code.slug());
        }
    }
}
