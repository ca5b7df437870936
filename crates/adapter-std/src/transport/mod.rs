//! How a client reaches its relay: byte streams, made anew for each link.

mod address;
mod in_process;
#[cfg(feature = "tls")]
mod roots;
mod route;
mod tcp;
#[cfg(feature = "tls")]
mod tls;
mod trouble;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

pub use address::{AddressError, RelayAddress};
pub use in_process::{Acceptor, InProcess, in_process};
#[cfg(feature = "tls")]
pub use roots::Roots;
pub use route::RouteError;
pub use tcp::Tcp;
#[cfg(feature = "tls")]
pub use tls::Tls;
pub use trouble::{RootsError, TlsTrouble};

/// A byte stream in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + ?Sized> Duplex for S {}

/// A connection that is being made.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Duplex>>> + Send + 'a>>;

/// Makes the connections of a client, one for each link.
pub trait Connect: fmt::Debug + Send + Sync + 'static {
    /// Connects once. It is called again, after a pause, when that fails or the stream ends; the future is
    /// dropped when it takes too long, and must then leave nothing behind.
    ///
    /// # Errors
    /// Whatever keeps it from connecting; the message reaches the application in
    /// [`LinkEvent::Lost`](crate::LinkEvent::Lost).
    fn connect(&self) -> Connecting<'_>;

    /// Which relay this leads to, such as `tcp://127.0.0.1:7400`: it names the default folder of the
    /// client's state. None, as by default, for one that lives no longer than the process: the client then
    /// is a new device each time.
    fn relay(&self) -> Option<String> {
        None
    }
}

impl Connect for Arc<dyn Connect> {
    fn connect(&self) -> Connecting<'_> {
        (**self).connect()
    }

    fn relay(&self) -> Option<String> {
        (**self).relay()
    }
}
