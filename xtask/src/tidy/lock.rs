//! Crates that must not be in the dependency tree. `deny.toml` has the same list for cargo-deny, and licences.

use toml::Value;

use super::Finding;
use crate::repo;

/// A package, the first version that is taken (`None`: no version is), and why.
const BANNED: &[(&str, Option<u64>, &str)] = &[
    ("openssl", None, "TLS is rustls; OpenSSL would have to be on the machine"),
    ("openssl-sys", None, "TLS is rustls; OpenSSL would have to be on the machine"),
    ("native-tls", None, "TLS is rustls, the same on every system"),
    ("sqlx", None, "the database is behind `db` (docs/decisions/0001)"),
    ("sqlx-core", None, "the database is behind `db` (docs/decisions/0001)"),
    ("sea-orm", None, "the database is behind `db` (docs/decisions/0001)"),
    ("reqwest", Some(13), "one HTTP client: two would mean two ways out"),
];

/// Reads the lock file.
pub fn check() -> Vec<Finding> {
    banned(&repo::text("Cargo.lock"))
}

fn banned(lock: &str) -> Vec<Finding> {
    let lock: Value = toml::from_str(lock).unwrap_or_else(|_| Value::Table(toml::Table::new()));
    let packages = lock.get("package").and_then(Value::as_array).cloned().unwrap_or_default();
    if packages.is_empty() {
        return vec![Finding::at("Cargo.lock", 0, "it cannot be read")];
    }
    let found = packages.iter().filter_map(|package| {
        let (name, version) = (package.get("name")?.as_str()?, package.get("version")?.as_str()?);
        let (_, from, why) = BANNED.iter().find(|(banned, ..)| *banned == name)?;
        // Before 1.0 the second number is the one that breaks.
        let minor: u64 = version.split('.').nth(1)?.parse().ok()?;
        let taken = from.is_some_and(|from| version.starts_with("0.") && minor >= from);
        (!taken).then(|| {
            Finding::at("Cargo.lock", 0, format!("{name} {version}: {why}; `cargo tree -i {name}` says who brings it"))
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_banned_is_locked() {
        super::super::assert_none(&check());
    }

    #[test]
    fn a_banned_package_and_an_old_version_are_found() {
        let package = |name: &str, version: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        let lock = [package("openssl", "0.10.1"), package("reqwest", "0.13.5"), package("serde", "1.0.0")].concat();
        assert_eq!(banned(&lock).len(), 1);
        assert_eq!(banned(&package("reqwest", "0.12.9")).len(), 1);
        assert_eq!(banned("").len(), 1);
    }
}
