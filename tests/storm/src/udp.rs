//! A proxy between two devices that exchange datagrams: it loses one in ten, and repeats some.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use rand::RngExt;
use tokio::net::UdpSocket;

use crate::proxy::Weather;

/// The share of datagrams that is lost, and of those that arrive twice.
const LOSS: f64 = 0.1;
const REPEAT: f64 = 0.02;
/// No datagram is larger.
const LARGEST: usize = 65_536;

/// Carries datagrams between the devices at `one` and `other`, until the runtime ends. Gives the address under
/// which `one` finds the other, and then the one under which `other` finds the first.
pub(crate) async fn join(
    one: SocketAddr,
    other: SocketAddr,
    weather: &Arc<Weather>,
) -> Result<(SocketAddr, SocketAddr)> {
    let for_one = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    let for_other = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    let found = (for_one.local_addr()?, for_other.local_addr()?);
    tokio::spawn(carry(for_one.clone(), for_other.clone(), other, weather.clone()));
    tokio::spawn(carry(for_other, for_one, one, weather.clone()));
    Ok(found)
}

async fn carry(from: Arc<UdpSocket>, through: Arc<UdpSocket>, to: SocketAddr, weather: Arc<Weather>) {
    let mut buf = vec![0; LARGEST];
    loop {
        // A device that is not there yet makes an error of what was sent to it.
        let Ok((len, _)) = from.recv_from(&mut buf).await else { continue };
        weather.datagrams.fetch_add(1, Ordering::Relaxed);
        let calm = weather.calm.load(Ordering::Relaxed);
        if !calm && rand::rng().random_bool(LOSS) {
            weather.lost.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let copies = if rand::rng().random_bool(REPEAT) { 2 } else { 1 };
        for _ in 0..copies {
            let _ = through.send_to(&buf[..len], to).await;
        }
    }
}
