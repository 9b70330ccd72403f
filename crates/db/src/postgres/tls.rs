//! TLS to the server, with the same cryptography as the rest of Fanfare.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use crate::Error;

/// Makes encrypted connections when the address asks for them; otherwise it is never called upon.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, Error> {
    let roots = match (address.tls, &address.root_certificates) {
        (false, _) => RootCertStore::empty(),
        (true, Some(file)) => from_file(file)?,
        (true, None) => from_system()?,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::Connection(format!("TLS: {why}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn from_file(file: &Path) -> Result<RootCertStore, Error> {
    let wrong = |why: String| Error::misuse(format!("sslrootcert {}: {why}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|why| wrong(why.to_string()))? {
        let certificate = certificate.map_err(|why| wrong(why.to_string()))?;
        roots.add(certificate).map_err(|why| wrong(why.to_string()))?;
    }
    if roots.is_empty() { Err(wrong("there is no certificate in it".into())) } else { Ok(roots) }
}

fn from_system() -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err(Error::Connection(
            "this system has no trusted certificates; name a file with sslrootcert= in the database URL".into(),
        ));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused_by_name_unless_tls_is_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing to trust").expect("written");
        for file in [empty, folder.path().join("missing.pem")] {
            let url = format!("postgres://me@h/d?sslmode=verify-full&sslrootcert={}", file.display());
            let refused = connector(&Address::parse(&url).expect("valid")).err().expect("nothing to trust").to_string();
            assert!(refused.contains("sslrootcert") && refused.contains(".pem"), "{refused}");
        }
        assert!(connector(&Address::parse("postgres://me@h/d").expect("valid")).is_ok());
    }
}
