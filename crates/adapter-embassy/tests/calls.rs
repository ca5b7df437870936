//! Calls between devices on serial lines, from the press of a button to the end.

mod world;

use std::cell::RefCell;
use std::rc::Rc;

use adapter_embassy::{
    AnswerError, CancelOutcome, Event, Invitation, Invite, InviteError, LinkState, Resources, Signaling,
    SignalingListener, Slot, Standing, What,
};
use world::{Small, World, identity, now, ready};

#[test]
fn a_doorbell_rings_and_learns_who_comes() {
    let mut world = World::new();
    let [door, bob, carol] = world.boards(["door", "bob", "carol"]);

    let call = door.invites(&["bob", "carol"], 30_000);
    world.pass(5);
    assert_eq!(door.news(), ["delivered", "bob rings on bob's", "carol rings on carol's"]);
    assert_eq!((bob.news(), carol.news()), (vec!["new from door".into()], vec!["new from door".into()]));

    carol.signaling.accept(call, b"coming").unwrap();
    world.pass(5);
    assert_eq!(carol.news(), ["confirmed"]);
    assert_eq!(bob.news(), ["carol accepted on carol's"]);
    assert_eq!(door.news(), ["carol accepted on carol's", "carol knows"]);

    assert!(matches!(door.signaling.outcome(call, 1), Some(Slot::Accepted(device)) if device.id == 3));
    assert!(!door.signaling.status(call).unwrap().over);

    bob.signaling.reject(call, b"").unwrap();
    world.pass(5);
    assert_eq!(door.news(), ["bob rejected", "ended"]);
    assert_eq!(bob.news(), ["confirmed"]);
    assert_eq!(door.signaling.status(call), None, "everybody knows, so nothing is left of it");
}

#[test]
fn the_time_limit_comes_to_the_millisecond() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    let begin = now();
    door.invites(&["bob"], 3_000);
    world.until(|| door.was_told("timed out bob"));
    assert_eq!(now() - begin, 3_000);
    world.pass(5);
    assert_eq!(bob.news(), ["new from door", "timed out bob"]);
}

#[test]
fn the_one_who_rang_takes_it_back_or_changes_it() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    door.signaling.modify_invitation(call, b"parcel").unwrap();
    world.pass(5);
    assert_eq!(door.signaling.cancel(call, b"gone"), Ok(CancelOutcome::Cancelled));
    world.pass(5);
    assert_eq!(bob.news(), ["new from door", "modified", "cancelled"]);
    assert_eq!(bob.signaling.accept(call, b""), Err(AnswerError::Over));
}

#[test]
fn another_device_of_the_same_user_hears_where_it_was_answered() {
    let mut world = World::new();
    let [door, hall] = world.boards(["door", "bob"]);
    let kitchen = world.board(identity("bob", 9));
    world.pass(10);
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    hall.signaling.accept(call, b"").unwrap();
    world.pass(5);
    assert_eq!(kitchen.news(), ["connected", "new from door", "bob accepted on bob's"]);
}

/// Says yes to all that rings, from inside the callback.
struct SaysYes(Signaling<'static>);

impl SignalingListener for SaysYes {
    fn on_receive_new_invitation(&self, invitation: &Invitation<'_>) {
        assert!(matches!(invitation.standing(), Standing::Invitee(0, _)));
        assert_eq!(invitation.data(), b"ding");
        self.0.accept(invitation.id(), b"at once").unwrap();
    }
}

/// Notes which callbacks come.
#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl SignalingListener for Notes {
    fn on_event(&self, what: What, invitation: &Invitation<'_>) {
        self.0.borrow_mut().push(format!("{what:?} {}", invitation.inviter()));
    }
}

#[test]
fn a_listener_may_answer_from_inside() {
    let mut world = World::new();
    let [door] = world.boards(["door"]);
    let (signaling, runner, mut events) =
        Box::leak(Box::new(Small::new())).start(identity("bob", 9)).unwrap();
    world.plug(runner);
    let notes = Notes::default();
    let listeners = (notes.clone(), SaysYes(signaling));
    world.spawn(async move {
        events.dispatch(&listeners).await;
    });
    world.pass(10);
    door.invites(&["bob"], 30_000);
    world.pass(5);
    assert!(door.was_told("bob knows"), "{:?}", door.news());
    assert_eq!(*notes.0.borrow(), ["New door", "Confirmed door"]);
}

#[test]
fn two_rows_hold_two_calls_and_free_themselves() {
    let mut world = World::new();
    let [door, bob] = world.boards(["door", "bob"]);
    let call = Invite { invitees: &["bob"], timeout: Some(5_000), ..Invite::default() };
    assert!(door.signaling.invite(&call).is_ok() && door.signaling.invite(&call).is_ok());
    assert_eq!(door.signaling.invite(&call), Err(InviteError::Capacity));
    world.pass(5);
    assert_eq!(bob.news(), ["new from door", "new from door"]);

    let gate = world.board(identity("gate", 9));
    world.pass(10);
    gate.invites(&["bob"], 9_000);
    world.pass(5);
    assert_eq!(gate.news(), ["connected", "delivered", "bob full NoCapacity"]);

    world.pass(5_000);
    assert!(door.signaling.invite(&call).is_ok(), "those that are over gave their places");
    world.until(|| gate.was_told("bob rings on bob's"));
    assert!(now() < 9_000, "and bob's board rings for who asked meanwhile");
}

#[test]
fn what_is_too_large_for_a_board_rings_elsewhere() {
    let mut world = World::new();
    let [bob] = world.boards(["bob"]);
    let big = || Box::leak(Box::new(Resources::<2, 3, 2, 200, 1024>::new()));
    let (desk, runner, _events) = big().start(identity("desk", 8)).unwrap();
    world.plug(runner);
    let (bobs_phone, runner, mut events) = big().start(identity("bob", 9)).unwrap();
    world.plug(runner);
    world.pass(10);
    assert!(matches!(ready(events.next()), Some(Event::Link(_))));

    let invite = Invite { invitees: &["bob"], data: &[7; 100], timeout: Some(9_000), ..Invite::default() };
    let other = Invite { invitees: &["desk"], ..invite };
    assert_eq!(bob.signaling.invite(&other), Err(InviteError::DataTooLong(32)));
    let call = desk.invite(&invite).unwrap();
    world.pass(5);
    assert_eq!((bob.news().len(), bob.signaling.counters().full), (0, 1));
    assert!(matches!(ready(events.next()), Some(Event::Invitation(event)) if event.what == What::New));
    bobs_phone.accept(call, b"").unwrap();
    world.pass(5);
    assert!(matches!(desk.outcome(call, 0), Some(Slot::Accepted(device)) if device.id == 9));
}

#[test]
fn a_reader_who_comes_late_is_told_what_counts() {
    let mut world = World::new();
    let [door] = world.boards(["door"]);
    let (signaling, runner, mut events) =
        Box::leak(Box::new(Small::new())).start(identity("bob", 9)).unwrap();
    world.plug(runner);
    world.pass(10);
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    door.signaling.modify_invitation(call, b"1").unwrap();
    world.pass(300);
    door.signaling.modify_invitation(call, b"2").unwrap();
    world.pass(300);
    door.signaling.cancel(call, b"").unwrap();
    world.pass(300);
    let mut told = Vec::new();
    while let Some(event) = ready(events.next()) {
        told.push(match event {
            Event::Invitation(event) => format!("{:?} {:?}", event.what, event.invitation().data()),
            _ => "link".into(),
        });
    }
    assert_eq!(told, ["link", "New [50]", "Modified [50]", "Cancelled [50]"]);
    assert_eq!(signaling.link(), LinkState::Up);
}

#[test]
fn an_event_is_shown_with_its_invitation() {
    let mut world = World::new();
    let [door] = world.boards(["door"]);
    let (_, runner, mut events) = Box::leak(Box::new(Small::new())).start(identity("bob", 9)).unwrap();
    world.plug(runner);
    world.pass(10);
    assert_eq!(format!("{:?}", ready(events.next()).unwrap()), "Link(Connected)");
    let call = door.invites(&["bob"], 30_000);
    world.pass(5);
    let shown = format!("{:?}", ready(events.next()).unwrap());
    assert!(shown.starts_with("Invitation(InvitationEvent { what: New, invitation: Invitation {"), "{shown}");
    assert!(shown.contains(&format!("{call:?}")) && shown.contains("\"door\""), "{shown}");
}

#[test]
fn a_wait_that_is_dropped_takes_nothing() {
    let mut world = World::new();
    let [door] = world.boards(["door"]);
    let (_, runner, mut events) = Box::leak(Box::new(Small::new())).start(identity("bob", 9)).unwrap();
    world.plug(runner);
    assert!(ready(events.next()).is_none());
    world.pass(10);
    assert!(matches!(ready(events.next()), Some(Event::Link(_))));
    assert!(ready(events.next()).is_none());
    door.invites(&["bob"], 30_000);
    world.pass(5);
    assert!(matches!(ready(events.next()), Some(Event::Invitation(event)) if event.what == What::New));
    assert!(ready(events.next()).is_none());
}
