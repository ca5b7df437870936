//! What carries datagrams.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::net::{UdpSocket, lookup_host};

/// A socket that is being opened.
pub type Opening<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Socket>>> + Send + 'a>>;
/// A peer that is being looked up: where it may be.
pub type LookingUp<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;
/// A datagram that is being sent.
pub type Sending<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'a>>;
/// A datagram that is being waited for: its length, and from where it came.
pub type Receiving<'a> = Pin<Box<dyn Future<Output = io::Result<(usize, SocketAddr)>> + Send + 'a>>;

/// Opens the socket of a direct link: UDP, or something else with its addresses.
pub trait Datagrams: fmt::Debug + Send + Sync + 'static {
    /// Opens it. Called again, after a pause, when that fails or the socket breaks.
    ///
    /// # Errors
    /// Whatever keeps it from being opened; the application is told.
    fn open(&self) -> Opening<'_>;

    /// Where the peer may be whose address was given as that `host:port`. Called anew now and then while it does not
    /// answer, once at a time; the link goes on meanwhile, and may drop the future. By default the system is asked.
    ///
    /// # Errors
    /// Whatever keeps it from being found; it is looked for where it was, and looked up again later.
    fn look_up<'a>(&'a self, address: &'a str) -> LookingUp<'a> {
        Box::pin(async move {
            let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
            // The system takes a zone, as in fe80::1%eth0, but no brackets.
            let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            let port = port.parse().map_err(io::Error::other)?;
            Ok(lookup_host((host, port)).await?.collect())
        })
    }
}

/// A socket for datagrams. They may be lost, doubled and shuffled, but not cut.
pub trait Socket: Send + Sync {
    /// Sends one.
    ///
    /// # Errors
    /// It counts as lost; the link goes on.
    fn send<'a>(&'a self, datagram: &'a [u8], to: SocketAddr) -> Sending<'a>;

    /// Waits for one and writes it into `buf`. The future may be dropped at any time, and then no datagram is
    /// lost.
    ///
    /// # Errors
    /// Of the kinds `ConnectionRefused`, `ConnectionReset` and the like are passed over, as they speak of one
    /// datagram; any other ends the link, and it is opened anew.
    fn receive<'a>(&'a self, buf: &'a mut [u8]) -> Receiving<'a>;

    /// Its own address, which says whether it reaches peers over IPv4 or IPv6. None, as by default, if it is all
    /// the same.
    fn local(&self) -> Option<SocketAddr> {
        None
    }
}

/// UDP, from an address of this machine.
#[derive(Debug)]
pub(super) struct UdpAddress(pub(super) String);

impl Datagrams for UdpAddress {
    fn open(&self) -> Opening<'_> {
        Box::pin(async {
            let socket = UdpSocket::bind(&self.0).await?;
            Ok(Box::new(socket) as Box<dyn Socket>)
        })
    }
}

impl Socket for UdpSocket {
    fn send<'a>(&'a self, datagram: &'a [u8], to: SocketAddr) -> Sending<'a> {
        Box::pin(async move { self.send_to(datagram, to).await.map(drop) })
    }

    fn receive<'a>(&'a self, buf: &'a mut [u8]) -> Receiving<'a> {
        Box::pin(self.recv_from(buf))
    }

    fn local(&self) -> Option<SocketAddr> {
        self.local_addr().ok()
    }
}

#[cfg(all(test, target_os = "linux"))] // where the loopback interface is number 1
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_with_a_zone_is_found() {
        let udp = UdpAddress("[::]:0".into());
        for (address, found) in [("[fe80::1%lo]:7", "[fe80::1%1]:7"), ("192.0.2.7:7", "192.0.2.7:7")] {
            assert_eq!(udp.look_up(address).await.unwrap(), [found.parse().unwrap()]);
        }
    }
}
