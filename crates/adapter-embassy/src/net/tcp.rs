//! Links over TCP.

use embassy_futures::select::select;
use embassy_net::Stack;
use embassy_net::tcp::{Error, TcpSocket, TcpWriter};
use embassy_time::Duration;
use embedded_io_async::{ErrorType, Write};

use super::{Relay, address};
use crate::clock;
use crate::link_error::LinkError;
use crate::stream::{Connect, Link};

/// Who does not answer within this time is not there.
const PATIENCE: Duration = Duration::from_secs(10);
/// So long a stream that is of no more use may take to say so, in ms.
const FAREWELL: u32 = 200;

/// Connects to a relay over TCP, for [`Runner::run_over`](crate::Runner::run_over).
pub struct Tcp<'a> {
    stack: Stack<'a>,
    relay: Relay<'a>,
    rx: &'a mut [u8],
    tx: &'a mut [u8],
}

impl<'a> Tcp<'a> {
    /// To that relay. A frame may be larger than `rx` and `tx`, the memory of the stream: it is then carried in parts.
    /// The stack needs room for a stream, one more socket for DNS, and one for DHCP if that is used.
    pub fn new(stack: Stack<'a>, relay: impl Into<Relay<'a>>, rx: &'a mut [u8], tx: &'a mut [u8]) -> Self {
        Self { stack, relay: relay.into(), rx, tx }
    }
}

impl Connect for Tcp<'_> {
    async fn connect(&mut self, link: Link<'_>) -> Result<(), LinkError> {
        let mut socket = open(self.stack, self.relay, self.rx, self.tx).await?;
        let (read, write) = socket.split();
        link.run(read, Unheld(write)).await;
        close(socket).await;
        Ok(())
    }
}

/// A stream to the relay.
async fn open<'a>(
    stack: Stack<'a>,
    relay: Relay<'_>,
    rx: &'a mut [u8],
    tx: &'a mut [u8],
) -> Result<TcpSocket<'a>, LinkError> {
    address(stack).await?;
    let relay = relay.find(stack).await?;
    let mut socket = TcpSocket::new(stack, rx, tx);
    socket.set_timeout(Some(PATIENCE));
    // Frames are small and somebody waits for each.
    socket.set_nagle_enabled(false);
    socket.connect(relay).await.map_err(|_| LinkError::Unreachable)?;
    // From here on Pings tell whether the relay is there.
    socket.set_timeout(None);
    Ok(socket)
}

/// Tells the relay that the stream is over: it would wait for this device otherwise.
async fn close(mut socket: TcpSocket<'_>) {
    socket.abort();
    select(socket.flush(), clock::pause(FAREWELL)).await;
}

/// Sends by itself: the flush of a socket waits until the other side has everything, and so would hold up what
/// comes next.
struct Unheld<'a>(TcpWriter<'a>);

impl ErrorType for Unheld<'_> {
    type Error = Error;
}

impl Write for Unheld<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Error> {
        self.0.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
