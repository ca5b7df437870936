//! Links over TCP.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::{Connect, Connecting, Duplex, RelayAddress};

/// An address that has not answered by then is not waited for alone (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to a relay over TCP, whatever scheme its address has.
#[derive(Clone, Debug)]
pub struct Tcp(RelayAddress);

impl Tcp {
    /// To the relay at that address.
    pub fn new(address: RelayAddress) -> Self {
        Self(address)
    }

    pub(super) async fn open(&self) -> io::Result<TcpStream> {
        let places = lookup_host((self.0.host(), self.0.port())).await?;
        let stream = first(places, TcpStream::connect).await?;
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

/// The first that answers. Of several addresses of a name one may be dead, and take longer to say so than there is time.
async fn first<T, F>(
    mut places: impl Iterator<Item = SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<T>
where
    F: Future<Output = io::Result<T>>,
{
    let mut attempts = FuturesUnordered::new();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        attempts.extend(places.next().map(&connect));
        match timeout(HEAD_START, attempts.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(error))) => failed = error,
            Ok(None) => return Err(failed),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    /// Port 1 is dead, port 2 refuses, and others answer after so many ms.
    async fn connect(place: SocketAddr) -> io::Result<u16> {
        match place.port() {
            1 => std::future::pending().await,
            2 => Err(io::ErrorKind::ConnectionRefused.into()),
            port => {
                sleep(Duration::from_millis(port.into())).await;
                Ok(port)
            }
        }
    }

    async fn answers(ports: &[u16]) -> (io::Result<u16>, u128) {
        let begin = Instant::now();
        let places = ports.iter().map(|port| SocketAddr::from(([192, 0, 2, 7], *port)));
        let answer = timeout(Duration::from_secs(5), first(places, connect)).await;
        (answer.unwrap_or_else(|late| Err(late.into())), begin.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_addresses_the_first_that_answers_is_taken() {
        assert!(matches!(answers(&[100, 10]).await, (Ok(100), 100)), "the first has a start");
        assert!(matches!(answers(&[1, 10]).await, (Ok(10), 260)));
        assert!(matches!(answers(&[2, 10]).await, (Ok(10), 10)), "who refuses is not waited for");
        assert!(matches!(answers(&[1, 2, 1, 10]).await, (Ok(10), 510)));
        assert!(matches!(answers(&[900, 10]).await, (Ok(10), 260)));
    }

    #[tokio::test(start_paused = true)]
    async fn if_none_answers_it_is_told_why() {
        let error = |ports: &'static [u16]| async { answers(ports).await.0.unwrap_err().kind() };
        assert_eq!(error(&[]).await, io::ErrorKind::NotFound);
        assert_eq!(error(&[2, 2]).await, io::ErrorKind::ConnectionRefused);
        assert_eq!(error(&[1, 2]).await, io::ErrorKind::TimedOut);
    }
}
