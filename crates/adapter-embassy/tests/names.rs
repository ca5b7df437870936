//! A relay that is found by its name: a board, a name server and a relay on a network that ends where it begins.

use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Waker};

use adapter_embassy::net::{Relay, Tcp};
use adapter_embassy::{Device, Event, Identity, LinkError, LinkEvent, Resources, UserId};
use embassy_futures::select::{Either, select};
use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_net::tcp::TcpSocket;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_time::{Duration, MockDriver};
use embedded_io_async::Read;

const HERE: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);
const PORT: u16 = 7400;
const DNS: u16 = 53;

/// What is sent comes back.
#[derive(Default)]
struct Loop(VecDeque<Vec<u8>>);

struct Came(Vec<u8>);
struct Goes<'a>(&'a mut VecDeque<Vec<u8>>);

impl RxToken for Came {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        f(&mut self.0)
    }
}

impl TxToken for Goes<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.push_back(frame);
        result
    }
}

impl Driver for Loop {
    type RxToken<'a> = Came;
    type TxToken<'a> = Goes<'a>;

    fn receive(&mut self, _: &mut Context<'_>) -> Option<(Came, Goes<'_>)> {
        Some((Came(self.0.pop_front()?), Goes(&mut self.0)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Goes<'_>> {
        Some(Goes(&mut self.0))
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet([2, 0, 0, 0, 0, 1])
    }
}

/// A name server that knows "relay.example" (RFC 1035, section 4).
async fn name_server(stack: Stack<'_>) {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
    let (mut rx, mut tx, mut buf) = ([0; 1024], [0; 1024], [0; 512]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    socket.bind(DNS).unwrap();
    loop {
        let (len, from) = socket.recv_from(&mut buf).await.unwrap();
        let mut answer = buf[..len].to_vec();
        let known = answer[12..].starts_with(b"\x05relay\x07example\0");
        // An answer, from who may; how it went, and how many records follow the question.
        answer[2..4].copy_from_slice(&[0x81, if known { 0x80 } else { 0x83 }]);
        answer[7] = known.into();
        if known {
            // The name in the question, an address, of the internet, for a minute, 4 bytes.
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            answer.extend(HERE.octets());
        }
        socket.send_to(&answer, from).await.unwrap();
    }
}

/// The first bytes that somebody sends to the relay.
async fn first_bytes(stack: Stack<'_>) -> [u8; 8] {
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut socket = TcpSocket::new(stack, &mut rx, &mut tx);
    socket.accept(PORT).await.unwrap();
    let mut bytes = [0; 8];
    socket.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// What `act` gives while a board runs, whose relay has that name.
fn with_board<T>(
    host: &'static str,
    act: impl AsyncFnOnce(Stack<'_>, adapter_embassy::Events<'static>) -> T,
) -> T {
    MockDriver::get().reset();
    let mut memory = StackResources::<5>::new();
    let dns_servers = [HERE].into_iter().collect();
    let config = StaticConfigV4 { address: Ipv4Cidr::new(HERE, 24), gateway: None, dns_servers };
    let (stack, mut network) = embassy_net::new(Loop::default(), Config::ipv4_static(config), &mut memory, 7);
    let identity = Identity::new(UserId::new("door").unwrap(), Device { id: 9, epoch: 1 });
    let memory = Box::leak(Box::new(Resources::<1, 1, 1, 16, 512>::new()));
    let (_, mut runner, events) = memory.start(identity).unwrap();
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut tcp = Tcp::new(stack, Relay::Name { host, port: PORT }, &mut rx, &mut tx);
    let world = async {
        let board = select(runner.run_over(&mut tcp), network.run());
        match select(act(stack, events), select(board, name_server(stack))).await {
            Either::First(result) => result,
            Either::Second(_) => unreachable!("they run for ever"),
        }
    };
    let mut world = pin!(world);
    for _ in 0..60_000 {
        if let std::task::Poll::Ready(result) = world.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result;
        }
        MockDriver::get().advance(Duration::from_millis(1));
    }
    panic!("nothing came of it within a minute");
}

#[test]
fn a_relay_is_found_by_its_name() {
    let bytes = with_board("relay.example", async |stack, _| first_bytes(stack).await);
    // A length, and a Hello of this version.
    assert_eq!(bytes[..2], [0, 0]);
    assert_eq!(bytes[4], signaling_core::wire::VERSION);
}

#[test]
fn a_name_that_nobody_knows_is_told() {
    let told = with_board("nowhere.example", async |_, mut events| match events.next().await {
        Event::Link(event) => Some(event),
        _ => None,
    });
    assert_eq!(told, Some(LinkEvent::Lost(LinkError::NoName)));
}
