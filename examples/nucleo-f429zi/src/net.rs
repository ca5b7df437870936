//! The link: over Ethernet, to a relay.

use adapter_embassy::Runner;
use adapter_embassy::net::{Relay, Tcp};
use embassy_executor::Spawner;
use embassy_net::{Config, Stack, StackResources, new};
use static_cell::StaticCell;

use crate::ONCE;
use crate::board::EthernetDevice;

/// DHCP, DNS, and a stream.
const SOCKETS: usize = 3;
/// Bytes of the stream that wait in each direction.
const STREAM: usize = 1024;

/// The relay: SIGNALING_RELAY at build time.
///
/// # Errors
/// What to do if it is not set or wrong; the build says so, too.
pub fn relay() -> Result<Relay<'static>, &'static str> {
    let relay =
        option_env!("SIGNALING_RELAY").ok_or("no relay: build with SIGNALING_RELAY=192.0.2.7:7400")?;
    Relay::parse(relay).map_err(|_| "SIGNALING_RELAY has to be a host and a port, such as 192.0.2.7:7400")
}

/// Carries the frames of a device over TCP, to that relay.
#[embassy_executor::task]
pub async fn link(
    spawner: Spawner,
    mut runner: Runner<'static>,
    ethernet: EthernetDevice,
    seed: u64,
    relay: Relay<'static>,
) {
    let stack = network(spawner, ethernet, seed);
    let (mut rx, mut tx) = ([0; STREAM], [0; STREAM]);
    runner.run_over(&mut Tcp::new(stack, relay, &mut rx, &mut tx)).await;
}

/// Starts the network, which takes its address from DHCP.
fn network(spawner: Spawner, ethernet: EthernetDevice, seed: u64) -> Stack<'static> {
    static MEMORY: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let memory = MEMORY.init_with(StackResources::new);
    let (stack, runner) = new(ethernet, Config::dhcpv4(Default::default()), memory, seed);
    spawner.spawn(run(runner).expect(ONCE));
    stack
}

#[embassy_executor::task]
async fn run(mut runner: embassy_net::Runner<'static, EthernetDevice>) {
    runner.run().await;
}
