//! A small world for stories: clients, a hub that passes on what they send, and one virtual clock.
#![allow(dead_code)] // each file of stories uses its own part of it

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use adapter_std::{
    Acceptor, Client, ClientBuilder, Data, Device, Event, Events, GroupAnswer, InProcess, InvitationEvent,
    InviteId, LinkEvent, LinkState, Refusal, SignalingListener, TokioClock, What, in_process,
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use signaling_core::wire::{
    Deliver, Frame, From, GroupOp, Limits, Reach, Refused, Send, Target, Welcome, encode_fanout,
    encode_group_reply,
};
use tokio::io::DuplexStream;
use tokio::sync::mpsc;
use tokio_util::codec::Framed;

pub(crate) const SILENCE: u32 = 9_000;
const LARGEST: usize = 32 * 1024;
/// What a frame takes from one device to another.
pub(crate) const HOP: Duration = Duration::from_millis(10);

/// The relay's stand-in: it authenticates nobody, and passes on what is sent to who is there.
#[derive(Default)]
pub(crate) struct Hub {
    links: HashMap<u64, Peer>,
    next: u64,
    pub(crate) down: bool,
    pub(crate) mute: bool,
    /// The tokens that it takes; none for any.
    pub(crate) tokens: Option<HashSet<String>>,
    pub(crate) seen_tokens: Vec<String>,
    /// Why it lets no device in, if it does not.
    pub(crate) shut: Option<Refusal>,
    /// Users whom it refuses for good.
    pub(crate) forbidden: HashSet<String>,
    pub(crate) groups: HashMap<String, HashSet<String>>,
    pub(crate) hellos: u32,
    pub(crate) pings: u32,
    /// How many Sends came, by invitation.
    pub(crate) sends: HashMap<InviteId, u32>,
}

struct Peer {
    user: String,
    device: Device,
    label: String,
    out: mpsc::UnboundedSender<Bytes>,
}

pub(crate) struct World {
    hub: Arc<Mutex<Hub>>,
    transport: InProcess,
}

impl World {
    pub(crate) fn new() -> Self {
        let (transport, acceptor) = in_process();
        let hub = Arc::<Mutex<Hub>>::default();
        tokio::spawn(accept(acceptor, Arc::clone(&hub)));
        Self { hub, transport }
    }

    pub(crate) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap()
    }

    /// A client to be, with the label "user's".
    pub(crate) fn builder(&self, user: &str) -> ClientBuilder {
        let clock = TokioClock::new();
        Client::builder(user).transport(self.transport.clone()).clock(clock).label(format!("{user}'s"))
    }

    /// A client that is connected.
    pub(crate) async fn client(&self, user: &str) -> Client {
        self.connect(self.builder(user)).await
    }

    pub(crate) async fn connect(&self, builder: ClientBuilder) -> Client {
        let client = builder.build().unwrap();
        client.connect();
        assert_eq!(client.connected().await, LinkState::Up);
        client
    }

    /// Ends all links, and waits until that is noticed; none is made until [`World::mend`].
    pub(crate) async fn cut(&self) {
        {
            let mut hub = self.hub();
            hub.down = true;
            hub.links.clear();
        }
        after(20).await;
    }

    pub(crate) fn mend(&self) {
        self.hub().down = false;
    }
}

async fn accept(mut acceptor: Acceptor, hub: Arc<Mutex<Hub>>) {
    while let Some(stream) = acceptor.accept().await {
        if !hub.lock().unwrap().down {
            tokio::spawn(serve(stream, Arc::clone(&hub)));
        }
    }
}

async fn serve(stream: DuplexStream, hub: Arc<Mutex<Hub>>) {
    let (mut sink, mut source) = Framed::new(stream, adapter_std::framing::tcp_codec(LARGEST)).split();
    let (out, mut queue) = mpsc::unbounded_channel::<Bytes>();
    let id = {
        let mut hub = hub.lock().unwrap();
        hub.next += 1;
        hub.next
    };
    let mut out = Some(out);
    loop {
        tokio::select! {
            frame = source.next() => {
                let Some(Ok(frame)) = frame else { break };
                tokio::time::sleep(HOP).await;
                hub.lock().unwrap().frame(id, &mut out, &frame);
            }
            bytes = queue.recv() => {
                let Some(bytes) = bytes else { break };
                if sink.send(bytes).await.is_err() {
                    break;
                }
            }
        }
    }
    hub.lock().unwrap().links.remove(&id);
}

fn write(write: impl FnOnce(&mut [u8]) -> usize) -> Bytes {
    let mut buf = vec![0; LARGEST];
    let written = write(&mut buf);
    buf.truncate(written);
    buf.into()
}

fn frame(frame: &Frame<'_>) -> Bytes {
    write(|buf| frame.encode(buf).unwrap())
}

impl Hub {
    fn frame(&mut self, id: u64, out: &mut Option<mpsc::UnboundedSender<Bytes>>, bytes: &[u8]) {
        match Frame::decode(bytes).unwrap() {
            _ if self.mute => {}
            Frame::Hello(hello) => {
                let Some(out) = out.take().or_else(|| self.links.get(&id).map(|peer| peer.out.clone()))
                else {
                    return;
                };
                self.hellos += 1;
                self.seen_tokens.push(hello.token.into());
                let known = self.tokens.as_ref().is_none_or(|tokens| tokens.contains(hello.token));
                if !known {
                    let reason = if hello.token == "old" { Refusal::Expired } else { Refusal::Token };
                    return drop(out.send(frame(&Frame::Refused(Refused { key: None, ver: 0, reason }))));
                }
                if let Some(reason) = self.shut {
                    return drop(out.send(frame(&Frame::Refused(Refused { key: None, ver: 0, reason }))));
                }
                let older = self.links.iter().find(|(_, peer)| peer.device.id == hello.device.id);
                if let Some((older, _)) = older.filter(|(older, _)| **older != id) {
                    let older = self.links.remove(&older.clone()).unwrap();
                    let reason = Refusal::Replaced;
                    older.out.send(frame(&Frame::Refused(Refused { key: None, ver: 0, reason }))).unwrap();
                }
                let limits = Limits { body: 28 * 1024, recipients: 65, silence: SILENCE };
                out.send(frame(&Frame::Welcome(Welcome { limits, random: [7; 16] }))).unwrap();
                let (user, label) = (hello.user.into(), hello.label.into());
                self.links.insert(id, Peer { user, device: hello.device, label, out });
            }
            Frame::Send(send) => self.send(id, &send),
            Frame::Ping(number) => {
                self.pings += 1;
                self.reply(id, frame(&Frame::Pong(number)));
            }
            Frame::Group(request) => {
                let user = self.links[&id].user.clone();
                let group = self.groups.get_mut(request.group);
                let mut members = Vec::new();
                let answer = match (request.op, group) {
                    (GroupOp::Create, None) => {
                        self.groups.insert(request.group.into(), HashSet::from([user]));
                        GroupAnswer::Done
                    }
                    (GroupOp::Create, Some(group)) if !group.contains(&user) => GroupAnswer::Exists,
                    (_, None) => GroupAnswer::Unknown,
                    (GroupOp::Create, Some(_)) => GroupAnswer::Done,
                    (GroupOp::Join, Some(group)) => {
                        group.insert(user);
                        GroupAnswer::Done
                    }
                    (GroupOp::Leave, Some(group)) => {
                        group.remove(&user);
                        GroupAnswer::Done
                    }
                    (GroupOp::Members, Some(group)) => {
                        members = group.iter().cloned().collect();
                        members.sort();
                        GroupAnswer::Done
                    }
                };
                let names = members.iter().map(String::as_str);
                self.reply(id, write(|buf| encode_group_reply(buf, request.seq, answer, names).unwrap()));
            }
            other => panic!("a device sent {other:?}"),
        }
    }

    fn reply(&self, id: u64, bytes: Bytes) {
        // The link may be cut meanwhile.
        if let Some(peer) = self.links.get(&id) {
            let _ = peer.out.send(bytes);
        }
    }

    fn send(&mut self, id: u64, send: &Send<'_>) {
        *self.sends.entry(send.key).or_default() += 1;
        let Some(sender) = self.links.get(&id) else { return };
        let from = From { user: &sender.user, device: sender.device, label: &sender.label };
        let deliver = |to_users| {
            let (key, group, body) = (send.key, send.group, Some(send.body));
            frame(&Frame::Deliver(Deliver { key, from, group, to_users, dwell: 0, body }))
        };
        let others = || self.links.iter().filter(|(other, _)| **other != id).map(|(_, peer)| peer);
        match send.to {
            Target::Device(user, device) => {
                for peer in others().filter(|peer| peer.user == user && peer.device.id == device) {
                    let _ = peer.out.send(deliver(false));
                }
            }
            Target::Users(users) => {
                let mut reached = Vec::new();
                for user in users.iter() {
                    if self.forbidden.contains(user) {
                        reached.push((user, Reach::Never));
                        continue;
                    }
                    let mut devices = Vec::new();
                    for peer in others().filter(|peer| peer.user == user) {
                        let _ = peer.out.send(deliver(true));
                        devices.push(peer.device);
                    }
                    reached.push((user, Reach::Devices(devices)));
                }
                let users = reached.iter().map(|(user, reach)| match reach {
                    Reach::Devices(devices) => (*user, Reach::Devices(devices.iter().copied())),
                    _ => (*user, Reach::Never),
                });
                let fanout = write(|buf| encode_fanout(buf, send.key, send.ver, false, users).unwrap());
                let _ = sender.out.send(fanout);
            }
        }
    }
}

/// The next event of an invitation that `is` likes; the others are skipped.
pub(crate) async fn until(events: &mut Events, is: impl Fn(&What) -> bool) -> InvitationEvent {
    next(events, |event| match event {
        Event::Invitation(event) if is(&event.what) => Some(event),
        _ => None,
    })
    .await
}

/// The next event of the link.
pub(crate) async fn until_link(events: &mut Events) -> LinkEvent {
    next(events, |event| if let Event::Link(event) = event { Some(event) } else { None }).await
}

async fn next<T>(events: &mut Events, pick: impl Fn(Event) -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(picked) = pick(events.next().await.expect("the stream ended")) {
                return picked;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(600), wait).await.expect("it never came")
}

/// The id of the next invitation that rings.
pub(crate) async fn ring(events: &mut Events) -> InviteId {
    until(events, |what| *what == What::New).await.invitation.id
}

pub(crate) async fn after(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// A listener that writes down what it is called with.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn add(&self, note: String) {
        self.0.lock().unwrap().push(note);
    }
}

impl SignalingListener for Notes {
    fn on_receive_new_invitation(
        &self,
        _: InviteId,
        inviter: &str,
        group_id: Option<&str>,
        invitee_list: &[&str],
        data: &Data,
    ) {
        let group = group_id.map(|group| format!(" in {group}")).unwrap_or_default();
        self.add(format!("{inviter} invites {}{group}: {}", invitee_list.join(","), data.as_str().unwrap()));
    }

    fn on_invitee_accepted(&self, _: InviteId, invitee: &str, data: &Data) {
        self.add(format!("{invitee} accepted: {}", data.as_str().unwrap()));
    }

    fn on_invitee_rejected(&self, _: InviteId, invitee: &str, data: &Data) {
        self.add(format!("{invitee} rejected: {}", data.as_str().unwrap()));
    }

    fn on_invitation_cancelled(&self, _: InviteId, inviter: &str, data: &Data) {
        self.add(format!("{inviter} cancelled: {}", data.as_str().unwrap()));
    }

    fn on_invitation_timeout(&self, _: InviteId, invitee_list: &[&str]) {
        self.add(format!("timeout of {}", invitee_list.join(",")));
    }

    fn on_invitation_modified(&self, _: InviteId, data: &Data) {
        self.add(format!("modified: {}", data.as_str().unwrap()));
    }

    fn on_link(&self, event: &LinkEvent) {
        self.add(match event {
            LinkEvent::Connected => "connected".into(),
            LinkEvent::Lost(error) => format!("lost: {error}"),
            LinkEvent::Replaced => "replaced".into(),
            LinkEvent::TokenRefused(why) => format!("token refused: {why}"),
            other => format!("{other:?}"),
        });
    }
}
