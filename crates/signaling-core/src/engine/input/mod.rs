//! What the world does: messages, Fanouts, refusals, a link that comes up, time.

mod holder;
mod origin;
mod time;

use super::effects::Direct;
use super::row::{Role, Row};
use super::storage::{Payload, Storage};
use super::{Engine, Ignored, Inner, output};
use crate::fmt::debug;
use crate::machine::Stance;
use crate::wire::{Brief, DecodeError, Deliver, Frame, Message, StanceMessage};

impl<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize> Engine<S, P, I, D> {
    /// A frame came over the link. Returns how many bytes of `reply` are to be sent at once (mostly none).
    /// [`largest_frame`](crate::largest_frame) bytes hold every answer; one that does not fit is not given.
    ///
    /// `Welcome`, `Ping`, `Pong`, a `Refused` without a key and group answers are the driver's affair and do nothing here.
    ///
    /// # Errors
    /// [`Ignored`] says why the frame did nothing; it was counted.
    pub fn handle_frame(&mut self, now: u64, bytes: &[u8], reply: &mut [u8]) -> Result<usize, Ignored> {
        match &Frame::decode_downlink(bytes) {
            Ok(Frame::Deliver(deliver)) => return self.handle_message(now, deliver, reply),
            Ok(Frame::Fanout(fanout)) => self.handle_fanout(now, fanout)?,
            Ok(Frame::Refused(refused)) => self.handle_refused(now, refused),
            Ok(_) => {}
            Err(DecodeError::Uplink) => return Err(self.ignore(Ignored::WrongDirection)),
            Err(error) => return Err(self.ignore(Ignored::Malformed(*error))),
        }
        Ok(0)
    }

    fn ignore(&mut self, why: Ignored) -> Ignored {
        self.inner.counters.ignored = self.inner.counters.ignored.saturating_add(1);
        debug!("ignored: {}", why);
        why
    }

    /// An end-to-end message came. Returns how many bytes of `reply` are to be sent at once.
    ///
    /// # Errors
    /// [`Ignored`] says why it did nothing; it was counted.
    #[inline(never)] // its frame is not to lie on the stack under that of another input
    pub fn handle_message(
        &mut self,
        now: u64,
        deliver: &Deliver<'_>,
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        self.handle_timeout(now);
        let done = self.message(deliver);
        let direct = self.inner.left.direct.take();
        if let Err(why) = done {
            return Err(self.ignore(why));
        }
        match direct {
            Some(Direct::Yield) => self.give_way(deliver.key),
            Some(direct) => return Ok(self.act(deliver, direct, reply)),
            None => {}
        }
        Ok(0)
    }

    #[inline(never)] // its frame is not to lie on the stack under that of the answer
    fn message(&mut self, deliver: &Deliver<'_>) -> Result<(), Ignored> {
        let Some(body) = deliver.body else { return self.inner.on_headless(deliver) };
        let inner = &mut self.inner;
        let slices = &mut self.storage.slices();
        let found = inner.table.find(slices.rows, slices.buckets, deliver.key);
        let at = match &Message::decode(body) {
            Ok(Message::Report(report)) => {
                inner.check_origin(deliver)?;
                match found {
                    Some(at) => {
                        inner.on_further(slices, at, deliver, report)?;
                        at
                    }
                    None => {
                        let Some(new) = inner.on_first(slices, deliver, report)? else { return Ok(()) };
                        inner.on_new(slices, deliver, report, new)?
                    }
                }
            }
            Ok(Message::Unknown { .. }) => {
                inner.check_origin(deliver)?;
                let (at, row) = slices.row(found)?;
                if !inner.on_unknown(row, deliver)? {
                    inner.bury(slices, at);
                    return Ok(());
                }
                at
            }
            Ok(Message::Stance(stance)) => {
                inner.check_ours(deliver)?;
                let Ok((at, row)) = slices.row(found) else {
                    inner.left.direct = Some(Direct::Unknown { echo: stance.n });
                    return Ok(());
                };
                inner.on_stance(row, deliver, stance)?;
                at
            }
            Ok(Message::Ack(ack)) => {
                inner.check_ours(deliver)?;
                let (at, row) = slices.row(found)?;
                inner.on_ack(row, deliver, *ack)?;
                at
            }
            Err(error) => return Err(Ignored::Malformed(*error)),
        };
        inner.settle(slices, at);
        Ok(())
    }

    /// Does what a message left to do. How many bytes of `reply` are to be sent at once; 0 if it does not fit.
    #[inline(never)] // nor that of the answer under a message
    fn act(&mut self, deliver: &Deliver<'_>, direct: Direct, reply: &mut [u8]) -> usize {
        let message = match direct {
            Direct::Report { echo } => return self.write_direct(deliver, echo, reply),
            Direct::Full(full) => {
                let n = self.inner.left.next_number();
                Brief::Stance(StanceMessage { n, stance: Stance::Full(full), data: &[] })
            }
            Direct::Ack(ack) => Brief::Ack(ack),
            Direct::Unknown { echo } => Brief::Unknown { echo },
            // The one became an Ack, the other is done.
            Direct::AckAll | Direct::Yield => return 0,
        };
        output::answer(deliver, &message, reply)
    }

    /// The link is up (again): whatever is unconfirmed goes out at once. Looks at every row. With a relay, it is up when
    /// its `Welcome` came.
    pub fn handle_link_up(&mut self, now: u64) {
        self.handle_timeout(now);
        let inner = &mut self.inner;
        let mut slices = self.storage.slices();
        for at in 0..inner.table.used() {
            let Some(row) = slices.rows.get_mut(at as usize) else { return };
            let (role, _, mut fx) = row.parts(&mut inner.left);
            match role {
                Role::Free => continue,
                Role::Origin(origin) => origin.on_link_up(&mut fx),
                Role::Holder(holder) => holder.on_link_up(&mut fx),
            }
            inner.settle(&mut slices, at);
        }
    }
}

impl Inner {
    /// Only the device that made an invitation speaks for it, in whatever run.
    fn check_origin(&self, deliver: &Deliver<'_>) -> Result<(), Ignored> {
        let origin = deliver.key.origin.id;
        let right = deliver.from.device.id == origin && origin != self.config.device.id;
        right.then_some(()).ok_or(Ignored::NotOrigin)
    }

    fn check_ours(&self, deliver: &Deliver<'_>) -> Result<(), Ignored> {
        let ours = self.config.device.id;
        let right = deliver.key.origin.id == ours && deliver.from.device.id != ours;
        right.then_some(()).ok_or(Ignored::NotOurs)
    }
}
