//! What is to be sent.

use super::datagram::sign;
use super::local::Local;
use super::{Config, Direct, TRAILER, Transmit, one};
use crate::engine::{self, Engine, Payload, Row, Storage};
use crate::machine::{Mask, Stance};
use crate::name::Device;
use crate::wire::{
    Brief, Frame, Hello, Limits, List, MAX_RECIPIENTS, Message, Reach, Refused, Send, StanceMessage, Target,
    Welcome, encode_fanout, encode_send,
};

impl<const N: usize> Direct<N> {
    /// Writes the next datagram to send into `buf`; none when nothing is to be sent now.
    ///
    /// `buf` has room for the largest frame of the engine and [`TRAILER`] bytes, also if
    /// datagrams are to be smaller: what does not fit into it is dropped, and counted by the engine as
    /// unsendable.
    pub fn poll_transmit<S: Storage<Row<P, I, D>>, P: Payload, const I: usize, const D: usize>(
        &mut self,
        now: u64,
        engine: &mut Engine<S, P, I, D>,
        buf: &mut [u8],
    ) -> Option<Transmit> {
        self.transmit(now, engine, buf)
    }

    fn transmit(&mut self, now: u64, engine: &mut dyn Local, buf: &mut [u8]) -> Option<Transmit> {
        for number in 0..self.peers.len() {
            if let Some(len) = self.owed(now, engine, number, buf) {
                return Some(Transmit { len, to: one(number) });
            }
        }
        while self.is_up() {
            let room = buf.len().checked_sub(TRAILER)?;
            let len = engine.transmit(now, buf.get_mut(..room)?)?;
            let to = self.receivers(now, engine, buf.get(..len)?);
            if let Some(sent) = self.fit(engine.config().device, to, len, buf) {
                return Some(sent);
            }
        }
        None
    }

    /// What one peer is owed besides the engine's messages.
    fn owed(&mut self, now: u64, engine: &dyn Local, number: usize, buf: &mut [u8]) -> Option<usize> {
        let own = engine.config();
        let len = self.link_frame(now, own, number, buf).or_else(|| self.about_sends(own, number, buf))?;
        sign(buf, len, own.device).ok()
    }

    fn link_frame(&mut self, now: u64, own: &engine::Config, number: usize, buf: &mut [u8]) -> Option<usize> {
        let Self { config, peers, random, .. } = self;
        let peer = peers.get_mut(number)?;
        let frame = if core::mem::take(&mut peer.welcome) {
            Frame::Welcome(Welcome { limits: limits(config), random: random.bytes() })
        } else if let Some(reason) = peer.refuse.take() {
            Frame::Refused(Refused { key: None, ver: 0, reason })
        } else if let Some(number) = peer.pong.take() {
            Frame::Pong(number)
        } else if !peer.take_due(now, random, config) {
            return None;
        } else if peer.up() {
            Frame::Ping(0)
        } else {
            let (user, label) = (own.user.as_str(), config.label.as_str());
            Frame::Hello(Hello { user, device: own.device, label, largest: config.largest, token: "" })
        };
        frame.encode(buf).ok()
    }

    /// That a Send arrived, or that one was too large to be sent.
    fn about_sends(&mut self, own: &engine::Config, number: usize, buf: &mut [u8]) -> Option<usize> {
        let peer = self.peers.get_mut(number)?;
        if let Some((key, ver)) = peer.fanout.take() {
            let reach = Reach::Devices(core::iter::once(own.device));
            return encode_fanout(buf, key, ver, false, core::iter::once((own.user.as_str(), reach))).ok();
        }
        let (key, ver) = peer.stub.take()?;
        let to = Target::Users(List::default());
        let send = Send { key, ver, to, group: None, online_only: false, ttl: 0, push: None, body: &[] };
        encode_send(buf, &send, core::iter::once(peer.user.as_str()), |_| Ok(0)).ok()
    }

    /// Which peers a Send of the engine goes to. Of users that none of them is, the engine hears at once.
    fn receivers(&self, now: u64, engine: &mut dyn Local, frame: &[u8]) -> Mask {
        let Ok(Frame::Send(send)) = Frame::decode(frame) else { return Mask::default() };
        let users = match send.to {
            Target::Device(user, device) => {
                return self.at(user).filter(|at| self.is(*at, device)).map(one).unwrap_or_default();
            }
            Target::Users(users) => users,
        };
        for user in users.iter().filter(|user| self.find(user).is_none()) {
            nobody(now, engine, &send, user);
        }
        users.iter().filter_map(|user| self.at(user)).fold(Mask::default(), |to, at| to.or(one(at)))
    }

    /// The peer of that user, if it is up.
    fn at(&self, user: &str) -> Option<usize> {
        self.find(user).filter(|at| self.peers.get(*at).is_some_and(super::Peer::up))
    }

    fn is(&self, number: usize, device: u64) -> bool {
        self.peers.get(number).and_then(|peer| peer.run).is_some_and(|run| run.id == device)
    }

    /// Keeps to what each peer takes, and to what this side may send.
    fn fit(&mut self, own: Device, to: Mask, len: usize, buf: &mut [u8]) -> Option<Transmit> {
        let small = to.iter().filter(|at| len > self.takes(usize::from(*at))).collect::<Mask>();
        let fits = to.without(small);
        if !small.is_empty() {
            self.counters.oversize = self.counters.oversize.saturating_add(1);
        }
        let (len, to) = if fits.is_empty() {
            (shorten(buf, len)?, small)
        } else {
            self.keep_stubs(small, buf.get(..len)?);
            (len, fits)
        };
        let len = sign(buf, len, own).ok()?;
        (!to.is_empty()).then_some(Transmit { len, to })
    }

    /// The largest frame for that peer.
    pub(super) fn takes(&self, number: usize) -> usize {
        let largest = self.peers.get(number).map_or(0, |peer| peer.largest.min(self.config.largest));
        usize::try_from(largest).unwrap_or(usize::MAX).saturating_sub(TRAILER)
    }

    /// What goes to others is too large for these: they hear of it afterwards.
    fn keep_stubs(&mut self, small: Mask, frame: &[u8]) {
        let Ok(Frame::Send(send)) = Frame::decode(frame) else { return };
        for (peer, _) in self.peers.iter_mut().zip(0u8..).filter(|(_, at)| small.has(*at)) {
            peer.stub = Some((send.key, send.ver));
        }
    }
}

/// There is no way to that user: for another user that is for good, and this one has no other device here.
fn nobody(now: u64, engine: &mut dyn Local, send: &Send<'_>, user: &str) {
    /// Key, version and one name take 62 bytes at most.
    const ROOM: usize = 64;
    let own = engine.config().user.as_str() == user;
    let reach = if own { Reach::Devices(core::iter::empty()) } else { Reach::Never };
    let mut buf = [0; ROOM];
    let Ok(len) = encode_fanout(&mut buf, send.key, send.ver, false, core::iter::once((user, reach))) else {
        return;
    };
    feed(now, engine, buf.get(..len).unwrap_or_default());
}

/// Tells the engine of a Fanout. That a row has gone meanwhile does no harm.
pub(super) fn feed(now: u64, engine: &mut dyn Local, fanout: &[u8]) -> Option<crate::Ignored> {
    match Frame::decode(fanout) {
        Ok(Frame::Fanout(fanout)) => engine.fanout(now, &fanout).err(),
        _ => None,
    }
}

/// Takes the body off a Send. Of an answer only its data goes: the outcome stands without (protocol section
/// 8). A Modify without its data is asked as a Query, and so refused.
pub(super) fn shorten(buf: &mut [u8], len: usize) -> Option<usize> {
    let Ok(Frame::Send(send)) = Frame::decode(buf.get(..len)?) else { return None };
    let head = len.saturating_sub(send.body.len());
    let Ok(Message::Stance(message)) = Message::decode(send.body) else { return Some(head) };
    let stance = if message.stance == Stance::Modify { Stance::Query } else { message.stance };
    let short = Brief::Stance(StanceMessage { n: message.n, stance, data: &[] });
    Some(head.saturating_add(short.encode(buf.get_mut(head..)?).ok()?))
}

/// What a Welcome says; a peer keeps to its Hello.
fn limits(config: &Config) -> Limits {
    let recipients = u16::try_from(MAX_RECIPIENTS).unwrap_or(u16::MAX);
    Limits { body: config.largest, recipients, silence: config.silence }
}
