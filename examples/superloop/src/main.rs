//! Two plain loops against each other: a doorbell and a house, on a line that garbles one byte in 400.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use signaling_core::{Device, Invite, What};
use superloop::{Line, Phone};

/// What a timer interrupt would count.
static TICKS: AtomicU64 = AtomicU64::new(0);
/// A line of 115 200 baud brings 11 bytes in a millisecond.
const BYTES_A_TICK: usize = 11;

fn now() -> u64 {
    TICKS.load(Ordering::Relaxed)
}

type Bytes = Rc<RefCell<VecDeque<u8>>>;

/// One end of the line.
struct Uart {
    incoming: Bytes,
    outgoing: Bytes,
    count: u32,
}

impl Line for Uart {
    fn read(&mut self) -> Option<u8> {
        let byte = self.incoming.borrow_mut().pop_front()?;
        self.count += 1;
        Some(if self.count.is_multiple_of(400) { byte ^ 0x10 } else { byte })
    }

    fn write(&mut self, byte: u8) -> bool {
        let mut outgoing = self.outgoing.borrow_mut();
        let room = outgoing.len() < BYTES_A_TICK;
        if room {
            outgoing.push_back(byte);
        }
        room
    }
}

/// Tells what happened where.
fn tell(who: &str, what: &str) {
    println!("{:>6} ms  {who:<6} {what}", now());
}

/// The same in words.
fn words(what: What) -> String {
    match what {
        What::New => "rings".into(),
        What::Ringing { .. } => "hears that it rings there".into(),
        What::Accepted { .. } => "somebody comes".into(),
        What::Rejected { .. } => "somebody sends him away".into(),
        What::TimedOut { .. } => "nobody answered in time".into(),
        What::Confirmed => "knows that its answer counts".into(),
        What::Delivered => "reached the house".into(),
        What::Ended => "is quiet".into(),
        What::Established { .. } => "knows that the other knows".into(),
        other => format!("{other:?}"),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (there, back) = (Bytes::default(), Bytes::default());
    let uart = |incoming: &Bytes, outgoing: &Bytes| Uart {
        incoming: incoming.clone(),
        outgoing: outgoing.clone(),
        count: 0,
    };
    // A chip without a store for its epoch says 0: it draws one from the other side.
    let (bell, house) = (Device { id: 1, epoch: 0 }, Device { id: 2, epoch: 1 });
    let mut bell = Phone::new("bell", bell, "house", uart(&back, &there), now)?;
    let mut house = Phone::new("house", house, "bell", uart(&there, &back), now)?;
    let (mut presses, mut answer) = (0, None);
    while now() < 14_900 {
        TICKS.fetch_add(1, Ordering::Relaxed);

        // The doorbell's loop. The button is pressed every five seconds.
        if let Some((_, what)) = bell.turn() {
            tell("bell", &words(what));
        }
        if now() >= 5_000 * presses && bell.is_linked() {
            presses += 1;
            let timeout = Some(3_000);
            let invite = Invite { invitees: &["house"], data: b"ding dong", timeout, ..Invite::default() };
            bell.engine.invite(now(), &invite)?;
            tell("bell", "the button is pressed");
        }

        // The house's loop. Somebody answers after a second, but the third time nobody is at home.
        if let Some((id, what)) = house.turn() {
            tell("house", &words(what));
            if what == What::New && presses < 3 {
                answer = Some((now() + 1_000, id));
            }
        }
        if let Some((_, id)) = answer.take_if(|(at, _)| now() >= *at) {
            match presses {
                1 => house.engine.accept(now(), id, b"coming")?,
                _ => house.engine.reject(now(), id, false, b"go away")?,
            }
        }
    }
    println!("One side, with room for four calls, takes {} bytes.", size_of_val(&bell));
    Ok(())
}
