//! What firmware calls: an engine, the names and ids given to it, and what it hands out.

use core::str::FromStr;

use heapless::Vec;
use signaling_core::wire::{Deliver, Frame};
use signaling_core::{
    AddError, Added, AnswerError, Bytes, CancelError, Config, Device, FixedEngine, GroupId, Invite,
    InviteError, InviteId, Label, ModifyError, NameError, Payload, Slot, Storage, UserId, View, What,
};

use crate::{any, keep};

/// 4 invitations of up to 4 invitees with 2 devices each, and 64 bytes of data.
pub type Engine = FixedEngine<4, 4, 2, 64>;
/// Its memory.
pub type Fixed = signaling_core::Fixed<4, 4, 2, 64>;
/// One row of it.
pub type Row = signaling_core::Row<Bytes<64>, 4, 2>;

/// An engine that has its epoch.
#[inline(never)]
pub fn ready(user: &str, device: Device) -> Engine {
    Engine::new(Config::new(UserId::new(user).unwrap_or_default(), device), Fixed::default())
}

/// An engine as a device makes it when it starts.
#[inline(never)]
pub fn start(user: &str, id: u64) -> Result<Engine, NameError> {
    let config = Config::new(UserId::new(user)?, Device { id, epoch: 0 });
    let mut engine = Engine::new(config, Fixed::default());
    keep(Engine::set_epoch(&mut engine, any(1)));
    Ok(engine)
}

/// What the application wants.
#[inline(never)]
pub fn commands(engine: &mut Engine, now: u64, data: &[u8]) {
    let invitees = any(&["bob"][..]);
    let invite = Invite { invitees, data, timeout: any(Some(30_000)), ..Invite::default() };
    let id = Engine::invite(engine, now, &any(invite)).unwrap_or_default();
    keep(Engine::accept(engine, now, id, data));
    keep(Engine::reject(engine, now, id, any(true), data));
    keep(Engine::cancel(engine, now, id, data));
    keep(Engine::modify(engine, now, id, data));
    let added = Added { id, inviter: "carol", group: None, invitees, data, timeout: None };
    keep(Engine::add_invited_signaling(engine, now, &any(added)));
}

/// What the world does.
#[inline(never)]
pub fn inputs(engine: &mut Engine, now: u64, bytes: &[u8], reply: &mut [u8]) {
    keep(Engine::handle_frame(engine, now, bytes, reply));
    match Frame::decode_downlink(bytes) {
        Ok(Frame::Deliver(deliver)) => message(engine, now, &deliver, reply),
        Ok(Frame::Fanout(fanout)) => keep(Engine::handle_fanout(engine, now, &fanout)),
        Ok(Frame::Refused(refused)) => Engine::handle_refused(engine, now, &refused),
        _ => {}
    }
    Engine::handle_link_up(engine, now);
    Engine::handle_timeout(engine, now);
}

fn message(engine: &mut Engine, now: u64, deliver: &Deliver<'_>, reply: &mut [u8]) {
    keep(Engine::handle_message(engine, now, deliver, reply));
}

/// What there is to send, to tell and to wait for.
#[inline(never)]
pub fn outputs(engine: &mut Engine, now: u64, buf: &mut [u8]) {
    while let Some(bytes) = Engine::poll_transmit(engine, now, buf) {
        keep(bytes);
    }
    while let Some(event) = Engine::poll_event(engine) {
        what(event.what);
        view(event.invitation);
    }
    keep(Engine::poll_timeout(engine));
}

/// What can be looked at.
#[inline(never)]
pub fn getters(engine: &mut Engine, id: InviteId) {
    keep(Engine::config(engine).lease);
    keep(Engine::counters(engine));
    keep((Engine::len(engine), Engine::is_empty(engine)));
    Engine::views(engine).for_each(|view| keep(View::id(&view)));
    if let Some(one) = Engine::view(engine, id) {
        view(View::clone(&one));
    }
}

fn what(what: What) {
    keep(what);
}

fn view(view: View<'_, impl Payload>) {
    keep((View::id(&view), View::inviter(&view), View::group(&view)));
    View::names(&view).for_each(keep);
    keep((Payload::bytes(View::data(&view)), View::online_only(&view), View::remaining(&view)));
    keep((View::standing(&view), View::delivered(&view), View::over(&view), View::heard(&view)));
    keep(View::invitee(&view, any(0)).map(|invitee| Slot::decided(invitee.slot)));
    View::invitees(&view).for_each(|invitee| keep((invitee.user, invitee.label)));
}

/// Names and ids.
#[inline(never)]
pub fn names(text: &str, bytes: [u8; 16]) {
    keep((UserId::check(text), UserId::from_str(text), UserId::try_from(text)));
    keep((GroupId::check(text), GroupId::from_str(text), GroupId::try_from(text)));
    keep((Label::check(text), Label::from_str(text), Label::try_from(text)));
    keep(UserId::assign(&mut any(UserId::default()), text));
    keep(GroupId::assign(&mut any(GroupId::default()), text));
    keep(Label::assign(&mut any(Label::default()), text));
    keep(UserId::new(text).map(|name| keep((UserId::as_str(&name), UserId::as_ref(&name)))));
    keep(GroupId::new(text).map(|name| keep((GroupId::as_str(&name), GroupId::as_ref(&name)))));
    keep(Label::new(text).map(|name| keep((Label::as_str(&name), Label::as_ref(&name)))));
    keep((InviteId::from_str(text), InviteId::to_bytes(InviteId::from_bytes(bytes))));
}

/// The codes of V2TIM.
#[inline(never)]
pub fn codes(name: NameError) {
    keep(InviteError::code(any(InviteError::Name(name))));
    keep(AnswerError::code(any(AnswerError::Over)));
    keep(CancelError::code(any(CancelError::Over)));
    keep(ModifyError::code(any(ModifyError::Over)));
    keep(AddError::code(any(AddError::Own)));
}

/// An inviter that outlives its restart.
#[cfg(feature = "durable")]
#[inline(never)]
pub fn durable(engine: &mut Engine, now: u64, restarted: &mut Engine) {
    for snapshot in Engine::snapshots(engine) {
        keep(signaling_core::Snapshot::id(&snapshot));
        keep(Engine::restore(restarted, now, &snapshot));
    }
    if let Some(stamp) = Engine::unsaved(engine) {
        Engine::handle_saved(engine, stamp);
    }
}

/// The memory of an engine, as a driver with a storage of its own sees it.
#[inline(never)]
pub fn memory(bytes: &[u8]) {
    let mut fixed = Fixed::new();
    stored(&mut &mut fixed);
    keep(Fixed::slices(&mut fixed).rows.len());
    keep((Fixed::rows(&fixed).len(), Fixed::heap(&fixed).len(), Fixed::buckets(&fixed).len()));
    let mut payload = Bytes::<64>::new();
    keep((Payload::set(&mut payload, bytes), Vec::set(&mut payload, bytes)));
    keep(Vec::bytes(&payload));
}

fn stored(storage: &mut impl Storage<Row>) {
    keep((Storage::rows(storage).len(), Storage::heap(storage).len(), Storage::buckets(storage).len()));
    keep(Storage::slices(storage).rows.len());
}
