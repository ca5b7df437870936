//! Joins boards that have nothing but a serial line to a relay.
//!
//! The bridge carries frames as they are: a board proves itself to the relay by its own token. It looks into them only
//! to tell why a relay refuses a board. It reaches for the relay when the board says something, and makes one link for
//! each board.

mod address;

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use signaling_core::wire::{Frame, Refusal, Refused};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::codec::Framed;

pub use address::{LineAddress, LineAddressError};

use crate::framing::{LineCodec, line_codec, relay_codec};
use crate::link::LARGEST;
use crate::transport::{Connect, Duplex};

/// The first pause before a line is opened again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest: so long a board that is plugged in again waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A line that held for so long was a good one: the pauses begin anew.
const GOOD_LINE: Duration = Duration::from_secs(10);
/// A relay that is not reached by then is not there.
const REACH_WITHIN: Duration = Duration::from_secs(5);
/// A line, or a relay, that takes nothing for so long is gone.
const STALL: Duration = Duration::from_secs(10);
/// So often noise is told of.
const NOISE: Duration = Duration::from_secs(10);

type Line = Framed<Box<dyn Duplex>, LineCodec>;
type ToBoard = SplitSink<Line, Bytes>;
type FromBoard = SplitStream<Line>;

/// What happens on a bridge.
#[derive(Debug)]
#[non_exhaustive]
pub enum BridgeEvent {
    /// The line is open.
    Opened,
    /// The line ended, or cannot be opened: told once until `Opened`. It is tried again.
    Closed(io::Error),
    /// The board speaks, and the relay was reached.
    Joined,
    /// The link to the relay ended, or it was not reached: told once until `Joined`. It is tried again whenever
    /// the board speaks.
    Parted(io::Error),
    /// So many frames came garbled or too long since that was last told, at most each 10 s: noise, or a wrong
    /// speed.
    Noise(u64),
}

/// One serial line, and the relay to which it leads.
#[derive(Clone, Debug)]
pub struct Bridge {
    line: LineAddress,
    relay: Arc<dyn Connect>,
}

/// Why the link of a board ended.
enum End {
    Line(io::Error),
    Relay(io::Error),
}

impl Bridge {
    /// Between that line and a relay, mostly one of [`RelayAddress::route`](crate::RelayAddress::route). Nothing
    /// happens until [`run`](Self::run).
    pub fn new(line: LineAddress, relay: impl Connect) -> Self {
        Self { line, relay: Arc::new(relay) }
    }

    /// Carries frames for ever, whatever becomes of the line and the relay, and tells what happens.
    ///
    /// Cancel safe in that it may be dropped at any time: line and link are closed, and the board finds out
    /// that nobody answers.
    pub async fn run(&self, mut tell: impl FnMut(BridgeEvent)) -> Infallible {
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let begin = Instant::now();
            let error = match self.line.open().await {
                Ok(line) => {
                    told = false;
                    tell(BridgeEvent::Opened);
                    self.serve(line, &mut tell).await
                }
                Err(error) => error,
            };
            if begin.elapsed() >= GOOD_LINE {
                pause = FIRST_PAUSE;
            }
            if !std::mem::replace(&mut told, true) {
                tell(BridgeEvent::Closed(error));
            }
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Serves a line until it ends.
    async fn serve(&self, line: Box<dyn Duplex>, tell: &mut impl FnMut(BridgeEvent)) -> io::Error {
        let (mut to_board, from_board) = Framed::new(line, line_codec(LARGEST)).split();
        let mut board = Board { from_board, noise: Noise::default() };
        let mut told = false;
        loop {
            let first = match board.next(tell).await {
                Ok(frame) => frame,
                Err(error) => return error,
            };
            let end = match self.reach().await {
                Ok(relay) => {
                    told = false;
                    tell(BridgeEvent::Joined);
                    join(&mut board, &mut to_board, relay, first, tell).await
                }
                Err(error) => End::Relay(error),
            };
            let error = match end {
                End::Line(error) => return error,
                End::Relay(error) => error,
            };
            if !std::mem::replace(&mut told, true) {
                tell(BridgeEvent::Parted(error));
                if let Err(error) = put(&mut to_board, stopping()).await {
                    return error;
                }
            }
        }
    }

    async fn reach(&self) -> io::Result<Box<dyn Duplex>> {
        timeout(REACH_WITHIN, self.relay.connect()).await?
    }
}

/// What a board says.
struct Board {
    from_board: FromBoard,
    noise: Noise,
}

impl Board {
    /// The next whole frame. Cancel safe.
    async fn next(&mut self, tell: &mut impl FnMut(BridgeEvent)) -> io::Result<Bytes> {
        loop {
            match self.from_board.next().await {
                Some(Ok(Ok(frame))) => return Ok(frame),
                Some(Ok(Err(error))) => {
                    tracing::debug!(%error, "dropped what came");
                    self.noise.count().into_iter().for_each(|noise| tell(BridgeEvent::Noise(noise)));
                }
                Some(Err(error)) => return Err(error),
                None => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the line ended")),
            }
        }
    }
}

/// Counts what came garbled, and tells of it now and then.
#[derive(Default)]
struct Noise {
    count: u64,
    told: Option<Instant>,
}

impl Noise {
    fn count(&mut self) -> Option<u64> {
        self.count += 1;
        let now = Instant::now();
        if self.told.is_some_and(|told| now - told < NOISE) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

/// Carries frames both ways until one end is gone.
async fn join(
    board: &mut Board,
    to_board: &mut ToBoard,
    relay: Box<dyn Duplex>,
    first: Bytes,
    tell: &mut impl FnMut(BridgeEvent),
) -> End {
    let (mut to_relay, mut from_relay) = Framed::new(relay, relay_codec(LARGEST)).split();
    let up = async {
        let mut frame = first;
        loop {
            if let Err(error) =
                timeout(STALL, to_relay.send(frame)).await.unwrap_or_else(|late| Err(late.into()))
            {
                return End::Relay(error);
            }
            frame = match board.next(tell).await {
                Ok(frame) => frame,
                Err(error) => return End::Line(error),
            };
        }
    };
    let down = async {
        let mut refused = None;
        while let Some(frame) = from_relay.next().await {
            let frame = match frame {
                Ok(frame) => frame.freeze(),
                Err(error) => return End::Relay(error),
            };
            // Only the last word tells: a link goes on after some of them.
            refused = refusal(&frame);
            if let Err(error) = put(to_board, frame).await {
                return End::Line(error);
            }
        }
        End::Relay(closed(refused))
    };
    tokio::select! {
        end = up => end,
        end = down => end,
    }
}

/// Why the relay does not want the board, if the frame says so.
fn refusal(frame: &[u8]) -> Option<Refusal> {
    match Frame::decode_downlink(frame) {
        Ok(Frame::Refused(Refused { key: None, reason, .. })) => Some(reason),
        _ => None,
    }
}

fn closed(refused: Option<Refusal>) -> io::Error {
    let closed = "the relay closed the connection";
    let text = refused.map_or_else(|| closed.to_owned(), |reason| format!("{closed}: {reason}"));
    io::Error::new(io::ErrorKind::UnexpectedEof, text)
}

async fn put(to_board: &mut ToBoard, frame: Bytes) -> io::Result<()> {
    timeout(STALL, to_board.send(frame)).await?
}

/// Tells a board that its link is gone, so that it says Hello again.
fn stopping() -> Bytes {
    let mut buf = [0; 32];
    let refused = Refused { key: None, ver: 0, reason: Refusal::Stopping };
    let len = Frame::Refused(refused).encode(&mut buf).unwrap_or(0);
    Bytes::copy_from_slice(&buf[..len])
}

impl fmt::Display for BridgeEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("the line is open"),
            Self::Closed(error) => write!(f, "the line is closed: {error}"),
            Self::Joined => f.write_str("the board speaks, and the relay was reached"),
            Self::Parted(error) => write!(f, "no link to the relay: {error}"),
            Self::Noise(1) => f.write_str("one frame came garbled or too long"),
            Self::Noise(count) => write!(f, "{count} frames came garbled or too long"),
        }
    }
}

impl LineAddress {
    /// Opens the line.
    async fn open(&self) -> io::Result<Box<dyn Duplex>> {
        match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address.as_str()).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            Self::Unix(path) => open_unix(path).await,
            Self::Serial { path, baud } => open_serial(path, *baud),
        }
    }
}

#[cfg(unix)]
async fn open_unix(path: &std::path::Path) -> io::Result<Box<dyn Duplex>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn open_unix(_path: &std::path::Path) -> io::Result<Box<dyn Duplex>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no unix sockets"))
}

fn open_serial(path: &std::path::Path, baud: u32) -> io::Result<Box<dyn Duplex>> {
    use tokio_serial::SerialPortBuilderExt;
    let stream = tokio_serial::new(path.to_string_lossy(), baud).open_native_async()?;
    Ok(Box::new(stream))
}
