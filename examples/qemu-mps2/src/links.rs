//! The tasks that carry a device's frames: over the first serial line, or over Ethernet.

#[cfg(feature = "tls")]
use core::future::pending;

use adapter_embassy::Runner;
#[cfg(feature = "tls")]
use adapter_embassy::net::{Clock, SntpError};
use adapter_embassy::net::{Relay, Tcp};
#[cfg(feature = "direct")]
use adapter_embassy::net::{Udp, UdpMemory};
#[cfg(feature = "seal")]
use adapter_embassy::seal::{PresharedKey, SealedPeer};
#[cfg(feature = "tls")]
use adapter_embassy::tls::{Tls, TlsMemory, Trust};
use embassy_executor::Spawner;
#[cfg(feature = "tls")]
use embassy_futures::join::join;
use embassy_net::{Config, Stack, StackResources, new};
use embassy_time::Instant;
#[cfg(feature = "direct")]
use heapless::Vec;
#[cfg(any(feature = "seal", feature = "tls"))]
use mps2_an385_bsp::HostRandom;
#[cfg(any(feature = "direct", feature = "tls"))]
use mps2_an385_bsp::Writer;
use mps2_an385_bsp::{Ethernet, EthernetDevice, EthernetState, Uart};
use static_cell::StaticCell;

use crate::ONCE;
#[cfg(feature = "tls")]
use crate::authority::BUILT;
#[cfg(feature = "direct")]
use crate::settings::Peers;
#[cfg(any(feature = "direct", feature = "tls"))]
use crate::start::complain;

/// DHCP, DNS, a stream or a socket for datagrams, and one to ask for the time.
const SOCKETS: usize = if cfg!(feature = "tls") { 4 } else { 3 };
/// Bytes of a stream that wait in each direction.
const STREAM: usize = 1024;
/// The largest record of a relay.
#[cfg(feature = "tls")]
const RECORD: usize = 4096;
/// Bytes of datagrams that wait in each direction.
#[cfg(feature = "direct")]
const DATAGRAMS: usize = 2048;
/// The port that other devices find this one at.
#[cfg(feature = "direct")]
const PORT: u16 = 7501;

/// Why there are random numbers.
#[cfg(any(feature = "seal", feature = "tls"))]
const RANDOM: &str = "the machine of the emulator has /dev/urandom";

/// Over the first serial line.
#[embassy_executor::task]
pub async fn line(mut runner: Runner<'static>) {
    let (read, write) = Uart::link();
    runner.run(read, write).await;
}

/// Over TCP, to that relay.
#[embassy_executor::task]
pub async fn tcp(spawner: Spawner, mut runner: Runner<'static>, relay: Relay<'static>) {
    let stack = network(spawner);
    let (mut rx, mut tx) = ([0; STREAM], [0; STREAM]);
    runner.run_over(&mut Tcp::new(stack, relay, &mut rx, &mut tx)).await;
}

/// Over TLS, to the relay of that name, for which that authority has to vouch. The time is that of the server, if there is
/// one.
#[cfg(feature = "tls")]
#[embassy_executor::task]
pub async fn tls(
    spawner: Spawner,
    mut runner: Runner<'static>,
    relay: Relay<'static>,
    host: &'static str,
    authority: &'static [u8],
    server: Option<Relay<'static>>,
    console: Writer,
) {
    let stack = network(spawner);
    let (mut rx, mut tx) = ([0; STREAM], [0; STREAM]);
    let tcp = Tcp::new(stack, relay, &mut rx, &mut tx);
    let clock = Clock::new(BUILT);
    let trust = Trust { host, authorities: &[authority], time: &|| clock.time() };
    let mut random = HostRandom::open().expect(RANDOM);
    let mut memory = TlsMemory::<RECORD, STREAM>::new();
    let mut streams = Tls::new(tcp, trust, &mut random, &mut memory);
    let complains =
        |told: Result<u64, SntpError>| told.err().into_iter().for_each(|error| complain(console, error));
    let time = async {
        match server {
            Some(server) => clock.keep(stack, server, complains).await,
            None => pending().await,
        }
    };
    let link = async {
        if server.is_some() {
            clock.asked().await;
        }
        runner.run_over(&mut streams).await
    };
    join(link, time).await;
}

/// Without a relay, over UDP to these devices.
#[cfg(feature = "direct")]
#[embassy_executor::task]
pub async fn udp(spawner: Spawner, mut runner: Runner<'static>, peers: Peers, console: Writer) {
    let stack = network(spawner);
    let (users, addresses): (Vec<_, 4>, Vec<_, 4>) = peers.into_iter().unzip();
    let mut memory = UdpMemory::<DATAGRAMS>::new();
    let mut socket = Udp::new(stack, PORT, &addresses, &mut memory).expect("the port is not 0");
    let Err(error) = runner.run_direct(&users, &mut socket).await;
    complain(console, error);
}

/// The same, sealed with a key that all of them have.
#[cfg(feature = "seal")]
#[embassy_executor::task]
pub async fn sealed(
    spawner: Spawner,
    mut runner: Runner<'static>,
    peers: Peers,
    key: PresharedKey,
    console: Writer,
) {
    let stack = network(spawner);
    let addresses: Vec<_, 4> = peers.iter().map(|(_, address)| *address).collect();
    // One by one to where they stay: collected, they would pass over the stack together.
    let mut sealed = Vec::<_, 4>::new();
    sealed.extend(peers.into_iter().map(|(user, _)| SealedPeer::new(user, key.clone())));
    let mut memory = UdpMemory::<DATAGRAMS>::new();
    let mut socket = Udp::new(stack, PORT, &addresses, &mut memory).expect("the port is not 0");
    let mut random = HostRandom::open().expect(RANDOM);
    let Err(error) = runner.run_sealed(&mut sealed, &mut socket, &mut random).await;
    complain(console, error);
}

/// Starts the network, which takes its address from DHCP. To be called once.
fn network(spawner: Spawner) -> Stack<'static> {
    static STATE: StaticCell<EthernetState> = StaticCell::new();
    static MEMORY: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let (ethernet, device) = Ethernet::start(STATE.init_with(EthernetState::new));
    let memory = MEMORY.init_with(StackResources::new);
    // The board has no random numbers. They only spread ports and repeats.
    let seed = Instant::now().as_ticks();
    let (stack, runner) = new(device, Config::dhcpv4(Default::default()), memory, seed);
    spawner.spawn(carry(ethernet).expect(ONCE));
    spawner.spawn(run(runner).expect(ONCE));
    stack
}

#[embassy_executor::task]
async fn carry(ethernet: Ethernet) {
    ethernet.run().await;
}

#[embassy_executor::task]
async fn run(mut runner: embassy_net::Runner<'static, EthernetDevice>) {
    runner.run().await;
}
