//! A TCP proxy that cuts the links it carries.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use rand::RngExt;
use tokio::io::{copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// A link lives for so many ms.
const LIFE: std::ops::Range<u64> = 200..1_500;
/// What is sent for so many ms before the cut gets lost.
const MUTE: std::ops::Range<u64> = 0..1_500;

/// What the proxies do, and what they did.
#[derive(Default)]
pub(crate) struct Weather {
    pub(crate) calm: AtomicBool,
    pub(crate) links: AtomicU64,
    pub(crate) cuts: AtomicU64,
    pub(crate) datagrams: AtomicU64,
    pub(crate) lost: AtomicU64,
}

impl Weather {
    /// Links made and cut, datagrams seen and lost.
    pub(crate) fn counts(&self) -> [u64; 4] {
        [&self.links, &self.cuts, &self.datagrams, &self.lost].map(|count| count.load(Ordering::Relaxed))
    }
}

/// Carries links to the relay, until the runtime ends. Where it listens.
pub(crate) async fn start(relay: SocketAddr, weather: Arc<Weather>) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((device, _)) = listener.accept().await {
            tokio::spawn(carry(device, relay, weather.clone()));
        }
    });
    Ok(addr)
}

/// Carries one link; its end drops both sides.
async fn carry(mut device: TcpStream, relay: SocketAddr, weather: Arc<Weather>) {
    let Ok(mut relay) = TcpStream::connect(relay).await else { return };
    // A link that waits to send more is no worse than one that is cut.
    let _ = (device.set_nodelay(true), relay.set_nodelay(true));
    weather.links.fetch_add(1, Ordering::Relaxed);
    loop {
        let life = Duration::from_millis(rand::rng().random_range(LIFE));
        if timeout(life, copy_bidirectional(&mut device, &mut relay)).await.is_ok() {
            return;
        }
        if !weather.calm.load(Ordering::Relaxed) {
            weather.cuts.fetch_add(1, Ordering::Relaxed);
            return swallow(device, relay).await;
        }
    }
}

/// Takes what comes and brings it nowhere, for a while.
async fn swallow(mut device: TcpStream, mut relay: TcpStream) {
    let mute = Duration::from_millis(rand::rng().random_range(MUTE));
    let (mut from, mut to) = (device.split().0, relay.split().0);
    let swallowing = async {
        let (mut nowhere, mut neither) = (sink(), sink());
        tokio::join!(tokio::io::copy(&mut from, &mut nowhere), tokio::io::copy(&mut to, &mut neither))
    };
    let _ = timeout(mute, swallowing).await;
}
