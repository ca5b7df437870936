//! One link to the relay, from Hello to its end (protocol section 4).

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use signaling_core::wire::{Frame, Hello, Refused, Welcome};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::codec::Framed;

use crate::event::{LinkError, LinkEvent};
use crate::framing::{RelayCodec, relay_codec};
use crate::shared::{LinkState, Shared};
use crate::transport::{Duplex, TlsTrouble};

/// The largest frame that is taken or written, in bytes. It holds every frame of the protocol.
pub(crate) const LARGEST: usize = 32 * 1024;
/// A relay that does not say Welcome for so long is not there.
const WELCOME_WITHIN: Duration = Duration::from_secs(10);
/// A relay that was told goodbye has so long to close its side.
const LINGER: Duration = Duration::from_millis(500);
/// Answers that wait to be written; beyond it nothing more is read.
const REPLIES: usize = 64;
/// A link that somebody has doubts about gives a sign of life within so many ms, or is none.
const SIGN: u64 = 3_000;
/// What a Welcome may ask for as silence, in ms.
const SILENCE: std::ops::RangeInclusive<u32> = 300..=3_600_000;

type Stream = Framed<Box<dyn Duplex>, RelayCodec>;

/// Serves one link until it ends. `Ok` means that the client is closing and everything was sent.
pub(crate) async fn serve(stream: Box<dyn Duplex>, shared: &Shared, token: &str) -> Result<(), LinkError> {
    let mut stream = Framed::new(stream, relay_codec(LARGEST));
    let welcome = timeout(WELCOME_WITHIN, greet(&mut stream, shared, token));
    let welcome = welcome.await.map_err(|_| LinkError::NoAnswer)??;
    let (sink, source) = stream.split();
    let (replies, to_write) = mpsc::channel(REPLIES);
    let heard = AtomicU64::new(shared.clock.now());
    let silence = welcome.limits.silence.clamp(*SILENCE.start(), *SILENCE.end());
    up(shared);
    let mut reading = pin!(read(source, shared, &heard, &replies));
    let end = tokio::select! {
        biased;
        end = &mut reading => Err(end),
        end = write(sink, shared, to_write) => end,
        end = watch(shared, &heard, &replies, silence.into()) => Err(end),
    };
    if end.is_ok() {
        // To close a socket with something unread in it could take back what was just sent.
        let _ = timeout(LINGER, reading).await;
    }
    shared.with(|core| core.groups.link_down(&mut core.wakes));
    end
}

fn up(shared: &Shared) {
    shared.was_let_in.store(true, Ordering::Relaxed);
    // Before anybody is told: who then asks about a group is heard.
    shared.with(|core| core.groups.link_up());
    shared.link.send_replace(LinkState::Up);
    shared.tell_link(LinkEvent::Connected);
    shared.step(|core, now| core.engine.handle_link_up(now));
}

/// Says Hello until the relay lets this device in. A device without an epoch draws one from the Welcome.
async fn greet(stream: &mut Stream, shared: &Shared, token: &str) -> Result<Welcome, LinkError> {
    loop {
        let device = shared.with(|core| core.engine.config().device);
        let (user, label) = (shared.user.as_str(), shared.label.as_str());
        let largest = u32::try_from(LARGEST).unwrap_or(u32::MAX);
        let hello = Frame::Hello(Hello { user, device, label, largest, token });
        stream.send(encode(&hello)?).await.map_err(broken)?;
        let welcome = welcome(stream).await?;
        if device.epoch != 0 {
            return Ok(welcome);
        }
        shared.with(|core| core.engine.set_epoch(draw(welcome.random)));
    }
}

async fn welcome(stream: &mut Stream) -> Result<Welcome, LinkError> {
    while let Some(frame) = stream.next().await {
        match Frame::decode(&frame.map_err(broken)?) {
            Ok(Frame::Welcome(welcome)) => return Ok(welcome),
            Ok(Frame::Refused(refused)) => return Err(LinkError::Refused(refused.reason)),
            Ok(Frame::Ping(number)) => {
                stream.send(encode(&Frame::Pong(number))?).await.map_err(broken)?;
            }
            Ok(_) => {}
            Err(error) => return Err(LinkError::Broken(io::ErrorKind::InvalidData, error.to_string())),
        }
    }
    Err(LinkError::Closed)
}

/// The first number of the random bytes that is an epoch.
fn draw(random: [u8; 16]) -> u32 {
    let (numbers, _) = random.as_chunks();
    numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).find(|epoch| *epoch != 0).unwrap_or(1)
}

async fn read(
    mut source: SplitStream<Stream>,
    shared: &Shared,
    heard: &AtomicU64,
    replies: &mpsc::Sender<Bytes>,
) -> LinkError {
    let mut buf = vec![0; LARGEST];
    while let Some(frame) = source.next().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return broken(error),
        };
        heard.store(shared.clock.now(), Ordering::Relaxed);
        match handle(shared, &frame, &mut buf) {
            Ok(None) => {}
            Ok(Some(reply)) => drop(replies.send(reply).await),
            Err(end) => return end,
        }
    }
    LinkError::Closed
}

/// What one frame brings; perhaps an answer to be sent at once.
fn handle(shared: &Shared, frame: &BytesMut, buf: &mut [u8]) -> Result<Option<Bytes>, LinkError> {
    match Frame::decode(frame) {
        Ok(Frame::Ping(number)) => encode(&Frame::Pong(number)).map(Some),
        Ok(Frame::Refused(Refused { key: None, reason, .. })) => Err(LinkError::Refused(reason)),
        Ok(Frame::GroupReply(reply)) => {
            let lost = shared.with(|core| core.groups.handle(&reply, &mut core.wakes));
            if let Some(lost) = lost {
                shared.tell_link(LinkEvent::GroupLost(lost));
            }
            Ok(None)
        }
        // All else is the engine's affair; it counts what it ignores.
        _ => match shared.step(|core, now| core.engine.handle_frame(now, frame, buf)) {
            Ok(written) => Ok(buf.get(..written).filter(|_| written > 0).map(Bytes::copy_from_slice)),
            Err(why) => {
                tracing::debug!(%why, "ignored a frame");
                Ok(None)
            }
        },
    }
}

async fn write(
    mut sink: SplitSink<Stream, Bytes>,
    shared: &Shared,
    mut replies: mpsc::Receiver<Bytes>,
) -> Result<(), LinkError> {
    let mut buf = vec![0; LARGEST];
    loop {
        let closing = shared.is_last();
        while let Ok(reply) = replies.try_recv() {
            sink.feed(reply).await.map_err(broken)?;
        }
        while let Some(written) = shared.poll_transmit(&mut buf) {
            sink.feed(Bytes::copy_from_slice(&buf[..written])).await.map_err(broken)?;
        }
        sink.flush().await.map_err(broken)?;
        if closing {
            return sink.close().await.map_err(broken);
        }
        tokio::select! {
            biased;
            () = shared.send.notified() => {}
            Some(reply) = replies.recv() => sink.feed(reply).await.map_err(broken)?,
        }
    }
}

/// Pings three times in the time of silence, and ends when nothing is heard for it, or not soon after somebody asked
/// for a link. By the client's clock: after a suspend it is the link that is old, not the time that is short.
async fn watch(shared: &Shared, heard: &AtomicU64, replies: &mpsc::Sender<Bytes>, silence: u64) -> LinkError {
    let mut asked = pin!(shared.retry.notified());
    let mut doubt = None;
    for number in 0.. {
        let (now, last) = (shared.clock.now(), heard.load(Ordering::Relaxed));
        doubt = doubt.filter(|since| last < *since);
        let end = last.saturating_add(silence).min(doubt.map_or(u64::MAX, |since| since + SIGN));
        if now >= end {
            break;
        }
        if let Ok(ping) = encode(&Frame::Ping(number)) {
            // No room means that the link does not take what it is given: silence will tell.
            let _ = replies.try_send(ping);
        }
        if timeout(Duration::from_millis((silence / 3).min(end - now)), asked.as_mut()).await.is_ok() {
            asked.set(shared.retry.notified());
            doubt = doubt.or(Some(shared.clock.now()));
        }
    }
    LinkError::Silent
}

fn encode(frame: &Frame<'_>) -> Result<Bytes, LinkError> {
    let mut buf = vec![0; LARGEST];
    let too_large = |_| LinkError::Broken(io::ErrorKind::InvalidInput, "a frame is too large".into());
    let written = frame.encode(&mut buf).map_err(too_large)?;
    buf.truncate(written);
    Ok(buf.into())
}

#[allow(clippy::needless_pass_by_value)] // the shape of map_err
fn broken(error: io::Error) -> LinkError {
    match error.kind() {
        // So ends a stream of TLS if its relay is killed.
        io::ErrorKind::UnexpectedEof => LinkError::Closed,
        kind => {
            TlsTrouble::of(&error).map_or_else(|| LinkError::Broken(kind, error.to_string()), LinkError::Tls)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_never_0() {
        assert_eq!(draw([0; 16]), 1);
        assert_eq!(draw([0, 0, 0, 0, 7, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]), 7);
    }
}
