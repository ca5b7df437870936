//! What people do and what breaks in one call, drawn from its seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::condition::Condition;

/// A device of the cast, by its place in [`CAST`].
pub(crate) type Who = usize;

/// Who takes part: user and label. The first invites `bob` and `carol`; her desk is there in some rows.
pub(crate) const CAST: [(&str, &str); 5] =
    [("alice", "door"), ("bob", "kitchen"), ("bob", "car"), ("carol", "phone"), ("alice", "desk")];
/// Who is invited.
pub(crate) const INVITEES: [&str; 2] = ["bob", "carol"];
/// The devices of invitees.
pub(crate) const CALLEES: std::ops::Range<Who> = 1..4;
/// The inviter's other device.
pub(crate) const DESK: Who = 4;

/// What a person does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    Accept,
    Reject,
    Cancel,
    Modify,
}

/// What happens at some time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happening {
    /// A person does something on that device, if he can.
    Act(Who, Act),
    /// The link of the device goes, or comes back.
    Cut(Who),
    Mend(Who),
    /// The device restarts with nothing but its id.
    Restart(Who),
    /// The relay restarts with nothing.
    RelayRestart,
    /// From now on nothing is lost any more.
    Heal,
}

/// One call: when what happens, in ms from its start.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) timeout: Option<u32>,
    pub(crate) happenings: Vec<(u64, Happening)>,
    /// Who is there only later.
    pub(crate) late: Option<(Who, u64)>,
    pub(crate) rates: [f64; CAST.len()],
}

/// When the links stop losing frames.
pub(crate) const HEAL: u64 = 120_000;

impl Script {
    pub(crate) fn draw(condition: &Condition, seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed ^ 0x5eed);
        let mut happenings = vec![(HEAL, Happening::Heal)];
        let timeout = (!rng.random_bool(0.1)).then(|| rng.random_range(5_000..15_000));
        for who in CALLEES {
            answer(who, &mut rng, &mut happenings);
        }
        if timeout.is_none() || rng.random_bool(0.15) {
            happenings.push((rng.random_range(500..15_000), Happening::Act(0, Act::Cancel)));
        }
        if rng.random_bool(0.15) {
            happenings.push((rng.random_range(500..6_000), Happening::Act(0, Act::Modify)));
        }
        let late = rng.random_bool(0.15).then(|| (rng.random_range(CALLEES), rng.random_range(1_000..6_000)));
        let mut script = Self { timeout, happenings, late, rates: [1.0; CAST.len()] };
        script.breakages(condition, &mut rng);
        script.happenings.sort_by_key(|(at, _)| *at);
        script
    }

    fn breakages(&mut self, condition: &Condition, rng: &mut SmallRng) {
        let (slow, fast) = condition.clock;
        for rate in &mut self.rates {
            *rate = if slow < fast { rng.random_range(slow..fast) } else { slow };
        }
        if condition.cut > 0 {
            let (who, from) = (rng.random_range(0..CALLEES.end), rng.random_range(0..8_000));
            self.happenings.push((from, Happening::Cut(who)));
            self.happenings.push((from + rng.random_range(500..condition.cut), Happening::Mend(who)));
        }
        if condition.relay_crash {
            self.happenings.push((rng.random_range(100..8_000), Happening::RelayRestart));
        }
        if condition.device_crash {
            let who = rng.random_range(CALLEES);
            self.happenings.push((rng.random_range(100..8_000), Happening::Restart(who)));
        }
        if condition.observer && rng.random_bool(0.3) {
            let act = if rng.random_bool(0.5) { Act::Cancel } else { Act::Modify };
            self.happenings.push((rng.random_range(500..8_000), Happening::Act(DESK, act)));
        }
    }
}

fn answer(who: Who, rng: &mut SmallRng, happenings: &mut Vec<(u64, Happening)>) {
    let act = match rng.random_range(0..10) {
        0..5 => Act::Accept,
        5..7 => Act::Reject,
        _ => return,
    };
    happenings.push((rng.random_range(300..8_000), Happening::Act(who, act)));
    if rng.random_bool(0.05) {
        happenings.push((rng.random_range(300..8_000), Happening::Act(who, Act::Modify)));
    }
}
