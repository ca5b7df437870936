//! The task of a device: it reads the line, writes it, and keeps time.

use core::convert::Infallible;
use core::pin::pin;

use embassy_futures::select::{Either3, select, select3};
use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::zerocopy_channel::{Channel, Receiver, Sender};
use embedded_io_async::{Read, Write};
use signaling_core::wire::line::{Decoder, LineError, encode};

use crate::clock;
use crate::shared::Core;
use crate::signaling::LineCounters;

/// So many bytes are read or written at once.
const CHUNK: usize = 64;
/// How long a line that does not work is left alone, in ms.
const MEND: u32 = 100;

/// An answer to a frame, which the reader of the line hands to its writer.
pub(crate) struct Reply<'m> {
    pub(crate) bytes: &'m mut [u8],
    pub(crate) len: usize,
}

pub(crate) type Replies<'a, 'm> = Sender<'a, NoopRawMutex, Reply<'m>>;
pub(crate) type Owed<'a, 'm> = Receiver<'a, NoopRawMutex, Reply<'m>>;

/// Keeps time and keeps the link up, while it runs. From [`Resources::start`](crate::Resources::start).
pub struct Runner<'d> {
    pub(crate) core: Core<'d>,
    pub(crate) rx: &'d mut [u8],
    pub(crate) tx: &'d mut [u8],
    pub(crate) reply: &'d mut [u8],
}

impl Runner<'_> {
    /// Runs over a line, for ever: a UART, a USB serial port, or any other pair that carries bytes. To be
    /// spawned as a task.
    ///
    /// It wakes for what comes, for what is to be sent, and when something is due; there is no tick. One error
    /// of the line, such as an overrun, costs a frame. A second one, or the end of the line, ends the link, and
    /// the line is tried again each 100 ms. Both are counted
    /// ([`LineCounters::broken`](crate::LineCounters::broken)).
    ///
    /// Cancel safe in that it may be dropped at any time, and run again, also over another line: what was
    /// under way on the line is lost, and said again. While it does not run nothing is due: time limits end late.
    pub async fn run(&mut self, mut read: impl Read, mut write: impl Write) -> Infallible {
        self.core.leave_peers();
        let mut slot = [Reply { bytes: &mut *self.reply, len: 0 }];
        let mut channel = Channel::new(&mut slot);
        let (replies, owed) = channel.split();
        let reads = receive(self.core, &mut read, &mut *self.rx, replies);
        let writes = transmit(self.core, &mut write, &mut *self.tx, owed);
        // Pinned where it is built: to move it costs a chip a `memmove` that nothing else needs.
        match pin!(select3(reads, writes, keep_time(self.core))).await {
            Either3::First(never) | Either3::Second(never) | Either3::Third(never) => never,
        }
    }
}

async fn receive(
    core: Core<'_>,
    read: &mut impl Read,
    rx: &mut [u8],
    mut replies: Replies<'_, '_>,
) -> Infallible {
    let mut decoder = Decoder::new(rx);
    let mut chunk = [0; CHUNK];
    let mut failed = false;
    loop {
        let bytes = read.read(&mut chunk).await.ok().and_then(|len| chunk.get(..len));
        match bytes {
            Some(bytes) if !bytes.is_empty() => {
                failed = false;
                for byte in bytes {
                    take(core, decoder.push(*byte), &mut replies).await;
                }
                // A line that brings more and more must not keep the others of this executor waiting.
                yield_now().await;
            }
            // An overrun, mostly: the frame is lost, and the line goes on.
            None if !failed => {
                failed = true;
                decoder.reset();
                let count = |line: &mut LineCounters| line.broken = line.broken.wrapping_add(1);
                core.shared.dropped("the line reports an error, such as an overrun", count);
            }
            _ => {
                decoder.reset();
                mend(core).await;
            }
        }
    }
}

async fn take(core: Core<'_>, came: Option<Result<&[u8], LineError>>, replies: &mut Replies<'_, '_>) {
    match came {
        Some(Ok(frame)) => hear(core, frame, replies, 0).await,
        Some(Err(error)) => noise(core, error),
        None => {}
    }
}

/// Waits until the answer before was written: who asks faster than that waits. The answer stands behind `head`
/// bytes.
pub(crate) async fn hear(core: Core<'_>, frame: &[u8], replies: &mut Replies<'_, '_>, head: usize) {
    let reply = replies.send().await;
    reply.len = core.hear(frame, reply.bytes.get_mut(head..).unwrap_or_default());
    if reply.len > 0 {
        replies.send_done();
    }
}

pub(crate) fn noise(core: Core<'_>, error: LineError) {
    core.shared.dropped(error, |line| {
        let count = match error {
            LineError::Garbled => &mut line.garbled,
            LineError::TooLong => &mut line.too_long,
        };
        *count = count.wrapping_add(1);
    });
}

async fn mend(core: Core<'_>) {
    core.broken();
    clock::pause(MEND).await;
}

async fn transmit(
    core: Core<'_>,
    write: &mut impl Write,
    tx: &mut [u8],
    mut owed: Owed<'_, '_>,
) -> Infallible {
    loop {
        while let Some(reply) = owed.try_receive() {
            put(core, write, reply.bytes.get(..reply.len)).await;
            owed.receive_done();
        }
        while let Some(len) = core.poll_transmit(tx) {
            put(core, write, tx.get(..len)).await;
        }
        // Only whether there is one: it is taken above.
        select(core.shared.send.wait(), owed.receive()).await;
    }
}

/// Writes one frame. If the line does not take it, it is lost, and said again later.
async fn put(core: Core<'_>, write: &mut impl Write, frame: Option<&[u8]>) {
    if write_frame(write, frame.unwrap_or_default()).await.is_err() {
        mend(core).await;
    }
}

async fn write_frame<W: Write>(write: &mut W, frame: &[u8]) -> Result<(), W::Error> {
    let mut bytes = encode(frame);
    loop {
        let chunk: heapless::Vec<u8, CHUNK> = bytes.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return write.flush().await;
        }
        write.write_all(&chunk).await?;
    }
}

pub(crate) async fn keep_time(core: Core<'_>) -> Infallible {
    loop {
        match core.keep_time() {
            None => core.shared.time.wait().await,
            Some(next) => {
                // Either way it is time to look.
                select(core.shared.time.wait(), clock::at(next)).await;
            }
        }
    }
}
