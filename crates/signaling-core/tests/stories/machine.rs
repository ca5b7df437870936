//! The rules of one invitation alone, with no engine in between (protocol sections 5 and 6).

mod holder;
mod origin;
mod report;
mod states;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use signaling_core::Device;
use signaling_core::machine::{Fx, Mask, Reply, Tell, Timer, To};

const PHONE: Device = Device { id: 2, epoch: 1 };
const CAR: Device = Device { id: 3, epoch: 1 };

/// What the machine wanted done.
#[derive(Default, PartialEq, Debug)]
struct Wants {
    sent: Vec<To>,
    replies: Vec<Reply>,
    told: Vec<Tell>,
    armed: Vec<Timer>,
    numbers: Vec<u32>,
}

impl Fx for Wants {
    fn send(&mut self, to: To) {
        self.sent.push(to);
    }
    fn reply(&mut self, reply: Reply) {
        self.replies.push(reply);
    }
    fn tell(&mut self, tell: Tell) {
        self.told.push(tell);
    }
    fn arm(&mut self, timer: Timer) {
        self.armed.push(timer);
    }
    fn number(&mut self) -> u32 {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        self.numbers.push(number);
        number
    }
}

/// What that lets the machine do.
fn wants(act: impl FnOnce(&mut Wants)) -> Wants {
    let mut wants = Wants::default();
    act(&mut wants);
    wants
}

#[test]
fn a_mask_is_a_set_of_slots() {
    let sets = [vec![], vec![0], vec![5], vec![0, 5, 63], vec![5, 6, 62, 63]].map(BTreeSet::from_iter);
    let mask = |set: &BTreeSet<u8>| set.iter().copied().collect::<Mask>();
    let set = |mask: Mask| mask.iter().collect::<BTreeSet<u8>>();
    for one in &sets {
        assert_eq!(
            (set(mask(one)), mask(one).len(), mask(one).is_empty()),
            (one.clone(), one.len() as u32, one.is_empty())
        );
        for other in &sets {
            assert_eq!(set(mask(one).or(mask(other))), one | other);
            assert_eq!(set(mask(one).and(mask(other))), one & other);
            assert_eq!(set(mask(one).without(mask(other))), one - other);
        }
    }
    let mut grows = Mask::EMPTY;
    assert!(grows.add(63) && !grows.add(63) && grows.has(63));
    assert_eq!((grows.bits(), Mask::one(64)), (1 << 63, Mask::EMPTY));
}
