//! The relay's certificate, and who is slow to shake hands. Certificates are made on the spot.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use adapter_std::{Client, Event, LinkError, LinkEvent, LinkState, Refusal, State, TlsTrouble, TokioClock};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use signaling_relay::{Certificate, CertificateError, Config, Insecure, Relay, RelayHandle};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A folder with a certificate that vouches for itself, and its key.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.renew(|_| {});
        files
    }

    /// Writes both anew, with what is changed.
    fn renew(&self, change: impl FnOnce(&mut CertificateParams)) {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        std::fs::write(self.certificate(), params.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(self.key(), key.serialize_pem()).unwrap();
    }

    fn certificate(&self) -> PathBuf {
        self.0.path().join("relay.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.path().join("relay.key")
    }

    fn read(&self) -> Result<Certificate, CertificateError> {
        Certificate::read(self.certificate(), self.key())
    }
}

async fn relay(certificate: Certificate, config: Config) -> (SocketAddr, RelayHandle) {
    let builder = Relay::builder(Insecure).certificate(certificate).config(config).clock(TokioClock::new());
    let relay = builder.bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (addr, handle) = (relay.local_addr(), relay.handle());
    tokio::spawn(relay.run(std::future::pending()));
    (addr, handle)
}

fn client(addr: SocketAddr, ca: &Path) -> Client {
    let builder = Client::builder("alice").relay(format!("tls://{addr}")).ca_file(ca);
    let client = builder.state(State::ephemeral().unwrap()).build().unwrap();
    client.connect();
    client
}

async fn is_let_in(addr: SocketAddr, ca: &Path) {
    let client = client(addr, ca);
    let up = tokio::time::timeout(Duration::from_secs(10), client.connected()).await;
    assert_eq!(up, Ok(LinkState::Up));
}

/// What a device is told instead of "connected".
async fn fails(addr: SocketAddr, ca: &Path) -> LinkError {
    let client = client(addr, ca);
    let mut events = client.events();
    match events.next().await {
        Some(Event::Link(LinkEvent::Lost(error))) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_are_none_are_named() {
    let files = Files::new();
    let (certificate, key) = (files.certificate(), files.key());
    let read = |certificate: &Path, key: &Path| Certificate::read(certificate, key).unwrap_err();
    let missing = files.0.path().join("missing");
    assert!(matches!(read(&missing, &key), CertificateError::File { path, .. } if path == missing));
    assert!(matches!(read(&certificate, &missing), CertificateError::File { path, .. } if path == missing));
    assert!(matches!(read(&key, &key), CertificateError::NoCertificate(path) if path == key));
    assert!(matches!(read(&certificate, &certificate), CertificateError::NoKey(path) if path == certificate));
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").unwrap();
    assert!(matches!(read(&certificate, &key), CertificateError::Damaged { path, .. } if path == key));
    std::fs::write(&certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(
        matches!(read(&certificate, &key), CertificateError::Damaged { path, .. } if path == certificate)
    );
}

#[test]
fn a_key_of_another_certificate_is_noticed() {
    let (files, other) = (Files::new(), Files::new());
    let error = Certificate::read(files.certificate(), other.key()).unwrap_err();
    assert!(matches!(&error, CertificateError::Mismatch { .. }), "{error}");
}

#[test]
fn a_certificate_that_no_device_would_take_is_refused() {
    let files = Files::new();
    let lasts = |from, until| {
        let years = [from, until].map(|year| date_time_ymd(year, 1, 1));
        files.renew(|params| [params.not_before, params.not_after] = years);
        files.read().unwrap_err()
    };
    assert!(matches!(lasts(2001, 2002), CertificateError::Expired(_)));
    assert!(matches!(lasts(4001, 4002), CertificateError::NotYet(_)));
    files.renew(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    assert!(matches!(files.read(), Err(CertificateError::Authority(_))));
    files.renew(|params| params.subject_alt_names.clear());
    assert!(matches!(files.read(), Err(CertificateError::NoName(_))));
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_who_comes_then() {
    let files = Files::new();
    let certificate = files.read().unwrap();
    let (addr, _) = relay(certificate.clone(), Config::default()).await;
    let old = files.0.path().join("old.pem");
    std::fs::copy(files.certificate(), &old).unwrap();

    std::fs::write(files.key(), "rubbish").unwrap();
    assert!(certificate.reload().is_err());
    is_let_in(addr, &old).await;

    files.renew(|_| {});
    certificate.reload().unwrap();
    is_let_in(addr, &files.certificate()).await;
    assert_eq!(fails(addr, &old).await, LinkError::Tls(TlsTrouble::UnknownIssuer));
}

#[tokio::test]
async fn who_shakes_no_hands_holds_up_nobody() {
    let files = Files::new();
    let (addr, _) = relay(files.read().unwrap(), Config::default()).await;
    let _silent = TcpStream::connect(addr).await.unwrap();
    is_let_in(addr, &files.certificate()).await;
}

#[tokio::test(start_paused = true)]
async fn who_shakes_no_hands_is_sent_away() {
    let (addr, handle) = relay(Files::new().read().unwrap(), Config::default()).await;
    let begin = Instant::now();
    let mut silent = TcpStream::connect(addr).await.unwrap();
    silent.read_to_end(&mut Vec::new()).await.unwrap();
    let after = begin.elapsed().as_secs();
    assert!((9..=12).contains(&after), "after {after} s");
    while handle.stats().links > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_handshake_counts_as_a_link() {
    let files = Files::new();
    let (addr, handle) = relay(files.read().unwrap(), Config { connections: 1, ..Config::default() }).await;
    let _silent = TcpStream::connect(addr).await.unwrap();
    while handle.stats().links == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fails(addr, &files.certificate()).await, LinkError::Refused(Refusal::Busy));
}
