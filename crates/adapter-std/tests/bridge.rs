//! A board on a serial line, which is a socket here, and a real relay behind the bridge.

use std::net::SocketAddr;

use adapter_std::bridge::{Bridge, BridgeEvent, LineAddress};
use adapter_std::framing::{LineCodec, line_codec};
use adapter_std::{Device, RelayAddress, Tcp};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use signaling_core::wire::{Frame, Hello, Refusal, Refused};
use signaling_relay::{Authenticator, Insecure, Relay};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant};
use tokio_util::codec::Framed;

/// A port into which a board is plugged, and what the bridge tells.
struct World {
    port: TcpListener,
    events: mpsc::UnboundedReceiver<String>,
    relay: SocketAddr,
}

/// A relay that can be stopped.
struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(addr: SocketAddr) -> (Self, SocketAddr) {
        Self::start_with(Insecure, addr).await
    }

    async fn start_with(auth: impl Authenticator + 'static, addr: SocketAddr) -> (Self, SocketAddr) {
        let relay = Relay::builder(auth).bind(addr).await.unwrap();
        let addr = relay.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(relay.run(async { drop(stopped.await) }));
        (Self { stop, task }, addr)
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
    }
}

impl World {
    async fn new() -> (Self, Running) {
        let (running, relay) = Running::start("127.0.0.1:0".parse().unwrap()).await;
        (Self::before(relay).await, running)
    }

    /// A bridge to that relay.
    async fn before(relay: SocketAddr) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line: LineAddress = format!("tcp:{}", port.local_addr().unwrap()).parse().unwrap();
        let address: RelayAddress = format!("tcp://{relay}").parse().unwrap();
        let (told, events) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let tell = |event| drop(told.send(name(&event)));
            Bridge::new(line, Tcp::new(address)).run(tell).await;
        });
        Self { port, events, relay }
    }

    async fn plug(&mut self) -> Board {
        let (stream, _) = self.port.accept().await.unwrap();
        Board(Framed::new(stream, line_codec(1024)))
    }

    async fn tells(&mut self) -> String {
        self.events.recv().await.unwrap()
    }
}

fn name(event: &BridgeEvent) -> String {
    match event {
        BridgeEvent::Closed(_) => "closed".into(),
        BridgeEvent::Parted(error) if error.to_string().contains("token") => format!("parted: {error}"),
        BridgeEvent::Parted(error) if error.to_string().contains("Hello") => format!("parted: {error}"),
        BridgeEvent::Parted(_) => "parted".into(),
        event => format!("{event:?}").to_lowercase(),
    }
}

/// The board's end of the line.
struct Board<S = TcpStream>(Framed<S, LineCodec>);

impl<S: AsyncRead + AsyncWrite + Unpin> Board<S> {
    async fn says_hello(&mut self) {
        let device = Device { id: 1, epoch: 1 };
        self.says(Frame::Hello(Hello { user: "door", device, label: "", largest: 1024, token: "" })).await;
    }

    async fn says(&mut self, frame: Frame<'_>) {
        let mut buf = [0; 64];
        let len = frame.encode(&mut buf).unwrap();
        self.0.send(Bytes::copy_from_slice(&buf[..len])).await.unwrap();
    }

    async fn hears(&mut self) -> &'static str {
        let frame = self.0.next().await.unwrap().unwrap().unwrap();
        match Frame::decode(&frame).unwrap() {
            Frame::Welcome(_) => "welcome",
            Frame::Refused(Refused { key: None, reason: Refusal::Stopping, .. }) => "stopping",
            Frame::Refused(Refused { key: None, reason: Refusal::Hello, .. }) => "hello first",
            _ => "something else",
        }
    }
}

#[tokio::test]
async fn a_board_is_let_in_and_the_bridge_says_so() {
    let (mut world, _relay) = World::new().await;
    let mut board = world.plug().await;
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    assert_eq!((world.tells().await, world.tells().await), ("opened".into(), "joined".into()));
}

#[tokio::test]
async fn noise_is_told_and_costs_nothing() {
    let (mut world, _relay) = World::new().await;
    let mut board = world.plug().await;
    board.0.get_mut().write_all(b"\x00boot loader 1.0\r\n\x00").await.unwrap();
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    assert_eq!((world.tells().await, world.tells().await), ("opened".into(), "noise(1)".into()));
}

#[tokio::test]
async fn a_relay_that_stops_is_told_and_found_again() {
    let (mut world, relay) = World::new().await;
    let mut board = world.plug().await;
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    relay.stop().await;
    // Once from the relay, once from the bridge.
    assert_eq!((board.hears().await, board.hears().await), ("stopping", "stopping"));
    board.says_hello().await;
    let mut told = Vec::new();
    while told.last().is_none_or(|told| told != "parted") {
        told.push(world.tells().await);
    }
    assert_eq!(told, ["opened", "joined", "parted"]);

    let (_relay, _) = Running::start(world.relay).await;
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    assert_eq!(world.tells().await, "joined");
}

#[tokio::test]
async fn a_board_that_was_unplugged_is_plugged_in_again() {
    let (mut world, _relay) = World::new().await;
    let mut board = world.plug().await;
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    drop(board);
    let mut board = world.plug().await;
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    let mut told = Vec::new();
    while told.len() < 5 {
        told.push(world.tells().await);
    }
    assert_eq!(told, ["opened", "joined", "closed", "opened", "joined"]);
}

/// Lets nobody in.
struct Nobody;

impl Authenticator for Nobody {
    fn authenticate(&self, _user: &str, _device: u64, _token: &str, _wall: u64) -> Result<(), Refusal> {
        Err(Refusal::Token)
    }

    fn is_insecure(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn why_a_relay_refuses_a_board_is_told() {
    let (_relay, addr) = Running::start_with(Nobody, "127.0.0.1:0".parse().unwrap()).await;
    let mut world = World::before(addr).await;
    let mut board = world.plug().await;
    board.says_hello().await;
    assert_eq!((world.tells().await, world.tells().await), ("opened".into(), "joined".into()));
    let told = "parted: the relay closed the connection: the token is missing, forged or for somebody else";
    assert_eq!(world.tells().await, told);
}

#[tokio::test]
async fn what_a_relay_refused_once_is_not_why_it_is_gone_later() {
    let (mut world, relay) = World::new().await;
    let mut board = world.plug().await;
    board.says(Frame::Ping(1)).await;
    assert_eq!(board.hears().await, "hello first");
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    // Without a word.
    relay.task.abort();
    let told = [world.tells().await, world.tells().await, world.tells().await];
    assert_eq!(told, ["opened", "joined", "parted"]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_never_holds_is_opened_ever_more_slowly() {
    let (mut world, _relay) = World::new().await;
    let begin = Instant::now();
    for _ in 0..8 {
        drop(world.plug().await);
        assert_eq!((world.tells().await, world.tells().await), ("opened".into(), "closed".into()));
    }
    // 0.1, 0.2, 0.4 and 0.8 s, then each second.
    assert!(begin.elapsed() >= Duration::from_millis(4_500), "{:?}", begin.elapsed());
}

#[cfg(unix)]
#[tokio::test]
async fn a_port_of_this_machine_is_a_line() {
    use tokio_serial::{SerialPort, SerialStream};

    let (running, relay) = Running::start("127.0.0.1:0".parse().unwrap()).await;
    let (far, near) = SerialStream::pair().unwrap();
    let line: LineAddress = near.name().unwrap().parse().unwrap();
    drop(near);
    let bridge = Bridge::new(line, Tcp::new(format!("tcp://{relay}").parse().unwrap()));
    let (told, mut events) = mpsc::unbounded_channel();
    tokio::spawn(async move { bridge.run(|event| drop(told.send(name(&event)))).await });
    assert_eq!(events.recv().await.unwrap(), "opened");
    let mut board = Board(Framed::new(far, line_codec(1024)));
    board.says_hello().await;
    assert_eq!(board.hears().await, "welcome");
    running.stop().await;
    assert_eq!(board.hears().await, "stopping");
}
