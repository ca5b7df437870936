//! Links over TCP.

use std::io;

use tokio::net::TcpStream;

use super::{Connect, Connecting, Duplex, RelayAddress};

/// Connects to a relay over TCP, whatever scheme its address has.
#[derive(Clone, Debug)]
pub struct Tcp(RelayAddress);

impl Tcp {
    /// To the relay at that address.
    pub fn new(address: RelayAddress) -> Self {
        Self(address)
    }

    pub(super) async fn open(&self) -> io::Result<TcpStream> {
        let stream = TcpStream::connect((self.0.host(), self.0.port())).await?;
        // Frames are small and somebody waits for each.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Connect for Tcp {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async { Ok(Box::new(self.open().await?) as Box<dyn Duplex>) })
    }

    fn relay(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}
