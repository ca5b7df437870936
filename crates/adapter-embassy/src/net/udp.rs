//! Links to other devices over UDP.

use core::net::SocketAddrV4;

use embassy_net::udp::{BindError, PacketMetadata, UdpSocket};
use embassy_net::{IpEndpoint, Stack};

use crate::direct::Datagrams;
use crate::log::log;

/// Memory for as many datagrams in each direction as fit into `BYTES`, but at most 4.
pub struct UdpMemory<const BYTES: usize> {
    rx: [u8; BYTES],
    tx: [u8; BYTES],
    rx_meta: [PacketMetadata; 4],
    tx_meta: [PacketMetadata; 4],
}

impl<const BYTES: usize> Default for UdpMemory<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> UdpMemory<BYTES> {
    /// Memory that nobody uses yet.
    pub const fn new() -> Self {
        let (rx_meta, tx_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
        Self { rx: [0; BYTES], tx: [0; BYTES], rx_meta, tx_meta }
    }
}

/// Carries datagrams over UDP, for [`Runner::run_direct`](crate::Runner::run_direct).
pub struct Udp<'a> {
    socket: UdpSocket<'a>,
    peers: &'a [SocketAddrV4],
}

impl<'a> Udp<'a> {
    /// From that port to peers at these addresses, in the order in which the runner is told their users. Needs
    /// no address of its own yet.
    ///
    /// # Errors
    /// [`BindError`] if the port is 0.
    pub fn new<const BYTES: usize>(
        stack: Stack<'a>,
        port: u16,
        peers: &'a [SocketAddrV4],
        memory: &'a mut UdpMemory<BYTES>,
    ) -> Result<Self, BindError> {
        let UdpMemory { rx, tx, rx_meta, tx_meta } = memory;
        let mut socket = UdpSocket::new(stack, rx_meta, rx, tx_meta, tx);
        socket.bind(port)?;
        Ok(Self { socket, peers })
    }
}

impl Datagrams for Udp<'_> {
    async fn send(&mut self, peer: usize, datagram: &[u8]) {
        let Some(address) = self.peers.get(peer) else { return };
        if let Err(_error) = self.socket.send_to(datagram, *address).await {
            log!(debug, "a datagram was not sent: there is no way to {}", address);
        }
    }

    async fn receive(&mut self, buf: &mut [u8]) -> (usize, usize) {
        loop {
            let Ok((len, from)) = self.socket.recv_from(buf).await else { continue };
            let peer = self.peers.iter().position(|peer| IpEndpoint::from(*peer) == from.endpoint);
            match peer {
                Some(peer) => return (len, peer),
                None => log!(debug, "a datagram from nobody that is a peer"),
            }
        }
    }
}
