//! One link: its stream on one side, the hub on the other.

use std::io;
use std::time::Duration;

use adapter_std::framing::tcp_codec;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::coop::consume_budget;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec, LengthDelimitedCodecError};

use super::hub::Hub;
use super::outbox::Queue;
use crate::switchboard::ConnId;

/// A device that takes nothing for this long is gone; so long a closed link may take to take the rest.
const STALL: Duration = Duration::from_secs(10);
/// For this long a closed link may finish what it is saying: closed earlier, it might not hear why.
const LINGER: Duration = Duration::from_secs(1);

type Reader<R> = FramedRead<R, LengthDelimitedCodec>;
type Writer<W> = FramedWrite<W, LengthDelimitedCodec>;

/// Serves the link until either side has closed it.
pub(super) async fn serve<S>(hub: &Hub, stream: S, conn: ConnId, mut queue: Queue)
where
    S: AsyncRead + AsyncWrite,
{
    let (read, write) = tokio::io::split(stream);
    let mut reader = FramedRead::new(read, tcp_codec(hub.largest()));
    let mut writer = FramedWrite::new(write, tcp_codec(usize::MAX));
    let overrun = queue.overrun();
    let writing = write_frames(&mut writer, &mut queue);
    tokio::pin!(writing);
    tokio::select! {
        biased;
        // It does not read: what waits for it is a burden, not a message, and a last word would not be heard.
        () = overrun.cancelled() => return,
        ended = &mut writing => {
            if ended.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
                hub.overrun(conn);
            }
            log(conn, ended);
        }
        ended = read_frames(hub, conn, &mut reader) => {
            log(conn, ended);
            hub.close(conn);
            log(conn, writing.await);
        }
    }
    hub.close(conn);
    linger(reader.get_mut()).await;
}

/// Waits for the other side to close: what it was told last would be lost if there were something unread here.
pub(super) async fn linger<R: AsyncRead + Unpin>(read: &mut R) {
    let _ = timeout(LINGER, tokio::io::copy(read, &mut tokio::io::sink())).await;
}

fn log(conn: ConnId, ended: io::Result<()>) {
    match ended {
        Ok(()) => tracing::debug!(conn = conn.0, "the link ended"),
        Err(error) => tracing::debug!(conn = conn.0, %error, "the link broke"),
    }
}

/// Reads until the stream ends, or says something that is no frame.
async fn read_frames<R: AsyncRead + Unpin>(
    hub: &Hub,
    conn: ConnId,
    reader: &mut Reader<R>,
) -> io::Result<()> {
    while let Some(frame) = reader.next().await {
        match frame {
            Ok(frame) => {
                hub.frame(conn, &frame);
                // So that answers are written in between, however much was said at once.
                consume_budget().await;
            }
            Err(error) => {
                if is_oversize(&error) {
                    hub.oversize(conn);
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

fn is_oversize(error: &io::Error) -> bool {
    error.get_ref().and_then(|cause| cause.downcast_ref::<LengthDelimitedCodecError>()).is_some()
}

/// Writes until the queue ends, and then ends the stream.
async fn write_frames<W: AsyncWrite + Unpin>(writer: &mut Writer<W>, queue: &mut Queue) -> io::Result<()> {
    let mut last = None;
    while let Some(frame) = queue.next().await {
        let soon = Instant::now() + STALL;
        let end = if queue.has_ended() { *last.get_or_insert(soon) } else { soon };
        timeout_at(end, writer.feed(frame)).await??;
        if queue.is_empty() {
            timeout_at(end, SinkExt::<Bytes>::flush(writer)).await??;
        }
    }
    timeout(STALL, SinkExt::<Bytes>::close(writer)).await?
}
