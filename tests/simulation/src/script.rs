//! What people do and what breaks, drawn from a seed.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::cast::{EIGHT, MOST, TWO, Who};
use crate::condition::{Condition, Crash, Plot};

/// What a person does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Press {
    /// Accepts.
    Accept,
    /// Rejects.
    Reject,
    /// Rejects, being in another call.
    Busy,
    /// Takes it back.
    Cancel,
    /// Changes what it is about.
    Modify,
}

/// One invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Call {
    /// Which device invites.
    pub(crate) from: Who,
    /// Whom.
    pub(crate) invitees: &'static [&'static str],
    /// The time limit in ms.
    pub(crate) limit: Option<u32>,
}

/// What happens at some time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happening {
    /// The call of that number is made.
    Invite(usize),
    /// A person does something about a call on that device, if he can.
    Act(Who, usize, Press),
    /// The link of the device goes, or comes back.
    Cut(Who),
    Mend(Who),
    /// The device stops, and starts again after so many ms; or never.
    Crash(Who, Option<u64>),
    /// The relay restarts with nothing.
    RelayRestart,
    /// From now on nothing is lost any more.
    Heal,
}

/// One run: when what happens, in ms from its start.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) calls: Vec<Call>,
    pub(crate) happenings: Vec<(u64, Happening)>,
    /// Who is there only later.
    pub(crate) late: Option<(Who, u64)>,
    pub(crate) rates: [f64; MOST],
}

/// When the links stop losing frames.
pub(crate) const HEAL: u64 = 120_000;

impl Script {
    pub(crate) fn draw(condition: &Condition, seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed ^ 0x5eed);
        let happenings = vec![(HEAL, Happening::Heal)];
        let mut script = Self { calls: Vec::new(), happenings, late: None, rates: [1.0; MOST] };
        script.plot(condition, &mut rng);
        script.breakages(condition, &mut rng);
        script.crashes(condition, &mut rng);
        script.happenings.sort_by_key(|(at, _)| *at);
        script
    }

    fn plot(&mut self, condition: &Condition, rng: &mut SmallRng) {
        match condition.plot {
            Plot::Call => self.call(condition, 0, 0, TWO, rng),
            Plot::Group => self.call(condition, 0, 0, EIGHT, rng),
            Plot::Several => {
                for _ in 0..4 {
                    let from = rng.random_range(0..condition.cast().len());
                    let other: &[&str] = if from % 2 == 0 { &["bob"] } else { &["alice"] };
                    self.call(condition, from, rng.random_range(0..6_000), other, rng);
                }
            }
            Plot::Crowd => {
                for from in [0, 4, 0, 4, 0, 4, 0, 4, 0, 4] {
                    let invitees = if rng.random_bool(0.5) { TWO } else { &TWO[..1] };
                    self.call(condition, from, rng.random_range(0..15_000), invitees, rng);
                }
            }
            Plot::Glare => {
                let first = rng.random_range(0..2);
                let within = [300, 4_000][rng.random_range(0..2)];
                for (from, at) in [(first, 0), (1 - first, rng.random_range(0..within))] {
                    let other: &[&str] = if from == 0 { &["bob"] } else { &["alice"] };
                    self.call(condition, from, at, other, rng);
                }
            }
        }
        let single = matches!(condition.plot, Plot::Call | Plot::Group);
        if single && rng.random_bool(if condition.hasty { 0.6 } else { 0.15 }) {
            let callees = 1..condition.cast().len();
            self.late = Some((rng.random_range(callees), rng.random_range(1_000..6_000)));
        }
        if condition.hasty {
            self.take_back(rng);
        }
    }

    /// Who called takes it back.
    fn take_back(&mut self, rng: &mut SmallRng) {
        for call in 0..self.calls.len() {
            let made = self.happenings.iter().find(|(_, what)| *what == Happening::Invite(call));
            let made = made.map_or(0, |(at, _)| *at).max(self.late.map_or(0, |(_, at)| at));
            let at = made + rng.random_range(50..1_500);
            if rng.random_bool(0.5) {
                self.happenings.push((at, Happening::Act(self.calls[call].from, call, Press::Cancel)));
            }
        }
    }

    /// A call, and what people do about it.
    fn call(
        &mut self,
        condition: &Condition,
        from: Who,
        at: u64,
        invitees: &'static [&'static str],
        rng: &mut SmallRng,
    ) {
        let call = self.calls.len();
        let limit = (!rng.random_bool(0.1)).then(|| rng.random_range(5_000..15_000));
        self.calls.push(Call { from, invitees, limit });
        self.happenings.push((at, Happening::Invite(call)));
        let mut press = |from: u64, to: u64, who, press, rng: &mut SmallRng| {
            self.happenings.push((at + rng.random_range(from..to), Happening::Act(who, call, press)));
        };
        for (who, (user, _)) in condition.cast().iter().enumerate() {
            if !invitees.contains(user) {
                continue;
            }
            let Some(answer) = answer(rng) else { continue };
            press(300, 8_000, who, answer, rng);
            if rng.random_bool(0.05) {
                press(300, 8_000, who, Press::Modify, rng);
            }
        }
        if limit.is_none() || rng.random_bool(0.15) {
            press(500, 15_000, from, Press::Cancel, rng);
        }
        if limit.is_none() {
            // Who could not, does it later.
            press(30_000, 40_000, from, Press::Cancel, rng);
        }
        if rng.random_bool(0.15) {
            press(500, 6_000, from, Press::Modify, rng);
        }
        if condition.observer && rng.random_bool(0.3) {
            let what = if rng.random_bool(0.5) { Press::Cancel } else { Press::Modify };
            press(500, 8_000, condition.cast().len() - 1, what, rng);
        }
    }

    fn breakages(&mut self, condition: &Condition, rng: &mut SmallRng) {
        let (slow, fast) = condition.clock;
        for rate in &mut self.rates {
            *rate = if slow < fast { rng.random_range(slow..fast) } else { slow };
        }
        if condition.cut > 0 {
            for _ in 0..rng.random_range(1..=2) {
                let who = rng.random_range(0..condition.cast().len());
                let from = rng.random_range(0..8_000);
                self.happenings.push((from, Happening::Cut(who)));
                self.happenings.push((from + rng.random_range(500..condition.cut), Happening::Mend(who)));
            }
        }
        if condition.relay_crash {
            self.happenings.push((rng.random_range(100..8_000), Happening::RelayRestart));
        }
    }

    fn crashes(&mut self, condition: &Condition, rng: &mut SmallRng) {
        let mut crash = |who, down, rng: &mut SmallRng| {
            self.happenings.push((rng.random_range(100..8_000), Happening::Crash(who, down)));
        };
        match condition.crash {
            Crash::None => {}
            Crash::Callee => crash(rng.random_range(1..4), Some(250), rng),
            Crash::Answer => self.crash_at_answer(rng),
            Crash::Inviter => crash(0, Some(250), rng),
            Crash::Death => crash(0, None, rng),
            Crash::Durable => {
                for _ in 0..rng.random_range(1..=3) {
                    crash(0, Some(rng.random_range(100..5_000)), rng);
                }
            }
        }
    }
}

impl Script {
    /// The device of one who accepts restarts meanwhile; where it rings again, he accepts again.
    fn crash_at_answer(&mut self, rng: &mut SmallRng) {
        let accepts = |(at, happening): &(u64, Happening)| match happening {
            Happening::Act(who, call, Press::Accept) => Some((*at, *who, *call)),
            _ => None,
        };
        let Some((at, who, call)) = self.happenings.iter().find_map(accepts) else { return };
        let crash = at + rng.random_range(0..300);
        let again = crash + rng.random_range(700..3_000);
        self.happenings.push((crash, Happening::Crash(who, Some(50))));
        self.happenings.push((again, Happening::Act(who, call, Press::Accept)));
    }
}

fn answer(rng: &mut SmallRng) -> Option<Press> {
    match rng.random_range(0..20) {
        0..10 => Some(Press::Accept),
        10..13 => Some(Press::Reject),
        13 => Some(Press::Busy),
        _ => None,
    }
}
