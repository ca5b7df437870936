//! A network that ends where it begins: a board and the servers that it talks to have one address, and one virtual clock.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use embassy_futures::select::{Either, select};
use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_time::{Duration, MockDriver};

/// The address of all.
pub(crate) const HERE: Ipv4Address = Ipv4Address::new(10, 0, 0, 1);
const DNS: u16 = 53;

/// What is sent comes back.
#[derive(Default)]
struct Loop {
    frames: VecDeque<Vec<u8>>,
    waits: Option<Waker>,
}

struct Came(Vec<u8>);
struct Goes<'a>(&'a mut Loop);

impl RxToken for Came {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        f(&mut self.0)
    }
}

impl TxToken for Goes<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.frames.push_back(frame);
        self.0.waits.take().into_iter().for_each(Waker::wake);
        result
    }
}

impl Driver for Loop {
    type RxToken<'a> = Came;
    type TxToken<'a> = Goes<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Came, Goes<'_>)> {
        self.waits = Some(context.waker().clone());
        Some((Came(self.frames.pop_front()?), Goes(self)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Goes<'_>> {
        Some(Goes(self))
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

/// Of a name server that knows "relay.example" (RFC 1035, section 4).
fn name(question: &[u8]) -> Option<Vec<u8>> {
    let mut answer = question.to_vec();
    let known = answer[12..].starts_with(b"\x05relay\x07example\0");
    // An answer, from who may; how it went, and how many records follow the question.
    answer[2..4].copy_from_slice(&[0x81, if known { 0x80 } else { 0x83 }]);
    answer[7] = known.into();
    if known {
        // The name in the question, an address, of the internet, for a minute, 4 bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(HERE.octets());
    }
    Some(answer)
}

/// Answers each datagram to that port as `answer` says, or not.
pub(crate) async fn serve(stack: Stack<'_>, port: u16, mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>>) {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
    let (mut rx, mut tx, mut buf) = ([0; 1024], [0; 1024], [0; 512]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    socket.bind(port).unwrap();
    loop {
        let (len, from) = socket.recv_from(&mut buf).await.unwrap();
        if let Some(answer) = answer(&buf[..len]) {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

/// Whether there is something to do.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What `act` gives on such a network with a name server. Time goes on by `step` ms at a time, from 0.
pub(crate) fn on_network<T>(step: u64, act: impl AsyncFnOnce(Stack<'_>) -> T) -> T {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    // There is one clock in a process. What a test that failed left behind is reset.
    let _clock = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    MockDriver::get().reset();
    let mut memory = StackResources::<6>::new();
    let dns_servers = [HERE].into_iter().collect();
    let config = StaticConfigV4 { address: Ipv4Cidr::new(HERE, 24), gateway: None, dns_servers };
    let (stack, mut network) = embassy_net::new(Loop::default(), Config::ipv4_static(config), &mut memory, 7);
    let world = async {
        match select(act(stack), select(network.run(), serve(stack, DNS, name))).await {
            Either::First(result) => result,
            Either::Second(_) => unreachable!("they run for ever"),
        }
    };
    let mut world = pin!(world);
    let woken = Arc::new(Woken(true.into()));
    let waker = Waker::from(Arc::clone(&woken));
    for _ in 0..100_000 {
        // A network that never rests does not stop the clock.
        for _ in 0..16 {
            if !woken.0.swap(false, Ordering::Relaxed) {
                break;
            }
            if let Poll::Ready(result) = world.as_mut().poll(&mut Context::from_waker(&waker)) {
                return result;
            }
        }
        MockDriver::get().advance(Duration::from_millis(step));
    }
    panic!("nothing came of it in {step} times 100 s");
}
