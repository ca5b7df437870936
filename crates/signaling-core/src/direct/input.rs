//! What came from a peer.

use super::datagram::{sign, split};
use super::local::Local;
use super::output::{feed, shorten};
use super::{Direct, Ignored, TRAILER};
use crate::engine::{Config, Engine, Payload, Row, Storage};
use crate::name::Device;
use crate::wire::{
    DecodeError, Deliver, Fanout, Frame, From, Hello, Reach, Refusal, Refused, Send, Target, Welcome,
    encode_fanout,
};

impl<const N: usize> Direct<N> {
    /// A datagram came from the address of the peer of that number. Returns how many bytes of `reply` are to
    /// be sent back to it at once (mostly none); `reply` has the size of
    /// [`poll_transmit`](Self::poll_transmit)'s buffer.
    ///
    /// # Errors
    /// [`Ignored`] says why it did nothing; it was counted. Whatever it says, empty `poll_transmit`: the peer
    /// may be told so.
    pub fn handle_datagram<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize>(
        &mut self,
        now: u64,
        engine: &mut Engine<S, P, I, D>,
        peer: usize,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        let handled = self.handle(now, engine, peer, datagram, reply);
        if let Err(why) = handled {
            self.counters.ignored = self.counters.ignored.saturating_add(1);
            let strange = u32::from(matches!(why, Ignored::Stranger | Ignored::UnknownRun));
            self.counters.strangers = self.counters.strangers.saturating_add(strange);
        }
        handled
    }

    fn handle(
        &mut self,
        now: u64,
        engine: &mut dyn Local,
        number: usize,
        datagram: &[u8],
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        let (frame, run) = split(datagram).map_err(Ignored::Malformed)?;
        let frame = Frame::decode(frame).map_err(Ignored::Malformed)?;
        let known = self.peers.get(number).ok_or(Ignored::NoPeer)?.run == Some(run);
        match frame {
            Frame::Hello(hello) => self.on_hello(now, engine, number, run, &hello)?,
            Frame::Welcome(welcome) => self.on_welcome(now, engine, number, run, &welcome),
            Frame::Refused(refused) => self.on_refused(now, number, &refused),
            Frame::Send(send) if known => return self.on_send(now, engine, number, &send, reply),
            Frame::Fanout(fanout) if known => return self.on_fanout(now, engine, number, &fanout),
            Frame::Ping(ping) if known => self.heard(now, number, Some(ping)),
            Frame::Pong(_) if known => self.heard(now, number, None),
            Frame::Send(_) | Frame::Ping(_) => {
                self.refuse(number, Refusal::Hello);
                return Err(Ignored::UnknownRun);
            }
            Frame::Fanout(_) | Frame::Pong(_) => return Err(Ignored::UnknownRun),
            Frame::Deliver(_) | Frame::Group(_) | Frame::GroupReply(_) => {
                return Err(Ignored::WrongDirection);
            }
        }
        Ok(0)
    }

    fn on_hello(
        &mut self,
        now: u64,
        engine: &mut dyn Local,
        number: usize,
        run: Device,
        hello: &Hello<'_>,
    ) -> Result<(), Ignored> {
        if hello.device != run {
            return Err(Ignored::Malformed(DecodeError::Range));
        }
        if run.id == engine.config().device.id {
            self.refuse(number, Refusal::Device);
            return Err(Ignored::OwnDevice);
        }
        let first = self.config.hello_first;
        let peer = self.peers.get_mut(number).ok_or(Ignored::NoPeer)?;
        if peer.user.as_str() != hello.user || peer.pinned.is_some_and(|pinned| pinned != run.id) {
            peer.refuse = Some(Refusal::Forbidden);
            return Err(Ignored::Stranger);
        }
        peer.welcome = true;
        // One without an epoch only wants the random bytes.
        if run.epoch == 0 {
            return Ok(());
        }
        peer.label.assign(hello.label).ok();
        peer.largest = hello.largest;
        peer.hear(now);
        if peer.run == Some(run) {
            return Ok(());
        }
        peer.run = Some(run);
        (peer.fanout, peer.stub) = (None, None);
        if peer.up() {
            engine.link_up(now);
        } else {
            peer.greet(now, first);
        }
        Ok(())
    }

    fn on_welcome(
        &mut self,
        now: u64,
        engine: &mut dyn Local,
        number: usize,
        run: Device,
        welcome: &Welcome,
    ) {
        let first = self.config.hello_first;
        let Some(peer) = self.peers.get_mut(number) else { return };
        peer.refused = None;
        if engine.set_epoch(epoch(welcome.random)) {
            self.peers.iter_mut().for_each(|peer| peer.greet(now, first));
            return;
        }
        if peer.up() && peer.welcomed == Some(run) {
            return peer.hear(now);
        }
        peer.welcomed = Some(run);
        if peer.up() {
            peer.hear(now);
            engine.link_up(now);
        } else if peer.run.is_some() {
            // A late Hello of an older run took the place of this one's.
            peer.refuse = Some(Refusal::Hello);
        }
    }

    fn on_refused(&mut self, now: u64, number: usize, refused: &Refused) {
        let first = self.config.hello_first;
        let Some(peer) = self.peers.get_mut(number).filter(|_| refused.key.is_none()) else { return };
        if refused.reason == Refusal::Hello {
            return peer.greet(now, first);
        }
        peer.refused = Some(refused.reason);
        peer.welcomed = None;
    }

    fn heard(&mut self, now: u64, number: usize, ping: Option<u32>) {
        let Some(peer) = self.peers.get_mut(number) else { return };
        peer.hear(now);
        peer.pong = ping.or(peer.pong);
    }

    fn refuse(&mut self, number: usize, why: Refusal) {
        if let Some(peer) = self.peers.get_mut(number) {
            peer.refuse = Some(why);
        }
    }

    fn on_send(
        &mut self,
        now: u64,
        engine: &mut dyn Local,
        number: usize,
        send: &Send<'_>,
        reply: &mut [u8],
    ) -> Result<usize, Ignored> {
        let takes = self.takes(number);
        let peer = self.peers.get_mut(number).ok_or(Ignored::NoPeer)?;
        let own = engine.config();
        let to_users = for_us(own, &send.to).ok_or(Ignored::NotForUs)?;
        let run = own.device;
        peer.hear(now);
        if to_users {
            peer.fanout = Some((send.key, send.ver));
        }
        let device = peer.run.ok_or(Ignored::UnknownRun)?;
        let from = From { user: peer.user.as_str(), device, label: peer.label.as_str() };
        let body = Some(send.body).filter(|body| !body.is_empty());
        let group = send.group.filter(|_| to_users);
        let deliver = Deliver { key: send.key, from, group, to_users, dwell: 0, body };
        let room = reply.len().saturating_sub(TRAILER);
        let answer = reply.get_mut(..room).unwrap_or_default();
        let mut written = engine.message(now, &deliver, answer).map_err(Ignored::Engine)?;
        if written > takes {
            self.counters.oversize = self.counters.oversize.saturating_add(1);
            written = shorten(reply, written).unwrap_or(0);
        }
        if written == 0 { Ok(0) } else { Ok(sign(reply, written, run).unwrap_or(0)) }
    }

    /// A Send to users arrived there. Whatever the peer lists, it speaks for itself.
    fn on_fanout(
        &mut self,
        now: u64,
        engine: &mut dyn Local,
        number: usize,
        fanout: &Fanout<'_>,
    ) -> Result<usize, Ignored> {
        /// Key, version, one name and one device take 76 bytes at most.
        const ROOM: usize = 80;
        let peer = self.peers.get_mut(number).ok_or(Ignored::NoPeer)?;
        peer.hear(now);
        let reach = Reach::Devices(peer.run.into_iter());
        let users = core::iter::once((peer.user.as_str(), reach));
        let mut buf = [0; ROOM];
        let written = encode_fanout(&mut buf, fanout.key, fanout.ver, false, users);
        let len = written.map_err(|_| Ignored::Malformed(DecodeError::Range))?;
        match feed(now, engine, buf.get(..len).unwrap_or_default()) {
            Some(why) => Err(Ignored::Engine(why)),
            None => Ok(0),
        }
    }
}

/// Whether it is for this device as one of its user's, or for this device alone; none if it is for others.
fn for_us(own: &Config, to: &Target<'_>) -> Option<bool> {
    let user = own.user.as_str();
    match to {
        Target::Users(users) => users.iter().any(|name| name == user).then_some(true),
        Target::Device(name, id) => (*name == user && *id == own.device.id).then_some(false),
    }
}

/// The first number of the random bytes that is an epoch.
fn epoch(random: [u8; 16]) -> u32 {
    let (numbers, _) = random.as_chunks();
    numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).find(|epoch| *epoch != 0).unwrap_or(1)
}
