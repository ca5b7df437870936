//! Links over TCP.

use tokio::net::TcpStream;

use super::{Connect, Connecting, Duplex, RelayAddress};

/// Connects to a relay over TCP.
#[derive(Clone, Debug)]
pub struct Tcp(RelayAddress);

impl Tcp {
    /// To the relay at that address.
    pub fn new(address: RelayAddress) -> Self {
        Self(address)
    }
}

impl Connect for Tcp {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let stream = TcpStream::connect((self.0.host(), self.0.port())).await?;
            // Frames are small and somebody waits for each.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Duplex>)
        })
    }

    fn relay(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}
