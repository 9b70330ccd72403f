//! The operator's settings: `fanfare.toml` and `FANFARE_*`. The only place that reads the environment.
//!
//! The environment overrides the file, the file overrides the defaults. Unknown names are refused in both, because a
//! misspelled setting would otherwise be ignored silently. `fanfare settings` prints a file with every setting, its
//! default and its meaning.

mod environment;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use app::{
    SessionTimes,
    http::{Rate, RateLimits},
};
use base::Secret;
use confique::{Config, Layer as _, meta};
use connector::http::AllowedRange;
use ipnet::IpNet;
use url::Url;

/// Settings of a Fanfare installation.
#[derive(Clone, Config)]
pub struct Settings {
    /// The address Fanfare listens on. Port 0 uses any free port.
    #[config(env = "FANFARE_LISTEN", default = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// The address that browsers and platforms use, such as `https://fanfare.example`. Plain http is allowed only on this
    /// machine, and is the default there.
    #[config(env = "FANFARE_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// The folder for everything that Fanfare stores in files.
    #[config(env = "FANFARE_DATA", parse_env = environment::text, default = "data")]
    pub data: PathBuf,
    /// `sqlite:PATH`, or `postgres://user:password@host/name` for several nodes. By default a file in the data folder.
    #[config(env = "FANFARE_DATABASE", parse_env = environment::text)]
    pub database: Option<Secret<String>>,
    /// The file with the encryption keys, created at the first start. By default `fanfare.key` in the data folder.
    #[config(env = "FANFARE_KEY_FILE", parse_env = environment::text)]
    pub key_file: Option<PathBuf>,
    /// The encryption keys themselves instead of a file: one per line, the current one first. `fanfare doctor new-key`
    /// generates one.
    #[config(env = "FANFARE_KEY", parse_env = environment::text)]
    pub key: Option<Secret<String>>,
    /// MiB of the disk that are set aside beside an SQLite database, and used when the disk is full: what became of posts
    /// can then still be stored. 0 for none.
    #[config(env = "FANFARE_DISK_RESERVE_MIB", default = 64)]
    pub disk_reserve_mib: u32,
    /// This node's name among several.
    #[config(env = "FANFARE_NODE", parse_env = environment::text, default = "fanfare")]
    pub node: String,
    /// The largest number of publications that this node sends at once.
    #[config(env = "FANFARE_IN_FLIGHT_MAX", default = 4096)]
    pub in_flight_max: usize,
    /// The ffmpeg program that converts videos for channels, with libx264. By default the one on the `PATH`, if there is one;
    /// `none` converts no videos.
    #[config(env = "FANFARE_FFMPEG", parse_env = environment::text)]
    pub ffmpeg: Option<PathBuf>,
    /// The privacy profile, from which the privacy policy at `/privacy` is made: `default`, `mind`, `socialconnect`, `postr`,
    /// or the path of a file that began as one of them (`fanfare trust profile > profile.toml`).
    #[config(env = "FANFARE_PRIVACY_PROFILE", parse_env = environment::text, default = "default")]
    pub privacy_profile: PathBuf,
    /// Address ranges of your proxies, whose `X-Forwarded-For` is trusted.
    #[config(env = "FANFARE_TRUSTED_PROXIES", parse_env = confique::env::parse::list_by_comma, default = [])]
    pub trusted_proxies: Vec<IpNet>,
    /// Address ranges that may read `/metrics`.
    #[config(env = "FANFARE_METRICS_FROM", parse_env = confique::env::parse::list_by_comma, default = ["127.0.0.0/8", "::1/128"])]
    pub metrics_from: Vec<IpNet>,
    /// Where files are stored. Without a bucket they are in the data folder.
    #[config(nested)]
    pub s3: S3,
    /// Which addresses Fanfare may call.
    #[config(nested)]
    pub guard: Guard,
    /// Rate limits; 0 is no limit.
    #[config(nested)]
    pub limits: Limits,
    /// How long people stay signed in.
    #[config(nested)]
    pub sessions: Sessions,
    /// The log.
    #[config(nested)]
    pub log: Log,
    /// Addresses to use instead of a platform's own, such as a sandbox:
    /// `[platforms.x.endpoints]` with `api = "http://127.0.0.1:4003"`.
    pub platforms: Option<BTreeMap<String, Platform>>,
}

/// A bucket of S3 or a compatible service.
#[derive(Clone, Config)]
pub struct S3 {
    /// The bucket.
    #[config(env = "FANFARE_S3_BUCKET", parse_env = environment::text)]
    pub bucket: Option<String>,
    /// The server's address; Amazon's own by default.
    #[config(env = "FANFARE_S3_ENDPOINT")]
    pub endpoint: Option<Url>,
    /// The region.
    #[config(env = "FANFARE_S3_REGION", parse_env = environment::text, default = "us-east-1")]
    pub region: String,
    /// The access key's id.
    #[config(env = "FANFARE_S3_KEY", parse_env = environment::text)]
    pub key: Option<Secret<String>>,
    /// The access key's secret.
    #[config(env = "FANFARE_S3_SECRET", parse_env = environment::text)]
    pub secret: Option<Secret<String>>,
    /// Whether URLs have the bucket's name in their path instead of the host. By default true if `endpoint` is set,
    /// otherwise false.
    #[config(env = "FANFARE_S3_PATH_STYLE")]
    pub path_style: Option<bool>,
}

/// Exceptions from the rule that only public https addresses are called.
#[derive(Clone, Config)]
pub struct Guard {
    /// Private address ranges that may be called, with ports: `127.0.0.1/32:4001,4002`.
    #[config(default = [])]
    pub allowed: Vec<String>,
    /// Whether only these ranges may be called, for an installation that must not leave its own network.
    #[config(default = false)]
    pub only_allowed: bool,
    /// Files with certificates (PEM) of authorities to trust in addition to the system's.
    #[config(default = [])]
    pub roots: Vec<PathBuf>,
}

/// Rate limits.
#[derive(Clone, Config)]
pub struct Limits {
    /// Requests per minute of one API key.
    #[config(env = "FANFARE_LIMIT_KEY", default = 1200)]
    pub key_per_minute: u32,
    /// Requests per minute of one signed-in person.
    #[config(env = "FANFARE_LIMIT_PERSON", default = 1200)]
    pub person_per_minute: u32,
    /// Requests per minute of one address without either.
    #[config(env = "FANFARE_LIMIT_ADDRESS", default = 120)]
    pub address_per_minute: u32,
}

/// How long people stay signed in.
#[derive(Clone, Config)]
pub struct Sessions {
    /// Days without activity after which people are signed out.
    #[config(default = 7)]
    pub idle_days: u32,
    /// Days after which people are signed out in any case.
    #[config(default = 30)]
    pub absolute_days: u32,
}

/// The log.
#[derive(Clone, Config)]
pub struct Log {
    /// What is logged: `warn`, `info`, `info,app::publishing=debug`, …
    #[config(env = "FANFARE_LOG", parse_env = environment::text, default = "info,refinery_core=warn")]
    pub filter: String,
    /// Whether each line is a JSON object, for machines.
    #[config(env = "FANFARE_LOG_JSON", default = false)]
    pub json: bool,
}

/// The settings of one platform.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Addresses by the connector's name for each.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Url>,
}

/// Environment variables that are not settings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// `FANFARE_SETTINGS`: the settings file.
    pub settings_file: Option<PathBuf>,
    /// `FANFARE_LOGIN`: the file in which the command line stores its address and API key.
    pub login_file: Option<PathBuf>,
    /// `FANFARE_CRASH_AT`: the point at which this process must crash. For crash tests.
    pub crash_at: Option<String>,
}

/// The settings file that is read by default, if it exists.
const FILE: &str = "fanfare.toml";
/// The shortest accepted secret, in characters.
const SECRET_MIN: usize = 12;

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the settings can't be used:\n  - {}", .0.join("\n  - "))]
pub struct SettingsError(pub Vec<String>);

impl SettingsError {
    fn one(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl Surroundings {
    /// Reads them.
    pub fn read() -> Self {
        Self {
            settings_file: variable("FANFARE_SETTINGS").map(PathBuf::from),
            login_file: variable("FANFARE_LOGIN").map(PathBuf::from),
            crash_at: variable("FANFARE_CRASH_AT"),
        }
    }
}

impl Settings {
    /// Reads the environment and the file; by default `fanfare.toml` in the working folder, if it exists.
    ///
    /// # Errors
    /// Every mistake, each with what to do.
    pub fn load(file: Option<&Path>) -> Result<Self, SettingsError> {
        let set = std::env::vars_os();
        environment::refuse_unknown(
            set.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )?;
        let environment = read_environment()?;
        let text = match file {
            Some(path) => Some((
                path.to_owned(),
                std::fs::read_to_string(path).map_err(|error| {
                    SettingsError::one(format!("the settings file {} can't be read: {error}", path.display()))
                })?,
            )),
            None => std::fs::read_to_string(FILE).ok().map(|text| (PathBuf::from(FILE), text)),
        };
        let from_file = match text {
            Some((path, text)) => from_text(&path.display().to_string(), &text)?,
            None => <Self as Config>::Layer::empty(),
        };
        Self::whole(environment.with_fallback(from_file))
    }

    /// The defaults alone.
    ///
    /// # Errors
    /// None, unless a default is wrong.
    pub fn defaults() -> Result<Self, SettingsError> {
        Self::whole(<Self as Config>::Layer::empty())
    }

    fn whole(layer: <Self as Config>::Layer) -> Result<Self, SettingsError> {
        let layer = layer.with_fallback(<Self as Config>::Layer::default_values());
        let settings = Self::from_layer(layer).map_err(|error| SettingsError::one(format!("{error:#}")))?;
        settings.check()?;
        Ok(settings)
    }

    /// A settings file with every setting, its default and its meaning.
    pub fn template() -> String {
        confique::toml::template::<Self>(confique::toml::FormatOptions::default())
    }

    /// The same for programs: a list with each setting's name, variable, default and meaning.
    pub fn described() -> serde_json::Value {
        let mut all = Vec::new();
        describe(&Self::META, "", &mut all);
        all.into()
    }

    fn check(&self) -> Result<(), SettingsError> {
        let mut wrong = Vec::new();
        wrong.extend(self.check_addresses());
        wrong.extend(self.allowed().err());
        if self.in_flight_max == 0 {
            wrong.push("`in_flight_max` must be at least 1".to_owned());
        }
        let secret = self.s3.secret.as_ref();
        wrong.extend(secret.and_then(weakness).map(|why| format!("`s3.secret` {why}")));
        if self.s3.bucket.is_some() && (self.s3.key.is_none() || secret.is_none()) {
            wrong.push("`s3.bucket` needs `s3.key` and `s3.secret` (FANFARE_S3_KEY, FANFARE_S3_SECRET)".to_owned());
        }
        if self.key.is_some() && self.key_file.is_some() {
            wrong.push("give `key` or `key_file`, not both".to_owned());
        }
        if wrong.is_empty() { Ok(()) } else { Err(SettingsError(wrong)) }
    }

    /// Plain http is served on this machine only; an address open to others needs a proxy with a certificate in front.
    fn check_addresses(&self) -> Option<String> {
        let listen = self.listen;
        let open = !listen.ip().is_loopback();
        let Some(url) = &self.public_url else {
            return open.then(|| {
                format!(
                    "`listen` is {listen}, which other machines can reach, so `public_url` must be set to its https address"
                )
            });
        };
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.path() != "/" {
            return Some(format!("`public_url` is {url}; it must be an origin, such as https://fanfare.example"));
        }
        let here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => return Some(format!("`public_url` is {url}, which has no host")),
        };
        match url.scheme() {
            "https" => None,
            "http" if here && open => Some(format!(
                "`listen` is {listen}, which other machines can reach, but `public_url` is {url}, which is plain http; listen on \
                 127.0.0.1:{} to serve only this machine, or {}",
                listen.port(),
                behind_a_proxy("fanfare.example", listen.port())
            )),
            "http" if here => None,
            "http" => Some(format!(
                "`public_url` is {url}; Fanfare serves plain http on this machine only, so {}",
                behind_a_proxy(url.host_str().unwrap_or_default(), listen.port())
            )),
            other => Some(format!("`public_url` begins with {other}:; it must be https")),
        }
    }

    /// The database's address.
    pub fn database(&self) -> Secret<String> {
        let file = || Secret::new(format!("sqlite:{}", self.data.join("fanfare.db").display()));
        self.database.clone().unwrap_or_else(file)
    }

    /// The program that converts videos, if there is one.
    pub fn ffmpeg(&self) -> Option<PathBuf> {
        match &self.ffmpeg {
            Some(none) if none.as_os_str() == "none" => None,
            Some(program) => Some(program.clone()),
            None => {
                let path = variable("PATH")?;
                std::env::split_paths(&path).map(|folder| folder.join("ffmpeg")).find(|program| program.is_file())
            }
        }
    }

    /// What is set aside for when the disk is full. A database server keeps its own disk.
    pub fn reserve(&self) -> app::ops::Reserve {
        let database = self.database();
        let file = database.expose().strip_prefix("sqlite:").map(Path::new);
        match file.and_then(Path::parent) {
            Some(folder) => {
                app::ops::Reserve { folder: folder.to_owned(), bytes: u64::from(self.disk_reserve_mib) << 20 }
            }
            None => app::ops::Reserve { folder: self.data.clone(), bytes: 0 },
        }
    }

    /// The private ranges that the guard allows (S-55).
    pub fn allowed(&self) -> Result<Vec<AllowedRange>, String> {
        self.guard.allowed.iter().map(|text| range(text)).collect()
    }

    /// Rate limits for the HTTP layer.
    pub fn rate_limits(&self) -> RateLimits {
        let rate = |burst: u32| (burst > 0).then(|| Rate::per(burst, 60));
        RateLimits {
            key: rate(self.limits.key_per_minute),
            person: rate(self.limits.person_per_minute),
            address: rate(self.limits.address_per_minute),
            ..RateLimits::default()
        }
    }

    /// Session times for the HTTP layer.
    pub fn session_times(&self) -> SessionTimes {
        let days = |days: u32| std::time::Duration::from_secs(u64::from(days) * 86_400);
        SessionTimes {
            idle: days(self.sessions.idle_days),
            absolute: days(self.sessions.absolute_days),
            ..SessionTimes::default()
        }
    }

    /// Addresses to use instead of the platforms' own.
    pub fn endpoints(&self) -> BTreeMap<String, BTreeMap<String, Url>> {
        let platforms = self.platforms.iter().flatten();
        platforms.map(|(id, platform)| (id.clone(), platform.endpoints.clone())).collect()
    }
}

fn describe(meta: &meta::Meta, under: &str, all: &mut Vec<serde_json::Value>) {
    for field in meta.fields {
        let name = format!("{under}{}", field.name);
        match field.kind {
            meta::FieldKind::Nested { meta } => describe(meta, &format!("{name}."), all),
            meta::FieldKind::Leaf { env, kind } => {
                let default = match kind {
                    meta::LeafKind::Required { default } => serde_json::to_value(default).unwrap_or_default(),
                    meta::LeafKind::Optional => serde_json::Value::Null,
                };
                let doc: Vec<&str> = field.doc.iter().map(|line| line.trim()).collect();
                all.push(
                    serde_json::json!({ "name": name, "variable": env, "default": default, "meaning": doc.join(" ") }),
                );
            }
        }
    }
}

fn read_environment() -> Result<<Settings as Config>::Layer, SettingsError> {
    <Settings as Config>::Layer::from_env().map_err(|error| SettingsError::one(format!("{error:#}")))
}

fn from_text(name: &str, text: &str) -> Result<<Settings as Config>::Layer, SettingsError> {
    let table: toml::Table =
        toml::from_str(text).map_err(|error| SettingsError::one(format!("{name} is not TOML: {error}")))?;
    let mut unknown = Vec::new();
    find_unknown(&table, &Settings::META, "", &mut unknown);
    if !unknown.is_empty() {
        return Err(SettingsError(unknown.into_iter().map(|what| format!("{name}: {what}")).collect()));
    }
    toml::from_str(text).map_err(|error| SettingsError::one(format!("{name}: {error}")))
}

fn find_unknown(table: &toml::Table, meta: &meta::Meta, under: &str, unknown: &mut Vec<String>) {
    for (key, value) in table {
        match meta.fields.iter().find(|field| field.name == key) {
            None => {
                let known: Vec<&str> = meta.fields.iter().map(|field| field.name).collect();
                unknown.push(format!("`{under}{key}` is not a setting{}", environment::suggestion(key, &known)));
            }
            Some(meta::Field { kind: meta::FieldKind::Nested { meta }, .. }) => match value.as_table() {
                Some(inner) => find_unknown(inner, meta, &format!("{under}{key}."), unknown),
                None => unknown.push(format!("`{under}{key}` is a section; write `[{under}{key}]`")),
            },
            Some(_) => {}
        }
    }
}

/// How to give an installation https. `host` is the name or address that browsers use.
fn behind_a_proxy(host: &str, port: u16) -> String {
    // Certificate authorities issue none for addresses and names of a home network; Caddy then creates its own.
    let private = host.parse::<IpAddr>().is_ok() || host.starts_with('[') || !host.contains('.');
    let private =
        private || [".local", ".lan", ".home", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end));
    let (tls, note) = match private {
        true => ("    tls internal\n      ", "; your devices must trust the certificate that Caddy creates"),
        false => ("", ""),
    };
    format!(
        "put a proxy with a certificate in front of it and set `public_url` to https://{host}. With Caddy, the whole \
         Caddyfile is:\n      {host} {{\n      {tls}    reverse_proxy 127.0.0.1:{port}\n      }}\n    docs/install.md has \
         every step{note}"
    )
}

/// Reads `10.0.0.0/8`, `127.0.0.1/32:4001,4002` or `fd00::/8:443`.
fn range(text: &str) -> Result<AllowedRange, String> {
    let wrong = || {
        format!("`guard.allowed` has `{text}`, which isn't a range; write it like 127.0.0.1/32:4001,4002 or 10.0.0.0/8")
    };
    let (address, rest) = text.split_once('/').ok_or_else(wrong)?;
    let (prefix, ports) = rest.split_once(':').map_or((rest, None), |(prefix, ports)| (prefix, Some(ports)));
    let address: IpAddr = address.trim_matches(['[', ']']).parse().map_err(|_| wrong())?;
    let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let ports: Vec<u16> = ports
        .map_or(Ok(Vec::new()), |list| list.split(',').map(|port| port.trim().parse()).collect())
        .map_err(|_| wrong())?;
    if prefix > bits { Err(wrong()) } else { Ok(AllowedRange { address, prefix, ports }) }
}

/// Values that people copy from documentation.
const SAMPLES: [&str; 12] = [
    "changeme",
    "change-me",
    "secret",
    "password",
    "example",
    "minioadmin",
    "admin",
    "fanfare",
    "test",
    "default",
    "0123456789",
    "abcdefghij",
];

/// Why a secret is weak: well known, too short or repetitive (S-07). The text never repeats it.
fn weakness(secret: &Secret<String>) -> Option<&'static str> {
    let text = secret.expose().trim().to_ascii_lowercase();
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if text.chars().count() < SECRET_MIN {
        return Some("is shorter than 12 characters; let the service generate a random one");
    }
    if letters.len() < 6 {
        return Some("is repetitive; let the service generate a random one");
    }
    let rest = SAMPLES.iter().fold(text, |text, sample| text.replace(sample, ""));
    (rest.chars().filter(char::is_ascii_alphanumeric).count() < SECRET_MIN / 2)
        .then_some("is a sample from documentation; let the service generate a random one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, SettingsError> {
        Settings::whole(from_text("fanfare.toml", text)?)
    }

    fn refusal(text: &str) -> String {
        read(text).err().map(|error| error.to_string()).unwrap_or_else(|| panic!("{text} was accepted"))
    }

    #[test]
    fn without_a_file_everything_has_a_value() {
        let settings = Settings::defaults().expect("the defaults are good");
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.database().expose(), "sqlite:data/fanfare.db");
        assert_eq!(settings.rate_limits(), RateLimits::default());
        assert_eq!(settings.session_times(), SessionTimes::default());
    }

    #[test]
    fn the_printed_template_is_a_settings_file() {
        let template = Settings::template();
        read(&template).expect("as printed");
        let uncommented: String =
            template.lines().map(|line| line.strip_prefix('#').unwrap_or(line).to_owned() + "\n").collect();
        for name in ["listen =", "[s3]", "[guard]", "[limits]", "FANFARE_DATABASE"] {
            assert!(uncommented.contains(name), "{name} is missing in\n{template}");
        }
    }

    #[test]
    fn every_setting_is_described_for_programs_with_its_default() {
        let described = Settings::described();
        let of = |name: &str| {
            described.as_array().expect("a list").iter().find(|one| one["name"] == name).expect("a setting")
        };
        assert_eq!(of("listen")["default"], "127.0.0.1:8080");
        assert_eq!(
            (&of("s3.bucket")["default"], &of("s3.bucket")["variable"]),
            (&serde_json::Value::Null, &"FANFARE_S3_BUCKET".into())
        );
        assert_eq!(of("limits.key_per_minute")["default"], 1200);
        assert!(
            described
                .as_array()
                .expect("a list")
                .iter()
                .all(|one| one["meaning"].as_str().is_some_and(|text| text.len() > 5))
        );
    }

    #[test]
    fn a_misspelled_setting_is_refused_with_the_one_that_was_meant() {
        assert!(refusal("lisen = \"127.0.0.1:1\"").contains("did you mean `listen`?"));
        assert!(refusal("[log]\nfiltre = \"info\"").contains("`log.filtre` is not a setting; did you mean `filter`?"));
        assert!(refusal("quux = 1").contains("the settings are: listen, public_url"));
        assert!(refusal("log = 1").contains("write `[log]`"));
        assert!(refusal("[platforms.x]\nendpoint = {}").contains("unknown field"));
    }

    #[test]
    fn p_130_plain_http_is_for_this_machine_only() {
        for (address, lines) in [
            ("http://fanfare.example.org", "fanfare.example.org {\n          reverse_proxy 127.0.0.1:8080\n"),
            (
                "http://192.168.1.20:8080",
                "192.168.1.20 {\n          tls internal\n          reverse_proxy 127.0.0.1:8080\n",
            ),
            ("http://nas.local", "nas.local {\n          tls internal\n"),
            ("http://[fd00::20]", "[fd00::20] {\n          tls internal\n"),
        ] {
            let told = refusal(&format!("public_url = \"{address}\""));
            assert!(told.contains(lines) && told.contains("docs/install.md") && !told.contains("P-130"), "{told}");
        }
        assert!(refusal("listen = \"0.0.0.0:80\"").contains("`public_url` must be set"));
        assert!(refusal("public_url = \"https://fanfare.example/app\"").contains("must be an origin"));
        for open in ["0.0.0.0:80", "[::]:80", "192.168.1.20:80"] {
            for here in ["http://127.0.0.1:80", "http://localhost:80", "http://[::1]"] {
                let told = refusal(&format!("listen = \"{open}\"\npublic_url = \"{here}\""));
                assert!(told.contains("listen on 127.0.0.1:80"), "{told}");
            }
        }
        read("listen = \"0.0.0.0:80\"\npublic_url = \"https://fanfare.example\"").expect("behind a proxy");
        read("public_url = \"http://localhost:3000\"").expect("on this machine");
    }

    #[test]
    fn s_55_ranges_are_read_with_their_ports() {
        let settings =
            read("[guard]\nallowed = [\"127.0.0.1/32:4001,4002\", \"fd00::/8:443\", \"10.0.0.0/8\"]").expect("good");
        let ranges = settings.allowed().expect("good");
        assert_eq!(ranges[0].ports, [4001, 4002]);
        assert_eq!((ranges[1].prefix, ranges[1].ports.as_slice()), (8, &[443][..]));
        assert!(ranges[2].ports.is_empty());
        for wrong in ["127.0.0.1", "127.0.0.1/33", "10.0.0.0/8:", "all"] {
            assert!(refusal(&format!("[guard]\nallowed = [\"{wrong}\"]")).contains("isn't a range"), "{wrong}");
        }
    }

    #[test]
    fn s_07_ten_known_bad_secrets_are_ten_refusals() {
        let bad = [
            "",
            "short",
            "secret",
            "changeme",
            "minioadmin",
            "changemechangeme",
            "aaaaaaaaaaaaaaaa",
            "abababababababab",
            "secret-password",
            "admin-admin-123",
        ];
        for secret in bad {
            let told = refusal(&format!("[s3]\nbucket = \"b\"\nkey = \"AKIAX\"\nsecret = \"{secret}\""));
            assert!(told.contains("`s3.secret` ") && (secret.len() < 8 || !told.contains(secret)), "{told}");
        }
        read("[s3]\nbucket = \"b\"\nkey = \"AKIAX\"\nsecret = \"wJ9rXUtnFEMIK7MDENGbPxRfiCYzQ\"")
            .expect("random enough");
    }
}
