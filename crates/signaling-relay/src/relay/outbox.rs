//! Frames on their way to one link: a queue that is bounded in frames and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc;

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
}

/// Where frames come out.
#[derive(Debug)]
pub(super) struct Queue {
    frames: mpsc::Receiver<Bytes>,
    waiting: Arc<AtomicUsize>,
}

/// The device reads slower than others write to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Overrun;

/// A queue that takes what a Hello can bring: twice what is kept for one user or device, and some more.
pub(super) fn outbox(config: &Config) -> (Outbox, Queue) {
    let (push, pull) = mpsc::channel(config.kept.saturating_mul(2).saturating_add(SPARE_FRAMES));
    let waiting = Arc::new(AtomicUsize::new(0));
    let bytes = config.kept_bytes.saturating_mul(2).saturating_add(SPARE_BYTES);
    (Outbox { frames: push, waiting: waiting.clone(), bytes }, Queue { frames: pull, waiting })
}

impl Outbox {
    pub(super) fn push(&self, frame: Bytes) -> Result<(), Overrun> {
        let len = frame.len();
        if self.waiting.fetch_add(len, Ordering::Relaxed).saturating_add(len) > self.bytes {
            return Err(Overrun);
        }
        self.frames.try_send(frame).map_err(|_| Overrun)
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
