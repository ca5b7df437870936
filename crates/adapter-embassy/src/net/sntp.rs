//! The time, asked of a server (SNTP: RFC 5905, section 14).

use core::cell::Cell;
use core::convert::Infallible;
use core::fmt;
use core::net::{SocketAddr, SocketAddrV4};

use embassy_futures::select::{Either, select};
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_net::{IpEndpoint, Stack};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embassy_time::Instant;
use sntpc::{Error, NtpContext, NtpTimestampGenerator, NtpUdpSocket};

use super::{Relay, address};
use crate::clock;
use crate::link_error::LinkError;
use crate::tls::Time;

/// A server that does not answer within this time does not, in ms.
const ANSWER_WITHIN: u32 = 3_000;
/// The first pause after a question that was not answered well, in ms; it doubles.
const FIRST_PAUSE: u32 = 15_000;
/// The longest, and that after an answer.
const HOUR: u32 = 3_600_000;
/// The pause after a server asked to be left alone.
const DAY: u32 = 24 * HOUR;
/// A question, and an answer.
const PACKET: usize = 48;

/// Why nobody told the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SntpError {
    /// The network gave this device no address for 10 s.
    NoNetwork,
    /// No name server of the network knows the server's name.
    NoName,
    /// There is no way to the server.
    Unreachable,
    /// The server did not answer for 3 s.
    NoAnswer,
    /// What it answered is no answer to the question, or has no time in it.
    Malformed,
    /// It does not know the time itself.
    Unsynchronized,
    /// It asks to be left alone, with that code: `RATE`, `DENY` and such (a "kiss of death").
    Refused([u8; 4]),
    /// It says that it is this, in seconds after 1970, and it must be later.
    TooEarly(u64),
}

impl fmt::Display for SntpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNetwork => "the network gives no address: is the cable in, is there DHCP?",
            Self::NoName => "the network does not know the time server's name: is it right?",
            Self::Unreachable => "there is no way to the time server: is its address right?",
            Self::NoAnswer => "the time server does not answer",
            Self::Malformed => "the time server gives no sensible answer",
            Self::Unsynchronized => "the time server does not know the time itself",
            Self::Refused(code) => {
                return write!(
                    f,
                    "the time server asks to be left alone ({})",
                    str::from_utf8(code).unwrap_or_default()
                );
            }
            Self::TooEarly(seconds) => {
                return write!(
                    f,
                    "the time server says {seconds} s after 1970, which is before this program"
                );
            }
        })
    }
}

impl core::error::Error for SntpError {}

impl SntpError {
    fn of(error: Error) -> Self {
        match error {
            Error::Network => Self::Unreachable,
            Error::UnsynchronizedClock | Error::IncorrectStratumHeaders | Error::ExcessiveRootDistance => {
                Self::Unsynchronized
            }
            Error::KissOfDeath(code) => {
                Self::Refused(code.as_str().as_bytes().try_into().unwrap_or_default())
            }
            _ => Self::Malformed,
        }
    }
}

impl From<LinkError> for SntpError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::NoName => Self::NoName,
            _ => Self::NoNetwork,
        }
    }
}

/// A clock that a server sets. Until it does, the clock knows no more than that it is not earlier than the program.
///
/// ```no_run
/// # use adapter_embassy::{Connect, Runner};
/// use adapter_embassy::net::{Clock, Relay, Tcp};
/// use adapter_embassy::tls::{Tls, TlsMemory, Trust};
/// # use adapter_embassy::tls::CryptoRngCore;
/// use embassy_futures::join::join;
/// # use embassy_net::Stack;
///
/// /// The day of the program, in seconds after 1970: mostly told by the build.
/// const BUILT: u64 = 1_790_000_000;
///
/// /// A task of the board.
/// async fn link(mut runner: Runner<'static>, stack: Stack<'static>, ca: &[u8], mut trng: impl CryptoRngCore) {
///     let clock = Clock::new(BUILT);
///     let trust = Trust { host: "relay.example", authorities: &[ca], time: &|| clock.time() };
///     let (mut rx, mut tx, mut memory) = ([0; 1024], [0; 1024], TlsMemory::<4096, 1024>::new());
///     let relay = Relay::parse("relay.example:7443").unwrap();
///     let mut streams = Tls::new(Tcp::new(stack, relay, &mut rx, &mut tx), trust, &mut trng, &mut memory);
///     let server = Relay::parse("pool.ntp.org:123").unwrap();
///     let link = async {
///         clock.asked().await;
///         runner.run_over(&mut streams).await
///     };
///     join(link, clock.keep(stack, server, |_| {})).await;
/// }
/// ```
///
/// **What it is worth.** Nobody vouches for what a server says, so who stands between can make the clock wrong, but not
/// earlier than the program. Enough to see that a certificate has run out, if nobody is out to hide it.
pub struct Clock {
    earliest: u64,
    /// When the board's own clock began, in µs after 1970, once somebody told.
    began: Cell<Option<u64>>,
    asked: Signal<NoopRawMutex, ()>,
}

impl Clock {
    /// A clock that nobody has set yet. It is `earliest` by now, in seconds after 1970, or later: the date of the
    /// firmware.
    pub const fn new(earliest: u64) -> Self {
        Self { earliest, began: Cell::new(None), asked: Signal::new() }
    }

    /// What is known of the time: [`Time::Now`] once a server told it, on and on; until then [`Time::AtLeast`].
    pub fn time(&self) -> Time {
        let seconds = self.micros() / 1_000_000;
        if self.began.get().is_some() { Time::Now(seconds) } else { Time::AtLeast(seconds) }
    }

    fn micros(&self) -> u64 {
        let began = self.began.get().unwrap_or(self.earliest.saturating_mul(1_000_000));
        began.saturating_add(Instant::now().as_micros())
    }

    /// Asks a server once, and sets the clock to what it says: that many seconds after 1970. `server` is written as a
    /// relay is; its port is 123. The stack needs room for one more socket.
    ///
    /// Cancel safe: the clock stays as it was.
    ///
    /// # Errors
    /// [`SntpError`], after 3 s at the latest once the server is found; the clock stays as it was.
    pub async fn ask(&self, stack: Stack<'_>, server: impl Into<Relay<'_>>) -> Result<u64, SntpError> {
        let answer = self.find_out(stack, server.into()).await;
        self.asked.signal(());
        answer
    }

    /// Waits until a server was asked for the first time, whatever came of it: a link that is made then is checked against
    /// the true time, if that can be had. For one task at a time. Cancel safe.
    pub async fn asked(&self) {
        self.asked.wait().await;
        self.asked.signal(());
    }

    async fn find_out(&self, stack: Stack<'_>, server: Relay<'_>) -> Result<u64, SntpError> {
        address(stack).await?;
        let server = server.find(stack).await?;
        let seconds = match select(self.question(stack, server), clock::pause(ANSWER_WITHIN)).await {
            Either::First(answer) => answer?,
            Either::Second(()) => return Err(SntpError::NoAnswer),
        };
        if seconds < self.earliest {
            return Err(SntpError::TooEarly(seconds));
        }
        self.began.set(Some(seconds.saturating_mul(1_000_000).saturating_sub(Instant::now().as_micros())));
        Ok(seconds)
    }

    async fn question(&self, stack: Stack<'_>, server: SocketAddrV4) -> Result<u64, SntpError> {
        let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 2], [PacketMetadata::EMPTY; 1]);
        let (mut rx, mut tx) = ([0; 2 * PACKET], [0; PACKET]);
        let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
        socket.bind(0).map_err(|_| SntpError::NoNetwork)?;
        let (socket, context) =
            (Socket { socket, server }, NtpContext::new(Moment { clock: self, micros: 0 }));
        let answer = sntpc::get_time(server.into(), &socket, context).await;
        answer.map(|answer| answer.seconds).map_err(SntpError::of)
    }

    /// Asks a server again and again, for ever, and says `told` what came of it: each hour; after a question that was not
    /// answered well in 15 s, then ever more slowly; after a day if the server asks to be left alone. To be awaited
    /// beside [`run_over`](crate::Runner::run_over).
    ///
    /// Cancel safe.
    pub async fn keep(
        &self,
        stack: Stack<'_>,
        server: impl Into<Relay<'_>>,
        mut told: impl FnMut(Result<u64, SntpError>),
    ) -> Infallible {
        let (server, mut pause) = (server.into(), FIRST_PAUSE);
        loop {
            let answer = self.ask(stack, server).await;
            told(answer);
            let wait = match answer {
                Ok(_) => HOUR,
                Err(SntpError::Refused(_)) => DAY,
                Err(_) => pause,
            };
            pause = if answer.is_ok() { FIRST_PAUSE } else { HOUR.min(pause * 2) };
            clock::pause(wait).await;
        }
    }
}

/// When a question is asked, and answered: that its answer repeats it is what ties the two together.
#[derive(Clone, Copy)]
struct Moment<'a> {
    clock: &'a Clock,
    micros: u64,
}

impl NtpTimestampGenerator for Moment<'_> {
    fn init(&mut self) {
        self.micros = self.clock.micros();
    }

    fn timestamp_sec(&self) -> u64 {
        self.micros / 1_000_000
    }

    fn timestamp_subsec_micros(&self) -> u32 {
        u32::try_from(self.micros % 1_000_000).unwrap_or_default()
    }
}

/// Hears that server and nobody else: a stranger could spoil each answer.
struct Socket<'a> {
    socket: UdpSocket<'a>,
    server: SocketAddrV4,
}

impl NtpUdpSocket for Socket<'_> {
    async fn send_to(&self, packet: &[u8], _: SocketAddr) -> sntpc::Result<usize> {
        self.socket.send_to(packet, self.server).await.map_err(|_| Error::Network)?;
        Ok(packet.len())
    }

    async fn recv_from(&self, buf: &mut [u8]) -> sntpc::Result<(usize, SocketAddr)> {
        loop {
            let Ok((len, from)) = self.socket.recv_from(buf).await else { continue };
            if from.endpoint == IpEndpoint::from(self.server) {
                return Ok((len, self.server.into()));
            }
        }
    }
}
