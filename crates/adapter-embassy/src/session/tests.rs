use signaling_core::Device;
use signaling_core::wire::{GroupReply, Limits};

use super::*;
use crate::log::tests::lines;

const HELLO: Hello<'_> =
    Hello { user: "alice", device: Device { id: 1, epoch: 7 }, label: "", largest: 508, token: "" };

fn welcome() -> Frame<'static> {
    let limits = Limits { body: 9, recipients: 9, silence: 30_000 };
    Frame::Welcome(Welcome { limits, random: [3; 16] })
}

fn refused(reason: Refusal) -> Frame<'static> {
    Frame::Refused(Refused { key: None, ver: 0, reason })
}

/// What it says at that time.
fn says(session: &mut Session, now: u64) -> Option<&'static str> {
    let mut buf = [0; 128];
    let len = session.poll_transmit(now, HELLO, &mut buf)?;
    Some(match Frame::decode(&buf[..len]).unwrap() {
        Frame::Hello(_) => "hello",
        Frame::Ping(_) => "ping",
        Frame::Pong(_) => "pong",
        Frame::Group(_) => "group",
        _ => "?",
    })
}

fn up(now: u64) -> Session {
    let mut session = Session::new(now, 5, None);
    assert_eq!(says(&mut session, now), Some("hello"));
    assert_eq!(session.hear(now, &welcome(), 7), Heard::Up);
    assert_eq!(session.take_news(), Some(LinkEvent::Connected));
    session
}

#[test]
fn hello_is_said_until_somebody_answers_and_ever_more_slowly() {
    let mut session = Session::new(0, 5, None);
    let mut pauses = std::vec::Vec::new();
    let mut last = 0;
    while last < 60_000 {
        assert_eq!(says(&mut session, last), Some("hello"));
        assert_eq!(says(&mut session, last), None);
        let next = session.hello_due().unwrap();
        pauses.push(next - last);
        last = next;
    }
    assert!((160..=240).contains(&pauses[0]) && (320..=480).contains(&pauses[1]), "{pauses:?}");
    assert!(pauses.iter().skip(5).all(|pause| (4_000..=6_000).contains(pause)), "{pauses:?}");
    assert_eq!(session.take_news(), Some(LinkEvent::Lost(LinkError::NoAnswer)));
    assert_eq!(session.hear(last, &welcome(), 7), Heard::Up);
    assert_eq!(session.take_news(), Some(LinkEvent::Connected));
}

#[test]
fn without_an_epoch_the_first_welcome_only_brings_one() {
    let mut session = Session::new(0, 5, None);
    says(&mut session, 0);
    assert_eq!(session.hear(10, &welcome(), 0), Heard::Epoch(0x0303_0303));
    assert_eq!(session.state(), LinkState::Connecting);
    assert_eq!(says(&mut session, 10), Some("hello"));
    assert_eq!(session.hear(20, &welcome(), 0x0303_0303), Heard::Up);
    assert_eq!(draw([0; 16]), 1, "an epoch is never 0");
}

#[test]
fn a_quiet_link_is_pinged_and_a_dead_one_is_left() {
    let mut session = up(0);
    assert_eq!((session.deadline(0), says(&mut session, 9_999)), (Some(10_000), None));
    assert_eq!(says(&mut session, 10_000), Some("ping"));
    assert_eq!(session.hear(10_001, &Frame::Pong(1), 7), Heard::Engine);
    assert_eq!(says(&mut session, 20_000), Some("ping"));
    assert!(!session.timeout(40_000));
    assert!(session.timeout(40_001), "30 s after the last word");
    assert_eq!(session.take_news(), Some(LinkEvent::Lost(LinkError::Silent)));
    assert_eq!(session.state(), LinkState::Connecting);
}

#[test]
fn a_ping_is_answered_at_once() {
    let mut session = up(0);
    session.hear(5, &Frame::Ping(3), 7);
    assert_eq!((says(&mut session, 5), says(&mut session, 5)), (Some("pong"), None));
}

#[test]
fn a_relay_that_forgot_us_hears_hello_soon() {
    let mut session = up(0);
    session.hear(20_000, &refused(Refusal::Hello), 7);
    assert_eq!(session.state(), LinkState::Connecting);
    let due = session.hello_due().unwrap();
    assert!(due <= 20_240, "{due}");
    session.hear(20_010, &refused(Refusal::Hello), 7);
    assert_eq!(session.hello_due(), Some(due), "one refusal for each Send that was under way");
}

#[test]
fn a_relay_that_stopped_hears_hello_soon_but_not_from_whom_it_refused() {
    let mut session = up(0);
    session.hear(60_000, &refused(Refusal::Stopping), 7);
    assert!(session.hello_due().unwrap() <= 60_240);
    session.hear(60_100, &refused(Refusal::Device), 7);
    let (due, error) = (session.hello_due(), LinkError::Refused(Refusal::Device));
    assert!(due.unwrap() >= 64_000);
    session.hear(60_200, &refused(Refusal::Stopping), 7);
    assert_eq!((session.hello_due(), session.take_news()), (due, Some(LinkEvent::Lost(error))));
}

#[test]
fn links_that_end_at_once_are_made_ever_more_slowly_until_one_is_good() {
    let mut session = Session::new(0, 5, None);
    let ends = |session: &mut Session, held: u64, end: Option<Refusal>| {
        let begin = session.hello_due().unwrap();
        assert_eq!(says(session, begin), Some("hello"));
        session.hear(begin, &welcome(), 7);
        match end {
            Some(reason) => drop(session.hear(begin + held, &refused(reason), 7)),
            None => session.lost(begin + held, LinkError::Broken),
        }
        session.hello_due().unwrap() - begin - held
    };
    for end in [None, Some(Refusal::Stopping), Some(Refusal::Busy)] {
        assert!(ends(&mut session, 20_000, end) <= 240, "a good link");
        let pauses: std::vec::Vec<u64> = (0..6).map(|_| ends(&mut session, 9, end)).collect();
        assert!(pauses[0] >= 320 && pauses[5] >= 4_000, "{end:?}: {pauses:?}");
    }
}

#[test]
fn a_relay_that_only_ever_stops_hears_hello_ever_more_slowly() {
    let mut session = Session::new(0, 5, None);
    for _ in 0..8 {
        let now = session.hello_due().unwrap();
        assert_eq!(says(&mut session, now), Some("hello"));
        session.hear(now + 5, &refused(Refusal::Stopping), 7);
    }
    assert!(session.hello_due().unwrap() >= 12_000, "{:?}", session.hello_due());
}

#[test]
fn a_relay_that_cannot_be_reached_is_tried_ever_more_slowly() {
    let mut session = Session::new(0, 5, None);
    for _ in 0..8 {
        session.unreachable(session.hello_due().unwrap(), LinkError::Unreachable);
    }
    let last = session.hello_due().unwrap();
    session.unreachable(last, LinkError::Unreachable);
    assert!((4_000..=6_000).contains(&(session.hello_due().unwrap() - last)));
    session.connected(last + 100);
    assert_eq!(says(&mut session, last + 100), Some("hello"), "at once when a stream stands");
    let error = LinkError::Unreachable;
    assert_eq!((session.take_news(), session.take_news()), (Some(LinkEvent::Lost(error)), None));
}

#[test]
fn nothing_goes_to_a_group_before_the_relay_let_this_device_in() {
    let mut session = Session::new(0, 5, GroupId::new("home").ok());
    says(&mut session, 0);
    session.hear(5, &welcome(), 7);
    assert!(session.state() == LinkState::Up && !session.open());
    assert_eq!(says(&mut session, 5), Some("group"));
    let full = GroupReply { seq: 1, answer: GroupAnswer::Full, members: Default::default() };
    session.hear(9, &Frame::GroupReply(full), 7);
    assert!(session.open());
    assert_eq!(session.take_news(), Some(LinkEvent::Connected));
    assert_eq!(session.take_news(), Some(LinkEvent::GroupRefused(GroupAnswer::Full)));
}

#[test]
fn a_token_that_is_not_taken_is_tried_slowly_and_told_each_time() {
    let mut session = Session::new(0, 5, None);
    for _ in 0..3 {
        let now = session.hello_due().unwrap();
        assert_eq!(says(&mut session, now), Some("hello"));
        session.hear(now, &refused(Refusal::Token), 7);
        assert_eq!(session.take_news(), Some(LinkEvent::TokenRefused(Refusal::Token)));
        assert!(session.hello_due().unwrap() >= now + 4_000);
    }
}

#[test]
fn the_log_says_of_the_link_what_the_application_is_told() {
    let mut session = Session::new(0, 5, None);
    for now in [0, 5_000, 11_000] {
        says(&mut session, now);
        session.hear(now, &Frame::Pong(7), 7);
    }
    session.hear(11_100, &refused(Refusal::Token), 7);
    session.hear(11_200, &welcome(), 7);
    session.lost(30_000, LinkError::Broken);
    session.lost(30_100, LinkError::Broken);
    let early = "debug ignored a frame: the relay did not say Welcome";
    assert_eq!(
        lines(),
        [
            early,
            early,
            "warn link: the relay does not answer",
            early,
            "warn link: the token is missing, forged or for somebody else",
            "info link: connected",
            "warn link: the line broke",
        ]
    );
}

#[cfg(feature = "direct")]
#[test]
fn a_peer_whose_trouble_was_told_does_not_hide_that_of_another() {
    let mut session = Session::new(0, 5, None);
    let (first, second) = (LinkError::Stranger { peer: 0 }, LinkError::SameDevice { peer: 1 });
    let mut told = std::vec::Vec::new();
    for now in (0..70_000).step_by(1_000) {
        session.direct_trouble(now, first);
        session.direct_trouble(now, second);
        told.extend(session.take_news());
    }
    assert_eq!(told, [LinkEvent::Lost(first), LinkEvent::Lost(second)]);
}

#[test]
fn who_was_replaced_waits_to_be_asked() {
    let mut session = up(0);
    session.hear(5, &refused(Refusal::Replaced), 7);
    assert_eq!(session.take_news(), Some(LinkEvent::Replaced));
    session.lost(6, LinkError::Broken);
    assert_eq!((session.hello_due(), says(&mut session, 100_000)), (None, None));
    assert!(session.connect(100_000) && !session.connect(100_000));
    assert_eq!(says(&mut session, 100_000), Some("hello"));
}

#[test]
fn a_loss_is_told_once_and_each_refusal_too() {
    let mut session = up(0);
    session.lost(1, LinkError::Broken);
    assert_eq!(session.take_news(), Some(LinkEvent::Lost(LinkError::Broken)));
    session.lost(2, LinkError::Broken);
    assert_eq!(session.take_news(), None);
    let error = LinkError::Refused(Refusal::Device);
    session.hear(3, &refused(Refusal::Device), 7);
    assert_eq!(session.take_news(), Some(LinkEvent::Lost(error)));
    session.hear(4, &refused(Refusal::Device), 7);
    assert_eq!(session.take_news(), None);
}
