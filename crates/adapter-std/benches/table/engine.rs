//! The shipped engine over vectors.

use adapter_std::Vectors;
use signaling_core::machine::{Answer, Mask, Stance};
use signaling_core::wire::{Ack, Deliver, From, Message, Reach, StanceMessage, encode_fanout};
use signaling_core::{Bytes, Config, Device, Engine, Invite, InviteId, UserId, What};

use crate::Store;

const DATA: &[u8] = b"video?";
const BOB: Device = Device { id: 2, epoch: 1 };

pub(crate) struct Table {
    engine: Engine<Vectors<Bytes<16>, 1, 1>, Bytes<16>, 1, 1>,
    now: u64,
    accept: Vec<u8>,
    buf: Vec<u8>,
}

impl Table {
    fn fan_out(&mut self, id: InviteId, ver: u32) {
        let nobody = || Reach::Devices(std::iter::empty());
        let users = [("bob", nobody()), ("alice", nobody())];
        let len = encode_fanout(&mut self.buf, id, ver, false, users.into_iter()).expect("it fits");
        let (frame, reply) = self.buf.split_at_mut(len);
        self.engine.handle_frame(self.now, frame, reply).expect("it is ours");
    }

    fn deliver(&mut self, id: InviteId, body: &[u8]) {
        let from = From { user: "bob", device: BOB, label: "" };
        let deliver = Deliver { key: id, from, group: None, to_users: false, dwell: 0, body: Some(body) };
        self.engine.handle_message(self.now, &deliver, &mut self.buf).expect("bob is invited");
    }

    fn told(&mut self) {
        while self.engine.poll_event().is_some() {}
    }
}

fn encode(message: &Message<'_>) -> Vec<u8> {
    let mut buf = vec![0; 64];
    let len = message.encode(&mut buf).expect("it is short");
    buf.truncate(len);
    buf
}

impl Store for Table {
    const NAME: &str = "engine";

    fn with_room(rows: usize) -> Self {
        let mut config = Config::new(UserId::new("alice").expect("a name"), Device { id: 1, epoch: 1 });
        // Invitations are renewed every third of the lease: here never, so that only time limits are left.
        config.lease = u32::MAX;
        config.keep = u32::MAX;
        let stance = StanceMessage { n: 1, stance: Stance::Answer(Answer::Accept), data: b"yes" };
        let accept = encode(&Message::Stance(stance));
        Self { engine: Engine::new(config, Vectors::new(rows)), now: 0, accept, buf: vec![0; 1024] }
    }

    fn invite(&mut self, limit: u32) -> InviteId {
        let invite = Invite { invitees: &["bob"], data: DATA, timeout: Some(limit), ..Invite::default() };
        self.engine.invite(self.now, &invite).expect("there is room")
    }

    fn settle(&mut self, id: InviteId) {
        self.fan_out(id, 1);
        self.told();
    }

    fn cancel(&mut self, id: InviteId) {
        self.engine.cancel(self.now, id, b"").expect("it is live");
        self.told();
    }

    fn accept(&mut self, id: InviteId) {
        let accept = std::mem::take(&mut self.accept);
        self.deliver(id, &accept);
        self.accept = accept;
        self.told();
    }

    fn forget(&mut self, id: InviteId) {
        let ack = encode(&Message::Ack(Ack { rev: 0, mask: Mask::one(0) }));
        self.deliver(id, &ack);
        self.told();
        self.fan_out(id, 2);
        // What is said to those who never acknowledge is not this benchmark's concern.
        while self.engine.poll_transmit(self.now, &mut self.buf).is_some() {}
        self.told();
        assert!(self.engine.view(id).is_none(), "nothing is left to say");
    }

    fn next(&mut self) -> Option<u64> {
        self.engine.poll_timeout()
    }

    fn expire(&mut self, now: u64, expired: &mut Vec<InviteId>) {
        self.now = now;
        self.engine.handle_timeout(now);
        while let Some(event) = self.engine.poll_event() {
            if matches!(event.what, What::TimedOut { .. }) {
                expired.push(event.invitation.id());
            }
        }
    }
}
