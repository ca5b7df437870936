//! The engine as a link sees it, whatever its sizes are.

use crate::engine::{self, Engine, Payload, Row, Storage};
use crate::wire::{Deliver, Fanout};

pub(super) trait Local {
    fn config(&self) -> &engine::Config;
    fn set_epoch(&mut self, epoch: u32) -> bool;
    fn link_up(&mut self, now: u64);
    fn message(
        &mut self,
        now: u64,
        deliver: &Deliver<'_>,
        reply: &mut [u8],
    ) -> Result<usize, engine::Ignored>;
    fn fanout(&mut self, now: u64, fanout: &Fanout<'_>) -> Result<(), engine::Ignored>;
    fn transmit(&mut self, now: u64, buf: &mut [u8]) -> Option<usize>;
}

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Local for Engine<S, P, I, D> {
    fn config(&self) -> &engine::Config {
        self.config()
    }

    fn set_epoch(&mut self, epoch: u32) -> bool {
        self.set_epoch(epoch)
    }

    fn link_up(&mut self, now: u64) {
        self.handle_link_up(now);
    }

    fn message(
        &mut self,
        now: u64,
        deliver: &Deliver<'_>,
        reply: &mut [u8],
    ) -> Result<usize, engine::Ignored> {
        self.handle_message(now, deliver, reply)
    }

    fn fanout(&mut self, now: u64, fanout: &Fanout<'_>) -> Result<(), engine::Ignored> {
        self.handle_fanout(now, fanout)
    }

    fn transmit(&mut self, now: u64, buf: &mut [u8]) -> Option<usize> {
        self.poll_transmit(now, buf)
    }
}
