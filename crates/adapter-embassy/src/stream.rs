//! Byte streams to a relay, such as TCP: made anew for each link (protocol section 4).

use core::convert::Infallible;

use embassy_futures::select::{Either, select, select3};
use embassy_futures::yield_now;
use embassy_sync::zerocopy_channel::Channel;
use embedded_io_async::{Read, ReadExactError, Write};
use signaling_core::wire::line::{CRC, LineError};

use crate::clock;
use crate::link_error::LinkError;
use crate::runner::{Owed, Replies, Reply, Runner, hear, keep_time, noise};
use crate::session::{ANSWER_WITHIN, LinkState};
use crate::shared::Core;
#[cfg(feature = "tls")]
use crate::tls::Layer;

/// Each frame stands behind its length; a line has as many bytes for a CRC.
const HEAD: usize = CRC;
/// So many bytes of a frame that is too long are passed over at a time.
const SKIP: usize = 64;
/// How a relay that speaks TLS begins to answer what is none: an alert. As a length it would be one of 350 MB.
const ALERT: [u8; 2] = [0x15, 0x03];

/// Makes the streams of a device, one for each link.
pub trait Connect {
    /// Connects once. If that works, hands both directions to `link`, awaits [`Link::run`], and closes the stream
    /// then. It is called again, after a pause, when it returns; the future may be dropped at any time.
    ///
    /// # Errors
    /// Why there is no stream, mostly [`LinkError::Unreachable`]: told to the application, and counted towards the
    /// pause, which grows from 200 ms to 5 s.
    fn connect(&mut self, link: Link<'_>) -> impl Future<Output = Result<(), LinkError>>;
}

/// The link over one stream.
pub struct Link<'a> {
    core: Core<'a>,
    rx: &'a mut [u8],
    tx: &'a mut [u8],
    reply: &'a mut [u8],
    /// What lies between the link and the stream.
    #[cfg(feature = "tls")]
    layer: Option<Layer<'a>>,
}

impl Runner<'_> {
    /// Runs over streams to a relay, one after the other, for ever. To be spawned as a task, in place of
    /// [`run`](Self::run). The frames on a stream stand behind their length, and nothing checks them: TCP does,
    /// a serial line does not.
    ///
    /// A stream that ends, a relay that falls silent or does not answer for 10 s costs the stream: another one is
    /// made 200 ms later, and more slowly while that does not work, up to 5 s apart. Time limits go on meanwhile.
    ///
    /// Cancel safe as [`run`](Self::run) is.
    pub async fn run_over(&mut self, streams: &mut impl Connect) -> Infallible {
        let core = self.core;
        core.leave_peers();
        match select(keep_time(core), self.keep_connected(streams)).await {
            Either::First(never) | Either::Second(never) => never,
        }
    }

    async fn keep_connected(&mut self, streams: &mut impl Connect) -> Infallible {
        let core = self.core;
        if core.is_up() {
            // Over what it was, it is not any more.
            core.lost(LinkError::Broken);
        }
        loop {
            wanted(core).await;
            let link = Link {
                core,
                rx: &mut *self.rx,
                tx: &mut *self.tx,
                reply: &mut *self.reply,
                #[cfg(feature = "tls")]
                layer: None,
            };
            match streams.connect(link).await {
                Ok(()) => core.broken(),
                Err(error) => core.unreachable(error),
            }
        }
    }
}

/// Until it is time for a stream.
async fn wanted(core: Core<'_>) {
    loop {
        match core.attempt_due() {
            Some(due) if due <= clock::now() => return,
            Some(due) => {
                // Either way it is time to look.
                select(clock::at(due), core.shared.send.wait()).await;
            }
            None => core.shared.send.wait().await,
        }
    }
}

#[cfg(feature = "tls")]
impl<'a> Link<'a> {
    /// The same link, over a stream that is to be encrypted.
    pub(crate) fn over<'b>(self, layer: Layer<'b>) -> Link<'b>
    where
        'a: 'b,
    {
        let Self { core, rx, tx, reply, .. } = self;
        Link { core, rx, tx, reply, layer: Some(layer) }
    }
}

impl Link<'_> {
    /// Uses a stream until it ends, or the link over it. `write` is flushed whenever nothing more is to be
    /// written for now; a flush that waits for the other side to have it would hold up what comes next.
    ///
    /// Cancel safe: what was under way is lost, and said again.
    pub async fn run(self, read: impl Read, write: impl Write) {
        #[cfg(feature = "tls")]
        let (layer, link) = (self.layer, Self { layer: None, ..self });
        #[cfg(feature = "tls")]
        if let Some(layer) = layer {
            return layer.run(link, read, write).await;
        }
        #[cfg(not(feature = "tls"))]
        let link = self;
        link.carry(read, write).await;
    }

    /// Carries frames over the stream, as it is.
    pub(crate) async fn carry(self, mut read: impl Read, mut write: impl Write) {
        let Self { core, rx, tx, reply, .. } = self;
        let mut slot = [Reply { bytes: reply, len: 0 }];
        let mut channel = Channel::new(&mut slot);
        let (replies, owed) = channel.split();
        core.connected();
        // Whichever ends first, the stream is of no more use; what it was is told by `lasts`, or is the end.
        select3(receive(core, &mut read, rx, replies), transmit(core, &mut write, tx, owed), lasts(core))
            .await;
    }
}

/// As long as a stream is worth keeping.
async fn lasts(core: Core<'_>) {
    let limit = u32::try_from(ANSWER_WITHIN).unwrap_or(u32::MAX);
    let up = core.link(|state| state != LinkState::Connecting);
    if let Either::Second(()) = select(up, clock::pause(limit)).await {
        return core.lost(LinkError::NoAnswer);
    }
    core.link(|state| state != LinkState::Up).await;
}

async fn receive<R: Read>(
    core: Core<'_>,
    read: &mut R,
    rx: &mut [u8],
    mut replies: Replies<'_, '_>,
) -> Result<Infallible, ReadExactError<R::Error>> {
    let most = rx.len().saturating_sub(CRC);
    loop {
        let mut head = [0; HEAD];
        fill(read, &mut head).await?;
        let len = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
        match rx.get_mut(..len).filter(|_| len <= most) {
            Some(frame) => {
                fill(read, frame).await?;
                hear(core, frame, &mut replies, HEAD).await;
            }
            None if head.starts_with(&ALERT) => {
                core.lost(LinkError::TlsWanted);
                return Err(ReadExactError::UnexpectedEof);
            }
            None => {
                noise(core, LineError::TooLong);
                skip(read, len).await?;
            }
        }
    }
}

async fn skip<R: Read>(read: &mut R, mut len: usize) -> Result<(), ReadExactError<R::Error>> {
    let mut chunk = [0; SKIP];
    while len > 0 {
        let (part, _) = chunk.split_at_mut(len.min(SKIP));
        fill(read, part).await?;
        len = len.saturating_sub(part.len());
    }
    Ok(())
}

/// Reads so much. A stream that brings more and more must not keep the others of this executor waiting.
async fn fill<R: Read>(read: &mut R, buf: &mut [u8]) -> Result<(), ReadExactError<R::Error>> {
    yield_now().await;
    read.read_exact(buf).await
}

async fn transmit<W: Write>(
    core: Core<'_>,
    write: &mut W,
    tx: &mut [u8],
    mut owed: Owed<'_, '_>,
) -> Result<Infallible, W::Error> {
    loop {
        while let Some(reply) = owed.try_receive() {
            put(write, reply.bytes, reply.len).await?;
            owed.receive_done();
        }
        while let Some(len) = core.poll_transmit(tx.get_mut(HEAD..).unwrap_or_default()) {
            put(write, tx, len).await?;
        }
        write.flush().await?;
        select(core.shared.send.wait(), owed.receive()).await;
    }
}

/// Writes a frame of `len` bytes, which stands in `buf` behind the place for its length.
async fn put<W: Write>(write: &mut W, buf: &mut [u8], len: usize) -> Result<(), W::Error> {
    if let Some((head, _)) = buf.split_first_chunk_mut() {
        *head = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    }
    write.write_all(buf.get(..HEAD.saturating_add(len)).unwrap_or_default()).await
}
