//! A way between two devices that takes 20 ms, and loses each third datagram.

use adapter_embassy::Datagrams;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::channel::Channel;
use embassy_time::{Duration, Instant, Timer};
use heapless::Vec;

/// Datagrams under way at a time; more are lost.
const UNDER_WAY: usize = 8;
const DELAY: Duration = Duration::from_millis(20);
const LOST: u32 = 3;

type Datagram = (Instant, Vec<u8, 512>);

/// One direction.
pub(crate) type Lane = Channel<NoopRawMutex, Datagram, UNDER_WAY>;

/// Both directions, as one of the devices sees them.
pub(crate) struct Way {
    to: &'static Lane,
    from: &'static Lane,
    sent: u32,
}

impl Way {
    pub(crate) fn new(to: &'static Lane, from: &'static Lane) -> Self {
        Self { to, from, sent: 0 }
    }
}

impl Datagrams for Way {
    async fn send(&mut self, _peer: usize, datagram: &[u8]) {
        self.sent = self.sent.wrapping_add(1);
        if !self.sent.is_multiple_of(LOST) {
            let datagram = Vec::from_slice(datagram).unwrap_or_default();
            // Who sends faster than that loses it.
            let _ = self.to.try_send((Instant::now() + DELAY, datagram));
        }
    }

    async fn receive(&mut self, buf: &mut [u8]) -> (usize, usize) {
        // It stays until its time has come: dropped before that, nothing is taken.
        let due = loop {
            self.from.ready_to_receive().await;
            if let Ok((due, _)) = self.from.try_peek() {
                break due;
            }
        };
        Timer::at(due).await;
        let (_, datagram) = self.from.receive().await;
        let len = datagram.len().min(buf.len());
        buf.iter_mut().zip(&datagram).for_each(|(place, byte)| *place = *byte);
        (len, 0)
    }
}
