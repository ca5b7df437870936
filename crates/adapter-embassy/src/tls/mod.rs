//! TLS 1.3 over any stream: the link is encrypted, and the relay has to prove that it is the one that is meant.
//!
//! ```no_run
//! # use adapter_embassy::{Connect, Runner};
//! use adapter_embassy::tls::{Time, Tls, TlsMemory, Trust};
//! # use adapter_embassy::tls::CryptoRngCore;
//!
//! /// Who signed the relay's certificate, in DER; such as with `include_bytes!("ca.der")`.
//! # const CA: &[u8] = &[];
//! # /*
//! const CA: &[u8] = …;
//! # */
//!
//! /// A task of the board. `streams` is `net::Tcp`, or whatever makes streams.
//! async fn link(mut runner: Runner<'static>, streams: impl Connect, mut trng: impl CryptoRngCore) {
//!     let trust = Trust { host: "relay.example", authorities: &[CA], time: &|| Time::AtLeast(1_790_000_000) };
//!     let mut memory = TlsMemory::<4096, 1024>::new();
//!     runner.run_over(&mut Tls::new(streams, trust, &mut trng, &mut memory)).await;
//! }
//! ```
//!
//! **What is checked.** The way from the relay's certificate to an authority, with signatures, purposes and times; that
//! the certificate is for the host; and that the relay has its key. Keys and signatures are ECDSA on P-256 with SHA-256,
//! and none else: that is what `openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256` makes. What the relay shows, its
//! certificate and those behind it, has to fit into one record, 4 KB. Nothing is asked about certificates that were
//! called back.
//!
//! **What is not done.** New keys: a relay that asks for them (KeyUpdate) loses the link, which is made anew. And a relay
//! that proved who it is and shakes hands once more, which TLS 1.3 forbids, makes embedded-tls panic.
//!
//! **What it takes.** No heap. Its memory is [`TlsMemory`], and some 3 KB in the future of the task; a handshake needs
//! 12 KB of stack for a moment.

mod records;
mod trouble;
mod verify;

use core::cell::Cell;

use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_tls::{
    Aes128GcmSha256, CryptoProvider, TlsConfig, TlsConnection, TlsContext, TlsError, TlsVerifier,
};
use rustls_pki_types::ServerName;

use crate::clock;
use crate::link_error::LinkError;
use crate::session::ANSWER_WITHIN;
use crate::stream::{Connect, Link};

pub use embedded_tls::CryptoRngCore;
use records::Records;
pub use trouble::TlsTrouble;
use verify::Verifier;

/// What is known of the time, in seconds after 1970.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// It is this, as of a clock that was set: with the feature `sntp`, of `net::Clock`.
    Now(u64),
    /// It is this or later, as the date of the firmware is where there is no clock. A certificate that has run out
    /// before is refused; one that begins later may be good by now, and is taken.
    AtLeast(u64),
}

/// Whom a board takes for its relay.
#[derive(Clone, Copy)]
pub struct Trust<'a> {
    /// The name or the address of the relay, as its certificate has it.
    pub host: &'a str,
    /// The certificates of those who may vouch for the relay, in DER, at most 8. It may be the relay's own, if that
    /// was signed by itself.
    pub authorities: &'a [&'a [u8]],
    /// Tells the time, asked once for each link.
    pub time: &'a dyn Fn() -> Time,
}

/// Memory for one record in each direction: what comes in `READ` bytes, what goes in `WRITE`. A relay of this project
/// sends at most 4096 in one, any other up to 16 640. To write 1024 do; a frame may be larger, and goes in parts.
pub struct TlsMemory<const READ: usize, const WRITE: usize> {
    read: [u8; READ],
    write: [u8; WRITE],
}

impl<const READ: usize, const WRITE: usize> Default for TlsMemory<READ, WRITE> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const READ: usize, const WRITE: usize> TlsMemory<READ, WRITE> {
    /// Memory that nobody uses yet.
    pub const fn new() -> Self {
        Self { read: [0; READ], write: [0; WRITE] }
    }
}

/// Encrypts the streams of another [`Connect`], for [`Runner::run_over`](crate::Runner::run_over).
pub struct Tls<'a, C> {
    streams: C,
    trust: Trust<'a>,
    random: &'a mut dyn CryptoRngCore,
    read: &'a mut [u8],
    write: &'a mut [u8],
}

impl<'a, C: Connect> Tls<'a, C> {
    /// Over these streams, to the relay of that trust. The random numbers have to be true ones: a board whose numbers
    /// can be guessed has no secrets.
    pub fn new<const READ: usize, const WRITE: usize>(
        streams: C,
        trust: Trust<'a>,
        random: &'a mut dyn CryptoRngCore,
        memory: &'a mut TlsMemory<READ, WRITE>,
    ) -> Self {
        let TlsMemory { read, write } = memory;
        Self { streams, trust, random, read, write }
    }
}

impl<C: Connect> Connect for Tls<'_, C> {
    async fn connect(&mut self, link: Link<'_>) -> Result<(), LinkError> {
        let failed = Cell::new(None);
        let layer = Layer {
            trust: self.trust,
            random: &mut *self.random,
            read: &mut *self.read,
            write: &mut *self.write,
            failed: &failed,
        };
        self.streams.connect(link.over(layer)).await?;
        failed.get().map_or(Ok(()), Err)
    }
}

/// What lies between a link and its stream.
pub(crate) struct Layer<'a> {
    trust: Trust<'a>,
    random: &'a mut dyn CryptoRngCore,
    read: &'a mut [u8],
    write: &'a mut [u8],
    /// Why there was no handshake, or cannot be a link.
    failed: &'a Cell<Option<LinkError>>,
}

impl Layer<'_> {
    /// Runs the link over that stream, if the handshake succeeds.
    pub(crate) async fn run(self, link: Link<'_>, read: impl Read, write: impl Write) {
        let (read, write) = (Mutex::new(read), Mutex::new(write));
        let records = Cell::new(Records::new(self.read.len()));
        let halves = Halves { read: &read, write: &write, records: &records };
        let mut stream = TlsConnection::<_, Aes128GcmSha256>::new(halves, self.read, self.write);
        let shaken = shake(&mut stream, &self.trust, self.random);
        let limit = u32::try_from(ANSWER_WITHIN).unwrap_or(u32::MAX);
        match select(shaken, clock::pause(limit)).await {
            Either::First(Ok(())) => {
                let (read, write) = stream.split();
                link.carry(read, write).await;
                // It would come again with each link.
                if records.get().trouble == Some(TlsTrouble::Memory) {
                    self.failed.set(Some(LinkError::Tls(TlsTrouble::Memory)));
                }
            }
            Either::First(Err(error)) => {
                self.failed.set(Some(records.get().trouble.map_or(error, LinkError::Tls)));
            }
            Either::Second(()) => self.failed.set(Some(LinkError::NoAnswer)),
        }
    }
}

/// The handshake, and the relay's proof.
async fn shake<S: Read + Write>(
    stream: &mut TlsConnection<'_, S, Aes128GcmSha256>,
    trust: &Trust<'_>,
    random: &mut dyn CryptoRngCore,
) -> Result<(), LinkError> {
    let mut config = TlsConfig::new();
    // An address is not to be asked for by name.
    if let Ok(ServerName::DnsName(_)) = ServerName::try_from(trust.host) {
        config = config.with_server_name(trust.host);
    }
    let mut provider = Provider { random, verifier: Verifier::new(trust) };
    let ended = stream.open(TlsContext::new(&config, &mut provider)).await;
    match ended {
        Err(TlsError::Io(_) | TlsError::IoError | TlsError::ConnectionClosed) => Err(LinkError::Broken),
        ended => provider.verifier.judge(ended.map_err(TlsTrouble::of)).map_err(LinkError::Tls),
    }
}

/// What a handshake needs.
struct Provider<'a> {
    random: &'a mut dyn CryptoRngCore,
    verifier: Verifier<'a>,
}

impl CryptoProvider for Provider<'_> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut *self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

/// Both directions of a stream, for two who each use one of them.
struct Halves<'a, R, W> {
    read: &'a Mutex<NoopRawMutex, R>,
    write: &'a Mutex<NoopRawMutex, W>,
    records: &'a Cell<Records>,
}

impl<R, W> Clone for Halves<'_, R, W> {
    fn clone(&self) -> Self {
        Self { read: self.read, write: self.write, records: self.records }
    }
}

impl<R, W> ErrorType for Halves<'_, R, W> {
    type Error = ErrorKind;
}

impl<R: Read, W> Read for Halves<'_, R, W> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        let len = self.read.lock().await.read(buf).await.map_err(|error| kind(&error))?;
        let mut records = self.records.get();
        let good = records.follow(buf.get(..len).unwrap_or_default());
        self.records.set(records);
        if good { Ok(len) } else { Err(ErrorKind::InvalidData) }
    }
}

impl<R, W: Write> Write for Halves<'_, R, W> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        self.write.lock().await.write(buf).await.map_err(|error| kind(&error))
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.write.lock().await.flush().await.map_err(|error| kind(&error))
    }
}

fn kind(error: &impl embedded_io_async::Error) -> ErrorKind {
    error.kind()
}
