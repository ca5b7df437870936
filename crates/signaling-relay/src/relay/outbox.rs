//! Frames on their way to one link: a queue that is bounded in frames and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// What fits beside all that a Hello can bring out of the store.
const SPARE_FRAMES: usize = 4096;
const SPARE_BYTES: usize = 1024 * 1024;

/// Where frames go in. Dropping it ends the queue behind the last frame.
#[derive(Debug)]
pub(super) struct Outbox {
    frames: mpsc::Sender<Bytes>,
    waiting: Arc<AtomicUsize>,
    bytes: usize,
    overrun: CancellationToken,
}

/// Where frames come out.
#[derive(Debug)]
pub(super) struct Queue {
    frames: mpsc::Receiver<Bytes>,
    waiting: Arc<AtomicUsize>,
    overrun: CancellationToken,
}

/// The device reads slower than others write to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overrun;

/// A queue that takes what a Hello can bring: twice what is kept for one user or device, and some more.
pub(super) fn outbox(config: &Config) -> (Outbox, Queue) {
    let (push, pull) = mpsc::channel(config.kept.saturating_mul(2).saturating_add(SPARE_FRAMES));
    let waiting = Arc::new(AtomicUsize::new(0));
    let bytes = config.kept_bytes.saturating_mul(2).saturating_add(SPARE_BYTES);
    let overrun = CancellationToken::new();
    let outbox = Outbox { frames: push, waiting: waiting.clone(), bytes, overrun: overrun.clone() };
    (outbox, Queue { frames: pull, waiting, overrun })
}

impl Outbox {
    pub(super) fn push(&self, frame: Bytes) -> Result<(), Overrun> {
        let len = frame.len();
        let waiting = self.waiting.fetch_add(len, Ordering::Relaxed).saturating_add(len);
        if waiting > self.bytes || self.frames.try_send(frame).is_err() {
            self.overrun.cancel();
            return Err(Overrun);
        }
        Ok(())
    }
}

impl Queue {
    /// The next frame; none once the queue has ended.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let frame = self.frames.recv().await?;
        self.waiting.fetch_sub(frame.len(), Ordering::Relaxed);
        Some(frame)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Whether nothing comes behind what waits.
    pub(super) fn has_ended(&self) -> bool {
        self.frames.is_closed()
    }

    /// Done when the queue had to take too much.
    pub(super) fn overrun(&self) -> CancellationToken {
        self.overrun.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tight() -> Config {
        Config { kept: 0, kept_bytes: 0, ..Config::default() }
    }

    #[test]
    fn a_queue_is_bounded_in_frames() {
        let (outbox, _queue) = outbox(&tight());
        let frame = Bytes::from_static(b"x");
        assert!((0..SPARE_FRAMES).all(|_| outbox.push(frame.clone()).is_ok()));
        assert_eq!(outbox.push(frame), Err(Overrun));
    }

    #[tokio::test]
    async fn a_queue_is_bounded_in_bytes() {
        let (outbox, mut queue) = outbox(&tight());
        let half = Bytes::from(vec![0; SPARE_BYTES / 2]);
        assert_eq!(outbox.push(half.clone()), Ok(()));
        assert_eq!(outbox.push(half.clone()), Ok(()));
        assert!(queue.next().await.is_some());
        assert_eq!(outbox.push(half.clone()), Ok(()), "what was written counts no longer");
        assert_eq!(outbox.push(half), Err(Overrun));
    }
}
