//! A board that asks a server for the time; answers that are none.

use std::cell::RefCell;
use std::net::SocketAddrV4;

use adapter_embassy::net::{Clock, Relay, SntpError};
use adapter_embassy::tls::Time;
use embassy_futures::select::{Either, select, select3};
use embassy_net::Stack;
use embassy_net::udp::{PacketMetadata, UdpSocket};
use embassy_time::{Instant, Timer};
use looped::{HERE, on_network, serve};

mod looped;

const PORT: u16 = 123;
/// Seconds from 1900, where the count of NTP begins, to 1970.
const NTP: u64 = 2_208_988_800;
/// The program is of this time, in 2026, and it is that one now.
const BUILT: u64 = 1_790_000_000;
const TODAY: u64 = 1_800_000_000;

fn server() -> Relay<'static> {
    SocketAddrV4::new(HERE, PORT).into()
}

/// A good answer (RFC 5905, section 7.3): of a server that is synchronized, next to a clock.
fn tells(seconds: u64, question: &[u8]) -> Vec<u8> {
    let mut answer = vec![0; 48];
    (answer[0], answer[1]) = (0x24, 2);
    answer[24..32].copy_from_slice(&question[40..48]);
    for at in [32, 40] {
        answer[at..at + 8].copy_from_slice(&((seconds + NTP) << 32).to_be_bytes());
    }
    answer
}

/// What comes of a question that is answered so, and what is known of the time then.
fn asked(mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>>) -> (Result<u64, SntpError>, Time) {
    on_network(1, async |stack| {
        let clock = Clock::new(BUILT);
        match select(clock.ask(stack, server()), serve(stack, PORT, &mut answer)).await {
            Either::First(told) => (told, clock.time()),
            Either::Second(()) => unreachable!("it serves for ever"),
        }
    })
}

/// What comes of a question whose good answer is spoiled so.
fn spoiled(spoil: impl Fn(&mut Vec<u8>)) -> Result<u64, SntpError> {
    let (told, time) = asked(|question| {
        let mut answer = tells(TODAY, question);
        spoil(&mut answer);
        Some(answer)
    });
    assert!(matches!(time, Time::AtLeast(BUILT..)), "{time:?}");
    told
}

#[test]
fn a_clock_is_set_by_what_a_server_says_and_goes_on() {
    let (told, time) = on_network(1, async |stack| {
        let clock = Clock::new(BUILT);
        assert_eq!(clock.time(), Time::AtLeast(BUILT));
        Timer::after_secs(5).await;
        assert_eq!(clock.time(), Time::AtLeast(BUILT + 5));
        let serve = serve(stack, PORT, |question| Some(tells(TODAY, question)));
        let Either::First(told) = select(clock.ask(stack, server()), serve).await else { unreachable!() };
        Timer::after_secs(60).await;
        (told, clock.time())
    });
    assert_eq!((told, time), (Ok(TODAY), Time::Now(TODAY + 60)));
}

#[test]
fn a_link_can_wait_for_the_first_answer() {
    let (before, after) = on_network(1, async |stack| {
        let clock = Clock::new(BUILT);
        let waits = async {
            clock.asked().await;
            clock.asked().await;
            (clock.time(), Instant::now().as_secs())
        };
        let keeps = clock.keep(stack, server(), |_| {});
        match select(waits, keeps).await {
            Either::First(waited) => waited,
            Either::Second(never) => match never {},
        }
    });
    assert_eq!((before, after), (Time::AtLeast(BUILT + 3), 3), "or for what came of the first question");
}

#[test]
fn the_count_of_seconds_may_begin_anew() {
    let in_2040 = 2_208_988_800;
    assert_eq!(asked(|question| Some(tells(in_2040, question))), (Ok(in_2040), Time::Now(in_2040)));
}

#[test]
fn what_is_no_answer_is_none() {
    let malformed = Err(SntpError::Malformed);
    assert_eq!(spoiled(|answer| answer.truncate(47)), malformed);
    assert_eq!(spoiled(|answer| answer[40..].fill(0)), malformed, "no time");
    assert_eq!(spoiled(|answer| answer[24] ^= 1), malformed, "to another question");
    assert_eq!(spoiled(|answer| answer[0] = 0x23), malformed, "a question");
}

#[test]
fn a_server_that_does_not_know_is_not_believed() {
    assert_eq!(spoiled(|answer| answer[0] |= 0xc0), Err(SntpError::Unsynchronized));
    assert_eq!(spoiled(|answer| answer[1] = 16), Err(SntpError::Unsynchronized));
    assert_eq!(spoiled(|answer| answer[4..12].fill(0x7f)), Err(SntpError::Unsynchronized));
}

#[test]
fn a_kiss_of_death_is_told() {
    let told = spoiled(|answer| {
        answer[1] = 0;
        answer[12..16].copy_from_slice(b"RATE");
    });
    assert_eq!(told, Err(SntpError::Refused(*b"RATE")));
    assert_eq!(told.unwrap_err().to_string(), "the time server asks to be left alone (RATE)");
}

#[test]
fn it_cannot_be_earlier_than_the_program() {
    let (told, time) = asked(|question| Some(tells(BUILT - 1, question)));
    assert_eq!((told, time), (Err(SntpError::TooEarly(BUILT - 1)), Time::AtLeast(BUILT)));
    assert_eq!(asked(|question| Some(tells(BUILT, question))).0, Ok(BUILT));
}

#[test]
fn who_does_not_answer_is_waited_for_3_s() {
    let (told, took) =
        on_network(1, async |stack| (Clock::new(BUILT).ask(stack, server()).await, Instant::now()));
    assert_eq!(told, Err(SntpError::NoAnswer));
    assert!((3_000..3_010).contains(&took.as_millis()), "{took}");
    assert_eq!(asked(|_| None).0, Err(SntpError::NoAnswer));
}

/// A server that a stranger is quicker than.
async fn outrun(stack: Stack<'_>) {
    let (mut meta, mut bytes) = ([[PacketMetadata::EMPTY; 1]; 4], [[0; 128]; 4]);
    let ([a, b, c, d], [e, f, g, h]) = (&mut meta, &mut bytes);
    let mut socket = UdpSocket::new(stack, a, e, b, f);
    let mut strange = UdpSocket::new(stack, c, g, d, h);
    socket.bind(PORT).unwrap();
    strange.bind(PORT + 1).unwrap();
    let mut question = [0; 48];
    loop {
        let (_, from) = socket.recv_from(&mut question).await.unwrap();
        strange.send_to(&tells(TODAY + 1_000_000, &question), from).await.unwrap();
        socket.send_to(&tells(TODAY, &question), from).await.unwrap();
    }
}

#[test]
fn what_a_stranger_says_is_not_heard() {
    let told = on_network(1, async |stack| {
        match select(Clock::new(BUILT).ask(stack, server()), outrun(stack)).await {
            Either::First(told) => told,
            Either::Second(()) => unreachable!("it serves for ever"),
        }
    });
    assert_eq!(told, Ok(TODAY));
}

#[test]
fn a_server_is_found_by_its_name() {
    let ask = |host| {
        on_network(10, async |stack| Clock::new(BUILT).ask(stack, Relay::Name { host, port: PORT }).await)
    };
    assert_eq!(ask("relay.example"), Err(SntpError::NoAnswer));
    assert_eq!(ask("nowhere.example"), Err(SntpError::NoName));
}

/// After how many seconds each of the first questions was asked, if they are answered so; time goes on in steps of so
/// many seconds.
fn asks(step: u64, times: usize, answer: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u64> {
    let asked = RefCell::new(Vec::new());
    on_network(step * 1_000, async |stack| {
        let clock = Clock::new(BUILT);
        let serve = serve(stack, PORT, |question| {
            asked.borrow_mut().push(Instant::now().as_secs());
            answer(question)
        });
        let often = async {
            while asked.borrow().len() < times {
                Timer::after_secs(1).await;
            }
        };
        select3(often, clock.keep(stack, server(), |_| {}), serve).await;
    });
    asked.into_inner()
}

#[test]
fn the_time_is_asked_for_each_hour() {
    assert_eq!(asks(60, 3, |question| Some(tells(TODAY, question))), [0, 3_600, 7_200]);
}

#[test]
fn who_does_not_answer_is_asked_ever_more_slowly() {
    // 3 s each for the answer, and 15, 30, 60 s between.
    assert_eq!(asks(1, 4, |_| None), [0, 18, 51, 114]);
}

#[test]
fn who_asks_to_be_left_alone_is_left_alone_for_a_day() {
    let kiss = |question: &[u8]| {
        let mut answer = tells(TODAY, question);
        answer[1] = 0;
        Some(answer)
    };
    assert_eq!(asks(60, 2, kiss), [0, 86_400]);
}
