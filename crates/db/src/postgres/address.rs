//! The server's URL, and the few options of it that are ours.

use std::{path::PathBuf, time::Duration};

use tokio_postgres::{Config, config::SslMode};

use crate::Error;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections per process unless the URL says `pool_size=`.
const POOL_SIZE: usize = 16;

/// Where the server is and how to speak with it.
#[derive(Debug, Clone)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) pool_size: usize,
    /// Whether the connection is encrypted and the server's name checked.
    pub(super) tls: bool,
    /// A file with the certificates to trust instead of the system's.
    pub(super) root_certificates: Option<PathBuf>,
}

impl Address {
    /// Reads `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=ca.pem&pool_size=16`.
    ///
    /// `sslmode` is `disable` (the default) or one of `require`, `verify-ca`, `verify-full`, which all check the
    /// server's certificate and name: encryption to an unknown server protects nothing.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let mut address = Self { config: Config::new(), pool_size: POOL_SIZE, tls: false, root_certificates: None };
        let mut others = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=').unwrap_or((option, "")) {
                ("sslmode", mode) => address.tls = wants_tls(mode)?,
                ("sslrootcert", path) => address.root_certificates = Some(path.replace("%2F", "/").into()),
                ("pool_size", number) => address.pool_size = pool_size(number)?,
                _ => others.push(option),
            }
        }
        address.config = configure(&format!("{place}?{}", others.join("&")), address.tls)?;
        Ok(address)
    }
}

/// The text may hold a password, so no message repeats it.
fn configure(url: &str, tls: bool) -> Result<Config, Error> {
    let mut config: Config = url.parse().map_err(|why: tokio_postgres::Error| {
        let cause = std::error::Error::source(&why).map(ToString::to_string).unwrap_or_default();
        Error::misuse(format!("the database URL cannot be read ({cause}); write postgres://user:password@host/name"))
    })?;
    config.ssl_mode(if tls { SslMode::Require } else { SslMode::Disable });
    config.connect_timeout(CONNECT_TIMEOUT);
    if config.get_application_name().is_none() {
        config.application_name("fanfare");
    }
    Ok(config)
}

fn wants_tls(mode: &str) -> Result<bool, Error> {
    match mode {
        "disable" => Ok(false),
        "require" | "verify-ca" | "verify-full" => Ok(true),
        _ => Err(Error::misuse(
            "sslmode in the database URL must be `verify-full` (TLS, the server's certificate is checked) or `disable`; \
             modes that fall back to plain text are not offered",
        )),
    }
}

fn pool_size(number: &str) -> Result<usize, Error> {
    match number.parse() {
        Ok(size @ 2..=1_000) => Ok(size),
        _ => Err(Error::misuse("pool_size in the database URL must be a number from 2 to 1000")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_options_are_taken_out_of_the_url_and_the_rest_is_the_drivers() {
        let address = Address::parse(
            "postgres://me:secret@db.example:5433/fanfare?sslmode=verify-full&pool_size=8&sslrootcert=/etc/ca.pem\
             &application_name=web",
        )
        .expect("valid");
        assert!(address.tls && address.pool_size == 8);
        assert_eq!(address.root_certificates, Some("/etc/ca.pem".into()));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.config.get_application_name(), Some("web"));
        assert_eq!(address.config.get_dbname(), Some("fanfare"));
    }

    #[test]
    fn modes_that_fall_back_to_plain_text_and_wrong_numbers_are_refused_without_showing_the_password() {
        for url in [
            "postgres://me:hunter2@h/d?sslmode=prefer",
            "postgres://me:hunter2@h/d?pool_size=many",
            "postgres://me:hunter2@h:nine/d",
            "postgres://me:hunter2@h/d?nonsense=1",
        ] {
            let said = Address::parse(url).expect_err(url).to_string();
            assert!(!said.contains("hunter2"), "{said}");
        }
        assert!(!Address::parse("postgres://me@h/d").expect("valid").tls);
    }
}
