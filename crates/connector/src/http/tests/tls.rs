//! S-57, P-130: certificates are verified, always.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::http::Transport;

/// An authority and a server certificate by it for this name.
fn authority_and(name: &str) -> (Vec<u8>, rustls::ServerConfig) {
    let mut params = CertificateParams::new(vec![]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("signed");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &authority).expect("signed");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .expect("a key that fits");
    (authority.pem().into_bytes(), config)
}

async fn serving(config: rustls::ServerConfig) -> (SocketAddr, Seen) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    server(move |stream, seen| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            while seen.read(&mut stream).await.is_some() {
                let _ = stream.write_all(&ok("", b"{}")).await;
            }
        }
    })
    .await
}

async fn post(roots: Vec<Vec<u8>>, address: &str) -> Result<crate::http::Reply, Transport> {
    let allowed = vec![range([127, 0, 0, 0], 8, &[])];
    let guard = guard_with(GuardRules { allowed, extra_roots: roots, ..GuardRules::default() });
    guard.http(Policy::platform(vec![])).post("publish", format!("https://{address}/")).send().await
}

#[tokio::test]
async fn s_57_an_operators_own_authority_is_trusted_for_its_names() {
    let (root, config) = authority_and("127.0.0.1");
    let (address, seen) = serving(config).await;
    post(vec![root], &address.to_string()).await.expect("trusted");
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn s_57_no_unknown_authority_and_no_wrong_name_is_trusted() {
    let (root, config) = authority_and("other.example");
    let (address, seen) = serving(config).await;
    let (stranger, _) = authority_and("127.0.0.1");
    for (roots, why) in
        [(vec![], "unknown authority"), (vec![stranger], "another authority"), (vec![root], "wrong name")]
    {
        let said = post(roots, &address.to_string()).await;
        assert!(matches!(said, Err(Transport::NotSent(_))), "{why}: {said:?}");
    }
    assert_eq!(seen.requests().len(), 0);
}

#[test]
fn s_57_an_authority_that_cannot_be_read_stops_the_start() {
    for wrong in [&b""[..], b"not PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let rules = GuardRules { extra_roots: vec![wrong.to_vec()], ..GuardRules::default() };
        assert!(Guard::new(rules, clock()).is_err(), "{:?}", String::from_utf8_lossy(wrong));
    }
}
