//! Rings over TLS, and relays that are not to be trusted. Authorities and certificates are made on the spot.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapter_std::{
    Answered, Client, ClientBuilder, Event, InvitationEvent, InviteOptions, LinkError, LinkEvent, LinkState,
    State, TlsTrouble, What,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use signaling_core::Slot;
use signaling_relay::{Certificate, Insecure, Relay};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;

/// What a certificate says unless a story wants it otherwise.
fn relay_at(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
}

/// Somebody who signs certificates; its files are in a folder.
struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// They all have the same name: it is the key that counts.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = relay_at(&[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { folder, issuer: Issuer::new(params, key) }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Who shows a certificate that no relay would: its address. It says nothing more.
    async fn shows(&self, params: &CertificateParams) -> SocketAddr {
        let key = KeyPair::generate().unwrap();
        let chain = vec![params.signed_by(&key, &self.issuer).unwrap().der().clone()];
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_single_cert(chain, key.into()).unwrap();
        let (acceptor, listener) =
            (TlsAcceptor::from(Arc::new(config)), TcpListener::bind(free()).await.unwrap());
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                assert!(acceptor.accept(stream).await.is_err());
            }
        });
        addr
    }

    fn certificate(&self, params: &CertificateParams) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let files = ["relay.pem", "relay.key"].map(|name| self.folder.path().join(name));
        std::fs::write(&files[0], params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        std::fs::write(&files[1], key.serialize_pem()).unwrap();
        Certificate::read(&files[0], &files[1]).unwrap()
    }
}

/// A relay that runs until it is told to stop.
struct Running {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(certificate: Option<Certificate>, addr: SocketAddr) -> Self {
        let builder = Relay::builder(Insecure);
        let builder = match certificate {
            Some(certificate) => builder.certificate(certificate),
            None => builder,
        };
        let relay = builder.bind(addr).await.unwrap();
        let addr = relay.local_addr();
        let (stop, stopped) = oneshot::channel();
        Self { addr, stop, task: tokio::spawn(relay.run(async { drop(stopped.await) })) }
    }

    /// One that shows this certificate.
    async fn with(certificate: Certificate) -> Self {
        Self::start(Some(certificate), free()).await
    }

    async fn plain() -> Self {
        Self::start(None, free()).await
    }

    async fn stop(self) -> SocketAddr {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        self.addr
    }

    /// A client over TLS that trusts that authority.
    async fn client(&self, user: &str, authority: &Authority) -> Client {
        let client = builder(user, "tls", self.addr).ca_file(authority.file()).build().unwrap();
        client.connect();
        assert_eq!(client.connected().await, LinkState::Up);
        client
    }
}

fn builder(user: &str, scheme: &str, relay: SocketAddr) -> ClientBuilder {
    Client::builder(user).relay(format!("{scheme}://{relay}")).state(State::ephemeral().unwrap())
}

/// What a client over TLS, which trusts that authority, is told instead of "connected".
async fn refused(relay: SocketAddr, authority: &Authority) -> TlsTrouble {
    trouble(builder("alice", "tls", relay).ca_file(authority.file())).await
}

fn free() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn trouble(builder: ClientBuilder) -> TlsTrouble {
    let client = builder.build().unwrap();
    let mut events = client.events();
    client.connect();
    match events.next().await {
        Some(Event::Link(LinkEvent::Lost(LinkError::Tls(trouble)))) => trouble,
        other => panic!("{other:?}"),
    }
}

/// Alice rings bob, who accepts.
async fn a_ring_from(alice: &Client, bob: &Client) {
    let mut events = bob.events();
    let call = alice.signaling().invite("bob", "video?", &InviteOptions::default()).unwrap();
    let id = loop {
        if let Some(Event::Invitation(InvitationEvent { what: What::New, invitation })) = events.next().await
        {
            break invitation.id;
        }
    };
    assert_eq!(bob.signaling().accept(id, "").await, Ok(Answered::Confirmed));
    let outcome = call.ended().await.unwrap();
    assert!(matches!(outcome.invitees[0].outcome, Slot::Accepted(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_call_rings_over_tls() {
    let authority = Authority::new();
    let relay = Running::with(authority.certificate(&relay_at(&["127.0.0.1"]))).await;
    let (alice, bob) = (relay.client("alice", &authority).await, relay.client("bob", &authority).await);
    a_ring_from(&alice, &bob).await;
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_can_be_pinned() {
    let authority = Authority::new();
    let key = KeyPair::generate().unwrap();
    let mut params = relay_at(&["127.0.0.1"]);
    params.is_ca = IsCa::ExplicitNoCa;
    let path = |name| authority.folder.path().join(name);
    std::fs::write(path("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(path("ca.key"), key.serialize_pem()).unwrap();
    let relay = Running::with(Certificate::read(path("ca.pem"), path("ca.key")).unwrap()).await;
    relay.client("alice", &authority).await;
}

#[tokio::test]
async fn a_relay_that_was_restarted_is_connected_to_again() {
    let authority = Authority::new();
    let certificate = authority.certificate(&relay_at(&["127.0.0.1"]));
    let relay = Running::with(certificate.clone()).await;
    let (alice, bob) = (relay.client("alice", &authority).await, relay.client("bob", &authority).await);
    let addr = relay.stop().await;
    let _relay = Running::start(Some(certificate), addr).await;
    a_ring_from(&alice, &bob).await;
}

#[tokio::test]
async fn a_relay_of_another_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let relay = Running::with(other.certificate(&relay_at(&["127.0.0.1"]))).await;
    assert_eq!(refused(relay.addr, &authority).await, TlsTrouble::UnknownIssuer);
}

#[tokio::test]
async fn a_relay_of_another_name_is_refused() {
    let authority = Authority::new();
    let relay = Running::with(authority.certificate(&relay_at(&["relay.example", "192.0.2.7"]))).await;
    let names = "relay.example and 192.0.2.7".into();
    assert_eq!(
        refused(relay.addr, &authority).await,
        TlsTrouble::WrongName { host: "127.0.0.1".into(), names }
    );
}

#[tokio::test]
async fn a_certificate_out_of_time_is_refused() {
    let authority = Authority::new();
    for (years, expected) in [((2001, 2002), TlsTrouble::Expired), ((4001, 4002), TlsTrouble::NotYet)] {
        let mut params = relay_at(&["127.0.0.1"]);
        (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
        assert_eq!(refused(authority.shows(&params).await, &authority).await, expected);
    }
}

#[tokio::test]
async fn an_authority_is_no_relay() {
    let authority = Authority::new();
    let mut params = relay_at(&["127.0.0.1"]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(refused(authority.shows(&params).await, &authority).await, TlsTrouble::Authority);
}

#[tokio::test]
async fn a_plain_client_hears_that_the_relay_speaks_tls() {
    let authority = Authority::new();
    let relay = Running::with(authority.certificate(&relay_at(&["127.0.0.1"]))).await;
    assert_eq!(trouble(builder("alice", "tcp", relay.addr)).await, TlsTrouble::Wanted);
}

#[tokio::test]
async fn a_client_of_tls_hears_that_the_relay_is_plain() {
    let relay = Running::plain().await;
    assert_eq!(refused(relay.addr, &Authority::new()).await, TlsTrouble::NoTls);
}

#[tokio::test]
async fn somebody_who_hangs_up_is_tried_again() {
    let authority = Authority::new();
    let listener = TcpListener::bind(free()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let client = builder("alice", "tls", addr).ca_file(authority.file()).build().unwrap();
    client.connect();
    for _ in 0..3 {
        drop(listener.accept().await.unwrap());
    }
    drop(listener);
    let certificate = authority.certificate(&relay_at(&["127.0.0.1"]));
    let _relay = Running::start(Some(certificate), addr).await;
    let up = tokio::time::timeout(Duration::from_secs(10), client.connected()).await;
    assert_eq!(up, Ok(LinkState::Up));
}
