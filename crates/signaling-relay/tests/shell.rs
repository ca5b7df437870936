//! The relay on sockets and streams.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use adapter_std::TokioClock;
use adapter_std::framing::tcp_codec;
use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use signaling_core::wire::{Frame, Hello, List, Refusal, Refused, Send, Target, encode_send};
use signaling_core::{Device, InviteId};
use signaling_relay::{BindError, Config, Insecure, JwtKey, Relay, RelayHandle};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
#[cfg(target_os = "linux")]
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

const LOOPBACK: &str = "127.0.0.1:0";

/// A relay that runs until it is told to stop.
struct Running {
    addr: SocketAddr,
    handle: RelayHandle,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

async fn relay() -> Running {
    relay_with(Config::default()).await
}

async fn relay_with(config: Config) -> Running {
    let builder = Relay::builder(Insecure).config(config).clock(TokioClock::new());
    let relay = builder.bind(LOOPBACK.parse().unwrap()).await.unwrap();
    let (stop, stopped) = oneshot::channel();
    let (addr, handle) = (relay.local_addr(), relay.handle());
    let done = tokio::spawn(relay.run(async {
        let _ = stopped.await;
    }));
    Running { addr, handle, stop, done }
}

impl Running {
    async fn tcp(&self) -> Client<TcpStream> {
        Client::new(TcpStream::connect(self.addr).await.unwrap())
    }

    /// A device on a stream that holds `room` bytes each way.
    async fn join(&self, user: &str, device: u64, room: usize) -> Client<DuplexStream> {
        let (near, far) = duplex(room);
        self.handle.serve(far);
        let mut client = Client::new(near);
        client.join(user, device).await;
        client
    }
}

struct Client<S>(Framed<S, LengthDelimitedCodec>);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn new(stream: S) -> Self {
        Self(Framed::new(stream, tcp_codec(1 << 20)))
    }

    async fn put(&mut self, frame: &Frame<'_>) {
        let mut buf = vec![0; 64 * 1024];
        let len = frame.encode(&mut buf).unwrap();
        self.0.send(Bytes::copy_from_slice(&buf[..len])).await.unwrap();
    }

    /// The next frame; none when the relay has closed the link.
    async fn next(&mut self) -> Option<BytesMut> {
        self.0.next().await.map(Result::unwrap)
    }

    async fn join(&mut self, user: &str, id: u64) {
        let device = Device { id, epoch: 1 };
        self.put(&Frame::Hello(Hello { user, device, label: "", largest: 64 * 1024, token: "" })).await;
        let welcome = self.next().await.unwrap();
        assert!(matches!(Frame::decode(&welcome), Ok(Frame::Welcome(_))));
    }

    async fn send(&mut self, to: &str, body: &[u8]) {
        let send = Send {
            key: InviteId::default(),
            ver: 1,
            to: Target::Users(List::default()),
            group: None,
            online_only: false,
            ttl: 1_000,
            push: None,
            body: b"",
        };
        let mut buf = vec![0; 64 * 1024];
        let write = |buf: &mut [u8]| {
            buf[..body.len()].copy_from_slice(body);
            Ok(body.len())
        };
        let len = encode_send(&mut buf, &send, [to].into_iter(), write).unwrap();
        self.0.send(Bytes::copy_from_slice(&buf[..len])).await.unwrap();
    }

    /// The link is refused for that reason, and closed.
    async fn is_turned_away(&mut self, reason: Refusal) {
        let refused = self.next().await.unwrap();
        assert_eq!(Frame::decode(&refused), Ok(Frame::Refused(Refused { key: None, ver: 0, reason })));
        assert_eq!(self.next().await, None);
    }
}

/// Alice sends to bob, who gets it, and she hears so.
async fn a_message_crosses<S: AsyncRead + AsyncWrite + Unpin>(alice: &mut Client<S>, bob: &mut Client<S>) {
    alice.send("bob", b"hi").await;
    let deliver = bob.next().await.unwrap();
    let Ok(Frame::Deliver(deliver)) = Frame::decode(&deliver) else { panic!("no message") };
    assert_eq!((deliver.from.user, deliver.body), ("alice", Some(&b"hi"[..])));
    let fanout = alice.next().await.unwrap();
    assert!(matches!(Frame::decode(&fanout), Ok(Frame::Fanout(_))));
}

#[tokio::test]
async fn a_message_crosses_over_tcp() {
    let relay = relay().await;
    let (mut alice, mut bob) = (relay.tcp().await, relay.tcp().await);
    alice.join("alice", 1).await;
    bob.join("bob", 2).await;
    a_message_crosses(&mut alice, &mut bob).await;
}

#[tokio::test]
async fn a_message_crosses_in_the_process() {
    let relay = relay().await;
    let (mut alice, mut bob) = (relay.join("alice", 1, 4096).await, relay.join("bob", 2, 4096).await);
    a_message_crosses(&mut alice, &mut bob).await;
    assert_eq!(relay.handle.stats().delivered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_relay_without_an_address_serves_what_it_is_given_and_keeps_time() {
    let relay = Relay::builder(Insecure).clock(TokioClock::new()).unbound().unwrap();
    let [mut alice, mut bob] = [(); 2].map(|()| {
        let (near, far) = duplex(4096);
        relay.serve(far);
        Client::new(near)
    });
    alice.join("alice", 1).await;
    bob.join("bob", 2).await;
    a_message_crosses(&mut alice, &mut bob).await;
    assert_eq!(alice.next().await, None, "who is silent loses the link");
}

#[tokio::test]
async fn a_device_that_hangs_up_is_away() {
    let relay = relay().await;
    let mut bob = relay.tcp().await;
    bob.join("bob", 2).await;
    drop(bob);
    while relay.handle.stats().links > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_frame_too_large_is_refused_before_it_is_read() {
    let relay = relay().await;
    let mut stream = TcpStream::connect(relay.addr).await.unwrap();
    stream.write_all(&[0xff, 0xff, 0xff, 0xff]).await.unwrap();
    stream.write_all(&vec![0; 16 << 20]).await.expect("the relay lets it finish");
    Client::new(stream).is_turned_away(Refusal::TooLarge).await;
}

#[tokio::test]
async fn garbage_is_refused() {
    let relay = relay().await;
    let mut client = relay.tcp().await;
    client.0.send(Bytes::from_static(b"GET / HTTP/1.1")).await.unwrap();
    client.is_turned_away(Refusal::Version).await;
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let relay = relay().await;
    let error = Relay::builder(Insecure).bind(relay.addr).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("cannot listen on {}: ", relay.addr)), "{error}");
    assert!(std::error::Error::source(&error).is_none(), "the text has it already");
    let BindError::Address { addr, error } = error else { panic!("{error}") };
    assert_eq!((addr, error.kind()), (relay.addr, ErrorKind::AddrInUse));
}

#[tokio::test]
async fn limits_that_do_not_go_together_are_named() {
    let config = Config { frame: 2_048, ..Config::default() };
    let error = Relay::builder(Insecure).config(config.clone()).bind(LOOPBACK.parse().unwrap()).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("frame is 2048 bytes, less than the 31941"), "{error}");
    assert!(matches!(Relay::builder(Insecure).config(config).unbound(), Err(BindError::Config(_))));
}

#[tokio::test]
async fn a_relay_that_takes_every_name_stays_on_this_machine() {
    let bind = |addr: &str| Relay::builder(Insecure).bind(addr.parse().unwrap());
    assert!(matches!(bind("0.0.0.0:0").await, Err(BindError::Insecure { .. })));
    assert!(matches!(bind("[::]:0").await, Err(BindError::Insecure { .. })));
    assert!(matches!(bind("192.0.2.1:7400").await, Err(BindError::Insecure { .. })));

    let key = JwtKey::new(b"a secret of thirty-two bytes....").unwrap();
    assert!(Relay::builder(key).bind("0.0.0.0:0".parse().unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_relay_that_stops_says_so_and_lets_go_of_its_port() {
    let relay = relay().await;
    let mut alice = relay.tcp().await;
    alice.join("alice", 1).await;
    relay.stop.send(()).unwrap();
    alice.is_turned_away(Refusal::Stopping).await;
    drop(alice);
    relay.done.await.unwrap();

    let refused = TcpStream::connect(relay.addr).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let (near, far) = duplex(4096);
    relay.handle.serve(far);
    assert_eq!(Client::new(near).next().await, None, "nothing is served any more");
}

#[tokio::test(start_paused = true)]
async fn a_relay_stops_in_time_even_if_nobody_listens() {
    let relay = relay().await;
    let _deaf = relay.join("alice", 1, 64).await;
    let begin = Instant::now();
    relay.stop.send(()).unwrap();
    relay.done.await.unwrap();
    assert!(begin.elapsed() <= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_loses_its_link_and_nobody_else_does() {
    let relay = relay_with(Config { burst: u32::MAX, ..Config::default() }).await;
    let (mut alice, mut bob) = (relay.join("alice", 1, 4096).await, relay.join("bob", 2, 4096).await);
    let _slow = relay.join("carol", 3, 64).await;
    for _ in 0..2_000 {
        alice.send("carol", &[0; 2_000]).await;
        alice.next().await.unwrap();
    }
    assert_eq!((relay.handle.stats().overrun, relay.handle.stats().links), (1, 2));
    a_message_crosses(&mut alice, &mut bob).await;
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_for_long_counts_as_one_who_does_not_read() {
    let relay = relay().await;
    let mut alice = relay.join("alice", 1, 4096).await;
    let _deaf = relay.join("carol", 3, 64).await;
    alice.send("carol", &[0; 2_000]).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!((relay.handle.stats().overrun, relay.handle.stats().links), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn who_says_much_at_once_and_reads_the_answers_keeps_its_link() {
    let relay = relay().await;
    let mut alice = relay.join("alice", 1, 1 << 20).await;
    let mut buf = [0; 16];
    for number in 0..10_000 {
        let len = Frame::Ping(number).encode(&mut buf).unwrap();
        alice.0.feed(Bytes::copy_from_slice(&buf[..len])).await.unwrap();
    }
    SinkExt::<Bytes>::flush(&mut alice.0).await.unwrap();
    for number in 0..10_000 {
        let pong = alice.next().await.expect("the link stands");
        assert_eq!(Frame::decode(&pong), Ok(Frame::Pong(number)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_slow_reader_goes_with_its_link() {
    let relay = relay_with(Config { burst: u32::MAX, ..Config::default() }).await;
    let (mut alice, mut slow) = (relay.join("alice", 1, 4096).await, relay.join("carol", 3, 64).await);
    while relay.handle.stats().overrun == 0 {
        alice.send("carol", &[0; 2_000]).await;
        alice.next().await.unwrap();
    }
    let mut late = 0;
    while slow.0.next().await.is_some_and(|frame| frame.is_ok()) {
        late += 1;
    }
    assert!(late < 10, "{late} frames");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_was_closed_is_not_there_for_ever() {
    let relay = relay_with(Config { burst: u32::MAX, ..Config::default() }).await;
    let (mut alice, mut slow) = (relay.join("alice", 1, 4096).await, relay.join("bob", 2, 4096).await);
    for _ in 0..500 {
        alice.send("bob", &[0; 2_000]).await;
        alice.next().await.unwrap();
    }
    slow.0.send(Bytes::from_static(b"nonsense")).await.unwrap();
    let begin = Instant::now();
    while slow.0.next().await.is_some_and(|frame| frame.is_ok()) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(begin.elapsed() <= Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_was_quiet_for_long_is_told_why_it_is_closed() {
    let relay = relay().await;
    let mut alice = relay.join("alice", 1, 2).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    alice.0.send(Bytes::from_static(b"nonsense")).await.unwrap();
    alice.is_turned_away(Refusal::Version).await;
}

#[tokio::test(start_paused = true)]
async fn those_who_were_turned_away_cannot_crowd_the_relay() {
    let relay = relay_with(Config { connections: 2, ..Config::default() }).await;
    let link = || {
        let (near, far) = duplex(4096);
        relay.handle.serve(far);
        Client::new(near)
    };
    let _within = [relay.join("alice", 1, 4096).await, relay.join("bob", 2, 4096).await];
    let (mut third, mut fourth) = (link(), link());
    third.is_turned_away(Refusal::Busy).await;
    fourth.is_turned_away(Refusal::Busy).await;
    assert_eq!(link().next().await, None, "nobody has a word for the fifth");
    drop((third, fourth));
    tokio::time::sleep(Duration::from_secs(1)).await;
    link().is_turned_away(Refusal::Busy).await;
}

#[tokio::test(start_paused = true)]
async fn those_of_one_address_who_were_turned_away_cannot_crowd_the_relay() {
    let relay = relay_with(Config { strangers_per_address: 2, ..Config::default() }).await;
    let link = |last| {
        let (near, far) = duplex(4096);
        relay.handle.serve_from([192, 0, 2, last].into(), far);
        Client::new(near)
    };
    let _silent = [link(1), link(1)];
    let (mut third, mut fourth) = (link(1), link(1));
    third.is_turned_away(Refusal::Busy).await;
    fourth.is_turned_away(Refusal::Busy).await;
    assert_eq!(link(1).next().await, None, "nobody has a word for the fifth");
    assert_eq!(relay.handle.stats().crowded, 3);
    link(2).join("alice", 1).await;
    drop((third, fourth));
    tokio::time::sleep(Duration::from_secs(1)).await;
    link(1).is_turned_away(Refusal::Busy).await;
}

#[cfg(target_os = "linux")] // where all of 127.0.0.0/8 is this machine
#[tokio::test]
async fn a_flood_from_one_address_leaves_room_for_others() {
    let relay = relay_with(Config { connections: 8, ..Config::default() }).await;
    let mut flood = Vec::new();
    for _ in 0..20 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        flood.push(socket.connect(relay.addr).await.unwrap());
    }
    while relay.handle.stats().crowded < 16 {
        tokio::task::yield_now().await;
    }
    let (mut alice, mut bob) = (relay.tcp().await, relay.tcp().await);
    alice.join("alice", 1).await;
    bob.join("bob", 2).await;
    a_message_crosses(&mut alice, &mut bob).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_device_loses_its_link() {
    let relay = relay().await;
    let begin = Instant::now();
    let mut alice = relay.join("alice", 1, 4096).await;
    assert_eq!(alice.next().await, None);
    let silence = begin.elapsed().as_secs();
    assert!((45..=46).contains(&silence), "after {silence} s");
}

#[tokio::test]
async fn a_relay_that_is_dropped_takes_its_links_along() {
    let relay = relay().await;
    let mut alice = relay.join("alice", 1, 4096).await;
    relay.done.abort();
    assert_eq!(alice.next().await, None);
}
