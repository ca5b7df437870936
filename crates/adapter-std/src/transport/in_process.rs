//! Links to a relay in the same process.

use std::io;

use tokio::io::DuplexStream;
use tokio::sync::mpsc;

use super::{Connect, Connecting, Duplex};

/// Links that wait to be accepted.
const BACKLOG: usize = 16;
/// The bytes that a link holds in each direction.
const BUFFER: usize = 64 * 1024;

/// Connects to the relay that holds the [`Acceptor`]. A clone leads to the same one.
#[derive(Clone, Debug)]
pub struct InProcess(mpsc::Sender<DuplexStream>);

/// The relay's end of an [`InProcess`] transport.
#[derive(Debug)]
pub struct Acceptor(mpsc::Receiver<DuplexStream>);

/// A transport without sockets, and where its links come out.
pub fn in_process() -> (InProcess, Acceptor) {
    let (sender, receiver) = mpsc::channel(BACKLOG);
    (InProcess(sender), Acceptor(receiver))
}

impl Acceptor {
    /// The next link; none when every [`InProcess`] is gone. Cancel safe.
    pub async fn accept(&mut self) -> Option<DuplexStream> {
        self.0.recv().await
    }
}

impl Connect for InProcess {
    fn connect(&self) -> Connecting<'_> {
        Box::pin(async {
            let (mine, theirs) = tokio::io::duplex(BUFFER);
            let gone = |_| io::Error::new(io::ErrorKind::ConnectionRefused, "the relay is gone");
            self.0.send(theirs).await.map_err(gone)?;
            Ok(Box::new(mine) as Box<dyn Duplex>)
        })
    }
}
