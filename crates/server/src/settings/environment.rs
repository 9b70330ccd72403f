//! Which environment variables are settings.

use confique::{Config as _, meta};

use super::{Settings, SettingsError};

/// Variables that begin with `FANFARE_` but are not settings. Those of the tests are ignored, too.
const OTHERS: [&str; 4] = ["FANFARE_SETTINGS", "FANFARE_LOGIN", "FANFARE_CRASH_AT", "FANFARE_SPECS"];

/// A variable with an empty value.
#[derive(Debug, thiserror::Error)]
#[error("it is empty; give it a value or leave it out")]
pub(super) struct Blank;

/// Reads a text from the environment. Compose files pass on variables that are not filled in, so an empty one counts as
/// not set.
///
/// # Errors
/// If it is blank; confique treats an empty variable with an error as not set.
pub(super) fn text<T: From<String>>(value: &str) -> Result<T, Blank> {
    if value.trim().is_empty() { Err(Blank) } else { Ok(T::from(value.to_owned())) }
}

/// Refuses variables that look like a setting but are not: a misspelled setting would otherwise be ignored silently.
pub(super) fn refuse_unknown(variables: impl Iterator<Item = (String, String)>) -> Result<(), SettingsError> {
    let mut known = OTHERS.to_vec();
    collect(&Settings::META, &mut known);
    let ours = variables.filter(|(name, _)| name.starts_with("FANFARE_") && !name.starts_with("FANFARE_TEST_"));
    let unknown: Vec<String> = ours
        .filter(|(name, value)| !known.contains(&name.as_str()) && !is_service_link(name, value))
        .map(|(name, _)| format!("the variable {name} is not a setting{}", suggestion(&name, &known)))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(SettingsError(unknown)) }
}

/// Whether Kubernetes (or Docker's old links) set it to announce a service whose name begins with “fanfare”:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_service_link(name: &str, value: &str) -> bool {
    const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
    // The rest of a name after the last `word`, if the word stands alone.
    let after = |word: &str| {
        name.rsplit_once(word).map(|(_, rest)| rest).filter(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    if let Some(rest) = after("_SERVICE_HOST") {
        return rest.is_empty();
    }
    if after("_SERVICE_PORT").is_some() {
        return value.parse::<u16>().is_ok();
    }
    let is_address = PROTOCOLS.iter().any(|protocol| value.starts_with(&format!("{}://", protocol.to_lowercase())));
    let Some(rest) = name.find("_PORT").and_then(|at| name.get(at + "_PORT".len()..)) else { return false };
    // `_PORT` is an address; `_PORT_80_TCP` too, and after it come `_PROTO`, `_PORT` and `_ADDR`.
    let mut words = rest.split('_').skip(1);
    match (words.next(), words.next(), words.next()) {
        (None, ..) => rest.is_empty() && is_address,
        (Some(port), Some(protocol), what) => {
            let named = port.parse::<u16>().is_ok() && PROTOCOLS.contains(&protocol);
            named && what.map_or(is_address, |what| ["PROTO", "PORT", "ADDR"].contains(&what))
        }
        _ => false,
    }
}

/// Suggests the setting that was probably meant, or lists all of them.
pub(super) fn suggestion(key: &str, known: &[&str]) -> String {
    let near = known.iter().map(|name| (strsim::levenshtein(key, name), *name)).min();
    match near {
        Some((steps, name)) if steps <= 1 + key.len() / 4 => format!("; did you mean `{name}`?"),
        _ => format!("; the settings are: {}", known.join(", ")),
    }
}

fn collect(meta: &'static meta::Meta, known: &mut Vec<&'static str>) {
    for field in meta.fields {
        match field.kind {
            meta::FieldKind::Leaf { env, .. } => known.extend(env),
            meta::FieldKind::Nested { meta } => collect(meta, known),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(name: &str, value: &str) -> Option<String> {
        refuse_unknown([(name.to_owned(), value.to_owned())].into_iter()).err().map(|error| error.to_string())
    }

    #[test]
    fn a_misspelled_variable_is_refused_and_others_are_ignored() {
        for (slip, meant) in [
            ("FANFARE_LISTN", "FANFARE_LISTEN"),
            ("FANFARE_PUBLC_URL", "FANFARE_PUBLIC_URL"),
            ("FANFARE_S3_BUKET", "FANFARE_S3_BUCKET"),
        ] {
            let told = said(slip, "x").expect("refused");
            assert!(told.contains(&format!("did you mean `{meant}`?")), "{told}");
        }
        for fine in ["PATH", "FANFARE_LISTEN", "FANFARE_S3_SECRET", "FANFARE_CRASH_AT", "FANFARE_TEST_POSTGRES"] {
            assert_eq!(said(fine, "x"), None, "{fine}");
        }
    }

    #[test]
    fn variables_that_kubernetes_sets_for_services_named_fanfare_are_not_settings() {
        for (name, value) in [
            ("FANFARE_PORT", "tcp://10.96.0.12:80"),
            ("FANFARE_SERVICE_HOST", "10.96.0.12"),
            ("FANFARE_SERVICE_PORT", "80"),
            ("FANFARE_SERVICE_PORT_HTTP", "80"),
            ("FANFARE_SERVICE_PORT_METRICS_2", "9090"),
            ("FANFARE_PORT_80_TCP", "tcp://10.96.0.12:80"),
            ("FANFARE_PORT_80_TCP_PROTO", "tcp"),
            ("FANFARE_PORT_80_TCP_PORT", "80"),
            ("FANFARE_PORT_80_TCP_ADDR", "10.96.0.12"),
            ("FANFARE_PORT_53_UDP", "udp://[fd00::1]:53"),
            ("FANFARE_WEB_SERVICE_HOST", "fd00::1"),
            ("FANFARE_POSTGRES_PORT", "tcp://10.96.0.13:5432"),
            ("FANFARE_POSTGRES_PORT_5432_TCP_ADDR", "10.96.0.13"),
        ] {
            assert_eq!(said(name, value), None, "{name}={value}");
        }
        for (name, value) in [
            ("FANFARE_PORT", "8080"),
            ("FANFARE_PORT", ""),
            ("FANFARE_PORTS", "tcp://10.96.0.12:80"),
            ("FANFARE_SERVICE_PORT", "http"),
            ("FANFARE_PORT_80", "tcp://10.96.0.12:80"),
            ("FANFARE_PORT_HTTP_TCP", "tcp://10.96.0.12:80"),
        ] {
            assert!(said(name, value).is_some(), "{name}={value}");
        }
    }
}
