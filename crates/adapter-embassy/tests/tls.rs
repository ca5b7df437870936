//! Boards that meet a relay over TLS, and those that are not their relay. The relay is the real one, on a socket of this
//! machine; certificates are made on the spot.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapter_embassy::tls::{Time, Tls, TlsMemory, TlsTrouble, Trust};
use adapter_embassy::{
    Connect, Device, Event, Identity, Invite, Link, LinkError, LinkEvent, Resources, UserId, What,
};
use adapter_std::{Client, InviteOptions, LinkState, State};
use embassy_time::MockDriver;
use embedded_io_adapters::tokio_1::FromTokio;
use rand_core::OsRng;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use signaling_relay::{Insecure, Relay};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection};

/// Seconds from 1970 to 2010, 2030 and 2200. Certificates are good from 2020 to 2100.
const BEFORE: u64 = 1_262_304_000;
const WITHIN: u64 = 1_893_456_000;
const AFTER: u64 = 7_258_118_400;

/// Who signs certificates.
struct Authority {
    own: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
struct Signed(Certificate, KeyPair);

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    [params.not_before, params.not_after] = [2020, 2100].map(|year| date_time_ymd(year, 1, 1));
    params
}

impl Authority {
    fn new() -> Self {
        let mut params = params("authority.example");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        Self { own, issuer: Issuer::new(params, key) }
    }

    fn signs(&self, params: &CertificateParams) -> Signed {
        let key = KeyPair::generate().unwrap();
        Signed(params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

/// A relay that runs as long as its test.
struct Running {
    addr: SocketAddr,
    folder: TempDir,
}

impl Running {
    /// Over TLS, with that certificate and those behind it.
    async fn with(Signed(certificate, key): &Signed, behind: &[&Certificate]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [chain_file, key_file] = ["relay.pem", "key.pem"].map(|name| folder.path().join(name));
        let chain: String = [certificate].iter().chain(behind).map(|certificate| certificate.pem()).collect();
        std::fs::write(&chain_file, chain).unwrap();
        std::fs::write(&key_file, key.serialize_pem()).unwrap();
        let certificate = signaling_relay::Certificate::read(chain_file, key_file).unwrap();
        let relay = Relay::builder(Insecure).certificate(certificate).bind(free()).await.unwrap();
        let addr = relay.local_addr();
        tokio::spawn(relay.run(std::future::pending()));
        Self { addr, folder }
    }

    async fn plain() -> Self {
        let relay = Relay::builder(Insecure).bind(free()).await.unwrap();
        let addr = relay.local_addr();
        tokio::spawn(relay.run(std::future::pending()));
        Self { addr, folder: tempfile::tempdir().unwrap() }
    }

    /// A desktop of bob's.
    async fn bob(&self, authority: &Authority) -> Client {
        let ca: PathBuf = self.folder.path().join("ca.pem");
        std::fs::write(&ca, authority.own.pem()).unwrap();
        let builder = Client::builder("bob").relay(format!("tls://{}", self.addr)).ca_file(ca);
        let client = builder.state(State::ephemeral().unwrap()).build().unwrap();
        client.connect();
        assert_eq!(client.connected().await, LinkState::Up);
        client
    }

    /// What becomes of a board that trusts that authority, and knows that of the time.
    async fn meets(&self, host: &str, authority: &Authority, time: Time) -> LinkEvent {
        let mut memory = TlsMemory::<4096, 512>::new();
        self.meets_with(&mut memory, host, authority, time).await
    }

    async fn meets_with<const READ: usize>(
        &self,
        memory: &mut TlsMemory<READ, 512>,
        host: &str,
        authority: &Authority,
        time: Time,
    ) -> LinkEvent {
        let (authorities, time) = ([&authority.own.der()[..]], || time);
        let trust = Trust { host, authorities: &authorities, time: &time };
        let mut random = OsRng;
        first(&mut Tls::new(Streams(self.addr), trust, &mut random, memory)).await
    }
}

fn free() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Streams to a socket of this machine.
struct Streams(SocketAddr);

impl Connect for Streams {
    async fn connect(&mut self, link: Link<'_>) -> Result<(), LinkError> {
        let stream = TcpStream::connect(self.0).await.map_err(|_| LinkError::Unreachable)?;
        let (read, write) = stream.into_split();
        link.run(FromTokio::new(read), FromTokio::new(write)).await;
        Ok(())
    }
}

fn resources() -> &'static mut Resources<2, 2, 2, 64, 512> {
    Box::leak(Box::new(Resources::new()))
}

fn door() -> Identity {
    Identity::new(UserId::new("door").unwrap(), Device { id: 0xd004, epoch: 0 })
}

/// What a board is told first of its link.
async fn first(streams: &mut impl Connect) -> LinkEvent {
    let (_, mut runner, mut events) = resources().start(door()).unwrap();
    tokio::select! {
        event = timeout(Duration::from_secs(20), events.next()) => match event.unwrap() {
            Event::Link(event) => event,
            _ => panic!("nobody calls"),
        },
        never = runner.run_over(streams) => match never {},
    }
}

fn refused(trouble: TlsTrouble) -> LinkEvent {
    LinkEvent::Lost(LinkError::Tls(trouble))
}

#[tokio::test]
async fn a_board_rings_a_desktop_over_tls() {
    let authority = Authority::new();
    let relay = Running::with(&authority.signs(&params("127.0.0.1")), &[]).await;
    let bob = relay.bob(&authority).await;
    let mut rings = bob.events();
    let authorities = [&authority.own.der()[..]];
    let trust = Trust { host: "127.0.0.1", authorities: &authorities, time: &|| Time::Now(WITHIN) };
    let (mut random, mut memory) = (OsRng, TlsMemory::<4096, 512>::new());
    let mut streams = Tls::new(Streams(relay.addr), trust, &mut random, &mut memory);
    let (signaling, mut runner, mut events) = resources().start(door()).unwrap();
    let story = async {
        signaling.connected().await;
        let invite =
            Invite { invitees: &["bob"], data: &[b'x'; 64], timeout: Some(30_000), ..Invite::default() };
        let call = signaling.invite(&invite).unwrap();
        while !matches!(rings.next().await.unwrap(), adapter_std::Event::Invitation(_)) {}
        let _ = bob.signaling().accept(call, "").await;
        loop {
            match events.next().await {
                Event::Invitation(event) if matches!(event.what, What::Accepted { .. }) => break,
                _ => {}
            }
        }
    };
    tokio::select! {
        told = timeout(Duration::from_secs(20), story) => told.unwrap(),
        never = runner.run_over(&mut streams) => match never {},
    }
}

#[tokio::test]
async fn a_burst_of_the_relay_fits_into_the_memory_of_a_board() {
    const CALLS: usize = 60;
    let authority = Authority::new();
    let relay = Running::with(&authority.signs(&params("127.0.0.1")), &[]).await;
    let bob = relay.bob(&authority).await;
    let mut heard = bob.events();
    let authorities = [&authority.own.der()[..]];
    let trust = Trust { host: "127.0.0.1", authorities: &authorities, time: &|| Time::Now(WITHIN) };
    let (mut random, mut memory) = (OsRng, TlsMemory::<4096, 512>::new());
    let mut streams = Tls::new(Streams(relay.addr), trust, &mut random, &mut memory);
    let (signaling, mut runner, _events) = resources().start(door()).unwrap();
    let story = async {
        signaling.connected().await;
        for _ in 0..CALLS {
            bob.signaling().invite("door", "x".repeat(64), &InviteOptions::default()).unwrap();
        }
        let mut answers = 0;
        while answers < CALLS {
            let adapter_std::Event::Invitation(event) = heard.next().await.unwrap() else { continue };
            answers += usize::from(matches!(event.what, What::Ringing { .. } | What::Full { .. }));
        }
        assert_eq!((signaling.link(), signaling.line().broken), (adapter_embassy::LinkState::Up, 0));
    };
    tokio::select! {
        told = timeout(Duration::from_secs(20), story) => told.unwrap(),
        never = runner.run_over(&mut streams) => match never {},
    }
}

#[tokio::test]
async fn a_certificate_that_vouches_for_itself_can_be_pinned() {
    let (params, key) = (params("127.0.0.1"), KeyPair::generate().unwrap());
    let own = params.self_signed(&key).unwrap();
    let pinned = Authority { own: own.clone(), issuer: Issuer::new(params, KeyPair::generate().unwrap()) };
    let relay = Running::with(&Signed(own, key), &[]).await;
    assert_eq!(relay.meets("127.0.0.1", &pinned, Time::Now(WITHIN)).await, LinkEvent::Connected);
}

#[tokio::test]
async fn a_name_is_checked_whether_it_is_one_or_an_address() {
    let authority = Authority::new();
    let relay = Running::with(&authority.signs(&params("relay.example")), &[]).await;
    let meets = |host| relay.meets(host, &authority, Time::Now(WITHIN));
    assert_eq!(meets("relay.example").await, LinkEvent::Connected);
    for other in ["127.0.0.1", "other.example", "example", "no name at all"] {
        assert_eq!(meets(other).await, refused(TlsTrouble::WrongName), "{other}");
    }
}

#[tokio::test]
async fn a_relay_of_another_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let relay = Running::with(&other.signs(&params("127.0.0.1")), &[]).await;
    let told = relay.meets("127.0.0.1", &authority, Time::Now(WITHIN)).await;
    assert_eq!(told, refused(TlsTrouble::UnknownIssuer));
}

#[tokio::test]
async fn who_has_a_certificate_can_sign_none_for_others() {
    let authority = Authority::new();
    let Signed(mine, key) = authority.signs(&params("mallory.example"));
    let forged = Authority { own: mine.clone(), issuer: Issuer::new(params("mallory.example"), key) };
    let relay = Running::with(&forged.signs(&params("127.0.0.1")), &[&mine]).await;
    let told = relay.meets("127.0.0.1", &authority, Time::Now(WITHIN)).await;
    assert_eq!(told, refused(TlsTrouble::UnknownIssuer));
}

#[tokio::test]
async fn an_authority_may_let_another_one_sign() {
    let authority = Authority::new();
    let mut between = params("between.example");
    between.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let Signed(certificate, key) = authority.signs(&between);
    let other = Authority { own: certificate.clone(), issuer: Issuer::new(between, key) };
    let relay = Running::with(&other.signs(&params("127.0.0.1")), &[&certificate]).await;
    let told = relay.meets("127.0.0.1", &authority, Time::AtLeast(BEFORE)).await;
    assert_eq!(told, LinkEvent::Connected);
}

#[tokio::test]
async fn what_is_known_of_the_time_counts() {
    let authority = Authority::new();
    let relay = Running::with(&authority.signs(&params("127.0.0.1")), &[]).await;
    let at = |time| relay.meets("127.0.0.1", &authority, time);
    assert_eq!(at(Time::Now(BEFORE)).await, refused(TlsTrouble::NotYet));
    assert_eq!(at(Time::Now(AFTER)).await, refused(TlsTrouble::Expired));
    assert_eq!(at(Time::AtLeast(BEFORE)).await, LinkEvent::Connected);
    assert_eq!(at(Time::AtLeast(WITHIN)).await, LinkEvent::Connected);
    assert_eq!(at(Time::AtLeast(AFTER)).await, refused(TlsTrouble::Expired));
}

#[tokio::test]
async fn memory_that_is_too_small_is_told() {
    let authority = Authority::new();
    let relay = Running::with(&authority.signs(&params("127.0.0.1")), &[]).await;
    let mut memory = TlsMemory::<256, 512>::new();
    let told = relay.meets_with(&mut memory, "127.0.0.1", &authority, Time::Now(WITHIN)).await;
    assert_eq!(told, refused(TlsTrouble::Memory));
}

#[tokio::test]
async fn the_wrong_kind_of_relay_is_told() {
    let authority = Authority::new();
    let plain = Running::plain().await;
    let told = plain.meets("127.0.0.1", &authority, Time::Now(WITHIN)).await;
    assert_eq!(told, refused(TlsTrouble::NoTls));

    let relay = Running::with(&authority.signs(&params("127.0.0.1")), &[]).await;
    assert_eq!(first(&mut Streams(relay.addr)).await, LinkEvent::Lost(LinkError::TlsWanted));
}

/// Who stands between a board and its relay, passes on what they say, and says that to the board once it is told to.
async fn between(relay: SocketAddr, words: &'static [u8]) -> (SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind(free()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (speak, spoken) = oneshot::channel();
    tokio::spawn(async move {
        let (mut from_board, mut to_board) = listener.accept().await.unwrap().0.into_split();
        let (mut from_relay, mut to_relay) = TcpStream::connect(relay).await.unwrap().into_split();
        tokio::spawn(async move { tokio::io::copy(&mut from_board, &mut to_relay).await });
        tokio::select! {
            end = tokio::io::copy(&mut from_relay, &mut to_board) => panic!("it ended first: {end:?}"),
            told = spoken => told.unwrap(),
        }
        to_board.write_all(words).await.unwrap();
        tokio::io::copy(&mut from_relay, &mut to_board).await
    });
    (addr, speak)
}

#[tokio::test]
async fn who_stands_between_ends_the_link_and_no_more() {
    // EncryptedExtensions in the clear: embedded-tls would not survive it.
    let words = &[22, 3, 3, 0, 6, 8, 0, 0, 2, 0, 0];
    let authority = Authority::new();
    let relay = Running::with(&authority.signs(&params("127.0.0.1")), &[]).await;
    let (addr, speak) = between(relay.addr, words).await;
    let authorities = [&authority.own.der()[..]];
    let trust = Trust { host: "127.0.0.1", authorities: &authorities, time: &|| Time::Now(WITHIN) };
    let (mut random, mut memory) = (OsRng, TlsMemory::<4096, 512>::new());
    let mut streams = Tls::new(Streams(addr), trust, &mut random, &mut memory);
    let (_, mut runner, mut events) = resources().start(door()).unwrap();
    let story = async {
        assert!(matches!(events.next().await, Event::Link(LinkEvent::Connected)));
        speak.send(()).unwrap();
        assert!(matches!(events.next().await, Event::Link(LinkEvent::Lost(LinkError::Broken))));
    };
    tokio::select! {
        told = timeout(Duration::from_secs(20), story) => told.unwrap(),
        never = runner.run_over(&mut streams) => match never {},
    }
}

/// What the far end does with its side of TLS.
type Act = fn(&mut ServerConnection) -> std::io::Result<()>;

/// Who speaks TLS for a relay that does not, passes on what both say, and does that once it is told to.
async fn before(
    relay: SocketAddr,
    Signed(certificate, key): &Signed,
    act: Act,
) -> (SocketAddr, oneshot::Sender<()>) {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(free()).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (tell, mut told) = oneshot::channel();
    tokio::spawn(async move {
        loop {
            let stream = listener.accept().await.unwrap().0;
            let (mut board, mut relay) =
                (acceptor.accept(stream).await.unwrap(), TcpStream::connect(relay).await.unwrap());
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut board, &mut relay) => continue,
                said = &mut told, if !told.is_terminated() => said.unwrap(),
            }
            act(board.get_mut().1).unwrap();
            board.flush().await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut board, &mut relay).await;
        }
    });
    (addr, tell)
}

#[tokio::test]
async fn a_relay_that_changes_its_keys_is_reached_anew() {
    let new_keys: Act = |tls| tls.refresh_traffic_keys().map_err(std::io::Error::other);
    reached_anew(new_keys, LinkError::Broken, 500).await;
}

#[tokio::test]
async fn a_record_that_is_larger_than_the_memory_is_told() {
    let large: Act = |tls| tls.writer().write_all(&[0; 5_000]);
    reached_anew(large, LinkError::Tls(TlsTrouble::Memory), 6_000).await;
}

/// A relay does that once: the board is told so, and reaches it again within that time, in ms.
async fn reached_anew(act: Act, told: LinkError, within: u64) {
    let (authority, relay) = (Authority::new(), Running::plain().await);
    let (addr, tell) = before(relay.addr, &authority.signs(&params("127.0.0.1")), act).await;
    let authorities = [&authority.own.der()[..]];
    let trust = Trust { host: "127.0.0.1", authorities: &authorities, time: &|| Time::Now(WITHIN) };
    let (mut random, mut memory) = (OsRng, TlsMemory::<4096, 512>::new());
    let mut streams = Tls::new(Streams(addr), trust, &mut random, &mut memory);
    let (_, mut runner, mut events) = resources().start(door()).unwrap();
    let story = async {
        assert!(matches!(events.next().await, Event::Link(LinkEvent::Connected)));
        tell.send(()).unwrap();
        assert!(matches!(events.next().await, Event::Link(LinkEvent::Lost(error)) if error == told));
        // The clock of this board stands still.
        MockDriver::get().advance(embassy_time::Duration::from_millis(within));
        assert!(matches!(events.next().await, Event::Link(LinkEvent::Connected)));
    };
    tokio::select! {
        told = timeout(Duration::from_secs(20), story) => told.unwrap(),
        never = runner.run_over(&mut streams) => match never {},
    }
}
