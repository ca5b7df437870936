//! The relay on a socket: a thin shell around the [`Switchboard`].

mod connection;
mod hub;
mod outbox;
#[cfg(feature = "tls")]
mod tls;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use adapter_std::{Clock, SystemClock};
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

use crate::auth::Authenticator;
use crate::backend::{Backend, Memory};
use crate::config::{Config, ConfigError};
use crate::stats::{Holdings, Stats};
use crate::switchboard::Switchboard;
use hub::Hub;
#[cfg(feature = "tls")]
pub use tls::{Certificate, CertificateError};

/// How often the relay looks for what is due. Nothing that it times needs to be ended sooner.
const TICK: Duration = Duration::from_secs(1);
/// How long a relay that stops waits for its links to take their last frames.
const STOP: Duration = Duration::from_secs(2);
/// How long it waits when the system has no more sockets.
const PAUSE: Duration = Duration::from_millis(100);
/// How often it complains of that.
const COMPLAINTS: Duration = Duration::from_secs(60);

/// Why no relay listens.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// It takes every name, and so may listen on a loopback address only.
    #[error("a relay that takes every name listens on a loopback address only, and {addr} is none")]
    Insecure {
        /// The address.
        addr: SocketAddr,
    },
    /// The system refuses the address: another process has it, or it is not this machine's.
    #[error("cannot listen on {addr}: {error}")]
    Address {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The limits do not go together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system has no random numbers to start with.
    #[error("cannot draw random numbers: {0}")]
    Random(rand::rngs::SysError),
}

/// What a relay is made of. From [`Relay::builder`].
pub struct RelayBuilder {
    auth: Box<dyn Authenticator>,
    config: Config,
    backend: Option<Box<dyn Backend>>,
    clock: Box<dyn Clock>,
    #[cfg(feature = "tls")]
    certificate: Option<Certificate>,
}

impl RelayBuilder {
    /// Sets the limits.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// Sets what remembers; [`Memory`] otherwise.
    #[must_use]
    pub fn backend(self, backend: impl Backend + 'static) -> Self {
        Self { backend: Some(Box::new(backend)), ..self }
    }

    /// Sets the clock; [`SystemClock`] otherwise. Where tokio's time is paused, give its clock.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Speaks TLS 1.3 on its address, and nothing else, proving itself with this certificate.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn certificate(self, certificate: Certificate) -> Self {
        Self { certificate: Some(certificate), ..self }
    }

    /// Takes the address; port 0 takes a free one. Links wait until [`Relay::run`].
    ///
    /// Cancel safe: nothing listens if it is dropped.
    ///
    /// # Errors
    /// [`BindError::Config`] if the limits do not go together.
    /// [`BindError::Insecure`] if everybody could be everybody, from other machines.
    /// [`BindError::Address`] if the system refuses the address, above all because it is in use.
    /// [`BindError::Random`] if the system has no random numbers.
    pub async fn bind(self, addr: SocketAddr) -> Result<Relay, BindError> {
        self.config.check()?;
        if self.auth.is_insecure() && !addr.ip().is_loopback() {
            return Err(BindError::Insecure { addr });
        }
        let seed = draw()?;
        let address = |error| BindError::Address { addr, error };
        let listener = TcpListener::bind(addr).await.map_err(address)?;
        let local_addr = listener.local_addr().map_err(address)?;
        #[cfg(feature = "tls")]
        let certificate = self.certificate.clone();
        let handle = self.start(seed);
        let _stop = handle.gone.clone().drop_guard();
        Ok(Relay {
            listener,
            local_addr,
            #[cfg(feature = "tls")]
            certificate,
            handle,
            _stop,
        })
    }

    /// Starts it without an address. It serves the links that [`RelayHandle::serve`] is given, say by a listener
    /// of your own, and keeps time for as long as a handle or a link is there. [`Insecure`](crate::Insecure) is
    /// not held to loopback addresses here: whom you serve, it takes.
    ///
    /// # Errors
    /// [`BindError::Config`] if the limits do not go together. [`BindError::Random`] if the system has no random
    /// numbers.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn unbound(self) -> Result<RelayHandle, BindError> {
        self.config.check()?;
        let handle = self.start(draw()?);
        tokio::spawn(keep_time(Arc::downgrade(&handle.hub)));
        Ok(handle)
    }

    fn start(self, seed: [u8; 32]) -> RelayHandle {
        let backend = self.backend.unwrap_or_else(|| Box::new(Memory::new(&self.config)));
        let switchboard = Switchboard::new(self.clock.now(), seed, self.config, self.auth, backend);
        let hub = Arc::new(Hub::new(switchboard, self.clock));
        RelayHandle { hub, links: TaskTracker::new(), gone: CancellationToken::new() }
    }
}

fn draw() -> Result<[u8; 32], BindError> {
    let mut seed = [0; 32];
    SysRng.try_fill_bytes(&mut seed).map_err(BindError::Random)?;
    Ok(seed)
}

async fn keep_time(hub: Weak<Hub>) {
    let mut clock = ticks();
    loop {
        clock.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.tick();
    }
}

fn ticks() -> Interval {
    let mut clock = interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}

/// A relay that has its address. It serves while [`run`](Self::run) runs; dropping either ends all links at once.
#[derive(Debug)]
pub struct Relay {
    listener: TcpListener,
    local_addr: SocketAddr,
    #[cfg(feature = "tls")]
    certificate: Option<Certificate>,
    handle: RelayHandle,
    _stop: DropGuard,
}

impl Relay {
    /// Starts a relay that lets in whom `auth` lets in.
    pub fn builder(auth: impl Authenticator + 'static) -> RelayBuilder {
        let (config, clock) = (Config::default(), Box::new(SystemClock));
        RelayBuilder {
            auth: Box::new(auth),
            config,
            backend: None,
            clock,
            #[cfg(feature = "tls")]
            certificate: None,
        }
    }

    /// Where it listens; with the port that it got.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// For links that are no TCP, and for counters.
    pub fn handle(&self) -> RelayHandle {
        self.handle.clone()
    }

    /// Serves until `shutdown` is done. Then it tells all links that it stops, waits at most 2 s for them to
    /// take that, and closes them.
    ///
    /// Not cancel safe: dropped, it ends all links without a word.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tracing::info!(addr = %self.local_addr, "the relay listens");
        let (mut clock, mut complained) = (ticks(), None);
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                (stream, peer) = accept(&self.listener, &mut complained) => self.serve(stream, peer),
                _ = clock.tick() => self.handle.hub.tick(),
            }
        }
        self.stop().await;
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr) {
        let span = tracing::info_span!("link", %peer);
        #[cfg(feature = "tls")]
        if let Some(certificate) = self.certificate.clone() {
            let within = self.handle.hub.patience();
            let stream = async move { certificate.accept(stream, within).await };
            return self.handle.open(Some(peer.ip()), stream, span);
        }
        self.handle.open(Some(peer.ip()), std::future::ready(Ok(stream)), span);
    }

    async fn stop(self) {
        drop(self.listener);
        self.handle.hub.stop();
        self.handle.links.close();
        if timeout(STOP, self.handle.links.wait()).await.is_err() {
            tracing::warn!(links = self.handle.links.len(), "some links did not end in time");
        }
        tracing::info!("the relay stopped");
    }
}

/// The next stream. When the system has none to give it waits and tries again.
async fn accept(listener: &TcpListener, complained: &mut Option<Instant>) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                prompt(&stream);
                return (stream, peer);
            }
            Err(error) => {
                complain(&error, complained);
                sleep(PAUSE).await;
            }
        }
    }
}

/// Says so, unless that was said a moment ago.
fn complain(error: &io::Error, complained: &mut Option<Instant>) {
    if complained.is_none_or(|last| last.elapsed() >= COMPLAINTS) {
        *complained = Some(Instant::now());
        tracing::warn!(%error, "cannot take more links; of open files, allow more: ulimit -n, or LimitNOFILE of systemd");
    }
}

/// A ring must not wait for more to be said.
fn prompt(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "the stream stays slow");
    }
}

/// A running relay, to be handed around.
#[derive(Clone, Debug)]
pub struct RelayHandle {
    hub: Arc<Hub>,
    links: TaskTracker,
    gone: CancellationToken,
}

impl RelayHandle {
    /// Serves a device over any byte stream, such as one end of [`tokio::io::duplex`], framed as TCP is.
    /// It returns at once; the link lives until either side or the relay closes it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn serve(&self, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        self.open(None, std::future::ready(Ok(stream)), Span::none());
    }

    /// As [`serve`](Self::serve), for a device at that address, which may have only so many links
    /// ([`Config::strangers_per_address`]): for a listener of your own, such as one that hears from a proxy where its
    /// links come from.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn serve_from(&self, address: IpAddr, stream: impl AsyncRead + AsyncWrite + Send + 'static) {
        let span = tracing::info_span!("link", peer = %address);
        self.open(Some(address), std::future::ready(Ok(stream)), span);
    }

    /// Serves a device when its stream is ready; it counts as a link at once. There is no word for who comes while as many
    /// as may be here are being turned away. What is logged of it is logged in that span.
    fn open<S>(
        &self,
        address: Option<IpAddr>,
        stream: impl Future<Output = io::Result<S>> + Send + 'static,
        span: Span,
    ) where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (hub, gone) = (self.hub.clone(), self.gone.clone());
        if self.links.len() >= hub.connections().saturating_mul(2) {
            return tracing::debug!(parent: &span, "too many links, even to say so");
        }
        let Some((door, queue)) = span.in_scope(|| hub.open(address)) else { return };
        let serving = async move {
            let conn = door.conn;
            tracing::debug!(conn = conn.0, "accepted");
            let link = async {
                match stream.await {
                    Ok(stream) => connection::serve(&hub, stream, conn, queue).await,
                    Err(error) => tracing::debug!(conn = conn.0, %error, "no link"),
                }
            };
            gone.run_until_cancelled(link).await;
            drop(door);
            tracing::debug!(conn = conn.0, "closed");
        };
        self.links.spawn(serving.instrument(span));
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.hub.stats()
    }

    /// What it holds now.
    pub fn holdings(&self) -> Holdings {
        self.hub.holdings()
    }
}
