//! Goes through a function: how deep its stack gets, and how deep it is at each call.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};

use super::effect::{Effect, Flow, Growth, Source, Target};
use super::image::{Chip, Function, Image};
use super::listing::Instruction;
use super::{arm, riscv};

/// What a register may hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Value {
    Constant(u32),
    /// What stands so many bytes behind where something pointed.
    Slot(i32),
    /// What the caller has in a register, by its number.
    Given(usize),
}

/// One of them; nothing is known if there is none.
pub(super) type Values = BTreeSet<Value>;

/// A call, or a jump to another function.
pub(super) struct Call {
    /// The address of the instruction.
    pub(super) at: u32,
    /// Bytes that are on the stack then.
    pub(super) depth: i32,
    pub(super) to: Callee,
    /// What the registers hold then, as far as that is known.
    pub(super) given: Vec<Values>,
}

pub(super) enum Callee {
    At(u32),
    /// Through a pointer.
    Pointer(Values),
}

/// What was found in a function.
#[derive(Default)]
pub(super) struct Scanned {
    /// Bytes of stack that it takes at most.
    pub(super) frame: i32,
    pub(super) calls: Vec<Call>,
    /// Constants that it makes: some are addresses.
    pub(super) constants: BTreeSet<u32>,
    /// Bytes that it leaves on the stack, if it is a piece of code that several functions share.
    left: i32,
}

/// The times that a function is gone through at most.
const ROUNDS: usize = 50;

/// Bytes that shared pieces of code leave on the stack, by their address.
type Left = HashMap<u32, i32>;

/// Goes through all of them.
pub(super) fn all(image: &Image, instructions: &[Instruction<'_>]) -> Result<Vec<Scanned>> {
    let mut left = Left::new();
    for function in image.functions.iter().filter(|function| is_shared(function)) {
        left.insert(function.code.start, scan(image, function, instructions, &Left::new())?.left);
    }
    image.functions.iter().map(|function| scan(image, function, instructions, &left)).collect()
}

/// Whether the compiler made it of what several functions have in common, even their beginnings and ends.
fn is_shared(function: &Function) -> bool {
    function.is(|name| name.starts_with("OUTLINED_FUNCTION_"))
}

/// Goes through one of them until what is known at its loops is true each time round.
fn scan(
    image: &Image,
    function: &Function,
    instructions: &[Instruction<'_>],
    left: &Left,
) -> Result<Scanned> {
    let from = instructions.partition_point(|one| one.at < function.code.start);
    let to = instructions.partition_point(|one| one.at < function.code.end);
    let mut loops = States::new();
    for _ in 0..ROUNDS {
        let mut scan = Scan::new(image, function, left, loops);
        scan.through(&instructions[from..to])?;
        if scan.loops == scan.back {
            return Ok(scan.found);
        }
        loops = scan.back;
    }
    bail!("the stack of {} gets deeper each time round a loop", function.name())
}

/// What is known at some instruction.
#[derive(Clone, PartialEq, Eq)]
struct State {
    depth: i32,
    /// The stack pointer is not whole yet.
    half: bool,
    known: BTreeMap<String, Values>,
}

/// The registers that a function may be given something in.
fn registers(chip: Chip) -> &'static [&'static str] {
    match chip {
        Chip::Arm => &["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12"],
        Chip::Riscv => {
            &["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "s1", "s2", "s3", "s4", "s5", "s6", "s7"]
        }
    }
}

impl State {
    fn first(chip: Chip) -> Self {
        let named = registers(chip).iter().enumerate();
        let known = named.map(|(n, name)| (name.to_string(), Values::from([Value::Given(n)]))).collect();
        Self { depth: 0, half: false, known }
    }

    /// What is true on both ways.
    fn merge(mut self, other: &Self) -> Self {
        self.depth = self.depth.max(other.depth);
        self.known.retain(|name, _| other.known.contains_key(name));
        for (name, values) in &mut self.known {
            values.extend(&other.known[name]);
        }
        self
    }

    fn grow(&mut self, growth: &Growth) -> Result<()> {
        let half = std::mem::take(&mut self.half);
        match growth {
            Growth::By(_) if half => {}
            Growth::By(bytes) => self.depth += bytes,
            Growth::Register(name, sign) => {
                let bytes = self.constant(name).context("by how many bytes is not known")?;
                self.depth += sign * bytes.cast_signed();
            }
            Growth::Anew => self.depth = 0,
            Growth::UpperHalf => (self.depth, self.half) = (0, true),
            Growth::None => self.half = half,
        }
        Ok(())
    }

    fn constant(&self, name: &str) -> Option<u32> {
        let mut values = self.known.get(name)?.iter();
        match (values.next(), values.next()) {
            (Some(Value::Constant(constant)), None) => Some(*constant),
            _ => None,
        }
    }

    fn value(&self, source: Source) -> Option<Values> {
        match source {
            Source::Constant(constant) => Some(Values::from([Value::Constant(constant)])),
            Source::Copy(name) => self.known.get(&name).cloned(),
            Source::Plus(name, more) => {
                let sum = self.constant(&name)?.wrapping_add_signed(more);
                Some(Values::from([Value::Constant(sum)]))
            }
            // A variable with a name may hold anything.
            Source::Load(base, _) if self.constant(&base).is_some() => None,
            Source::Load(_, offset) => (offset >= 0).then(|| Values::from([Value::Slot(offset)])),
            Source::Unknown => None,
        }
    }

    /// Forgets what a call may change.
    fn forget(&mut self) {
        let saved = ["r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11"];
        self.known
            .retain(|name, _| name.starts_with('s') || name.contains(['+', '-']) || saved.contains(&&**name));
    }
}

/// What is known, by address.
type States = BTreeMap<u32, State>;

struct Scan<'a> {
    image: &'a Image,
    function: &'a Function,
    left: &'a Left,
    /// What is known where jumps go to, further on.
    ahead: States,
    /// The same, further back.
    back: States,
    /// That of the time before.
    loops: States,
    /// What is known at the jumps by a table.
    tables: Option<State>,
    /// The last constant of each register, as the code stands there.
    halves: HashMap<String, u32>,
    found: Scanned,
}

impl<'a> Scan<'a> {
    fn new(image: &'a Image, function: &'a Function, left: &'a Left, loops: States) -> Self {
        let (ahead, back, halves, found) = Default::default();
        Self { image, function, left, ahead, back, loops, tables: None, halves, found }
    }

    fn through(&mut self, instructions: &[Instruction<'_>]) -> Result<()> {
        let mut state = Some(State::first(self.image.chip));
        for one in instructions {
            let at =
                || format!("{:#x}: {} {} in {}", one.at, one.op, one.args.join(", "), self.function.name());
            let effect = self.decode(one);
            let effect =
                effect.with_context(|| format!("cannot tell what this does to the stack: {}", at()))?;
            let mut now = self.arrive(one.at, state.take());
            now.grow(&effect.growth).with_context(at)?;
            self.found.frame = self.found.frame.max(now.depth);
            self.write(&mut now, effect.writes);
            state = self.follow(one.at, effect.flow, now);
        }
        if let Some(state) = state.filter(|_| !self.function.ends) {
            let next = self.function.code.end;
            self.call(next, Callee::At(next), &state);
        }
        Ok(())
    }

    fn decode(&self, one: &Instruction<'_>) -> Option<Effect> {
        match self.image.chip {
            Chip::Arm => arm::decode(one, &|at| self.image.words.get(&at).copied()),
            Chip::Riscv => riscv::decode(one),
        }
    }

    /// What is known at an address, after what stands before it. Where nothing is seen to lead, a table does.
    fn arrive(&mut self, at: u32, before: Option<State>) -> State {
        let jumped = [self.ahead.remove(&at), self.loops.get(&at).cloned()];
        let known =
            before.into_iter().chain(jumped.into_iter().flatten()).reduce(|one, other| one.merge(&other));
        known.or_else(|| self.tables.clone()).unwrap_or_else(|| State {
            depth: self.found.frame,
            half: false,
            known: BTreeMap::new(),
        })
    }

    fn write(&mut self, state: &mut State, writes: Vec<(String, Source)>) {
        for (name, source) in &writes {
            self.note(name, source);
        }
        let values: Vec<_> = writes.into_iter().map(|(name, source)| (name, state.value(source))).collect();
        for (name, values) in values {
            match values {
                Some(values) => _ = state.known.insert(name, values),
                None => _ = state.known.remove(&name),
            }
        }
    }

    /// Notes a constant, even where it is not certain that the code before makes the half of it.
    fn note(&mut self, name: &str, source: &Source) {
        let constant = match source {
            Source::Constant(constant) => Some(*constant),
            Source::Plus(base, more) => self.halves.get(base).map(|half| half.wrapping_add_signed(*more)),
            _ => None,
        };
        match constant {
            Some(constant) => {
                self.found.constants.insert(constant);
                self.halves.insert(name.into(), constant);
            }
            None => _ = self.halves.remove(name),
        }
    }

    /// Goes on; none if not with the next instruction.
    fn follow(&mut self, at: u32, flow: Flow, mut now: State) -> Option<State> {
        match flow {
            Flow::On => Some(now),
            Flow::Branch(to) => {
                self.jump(at, to, &now);
                Some(now)
            }
            Flow::Jump(target) => {
                self.leave(at, target, &now);
                None
            }
            Flow::Table => {
                self.table(&now);
                None
            }
            Flow::Return => {
                self.found.left = now.depth;
                None
            }
            Flow::Call(target) => match self.callee(target, &now) {
                // A Cortex-M0 jumps far by what is a call elsewhere.
                Callee::At(to) if to != self.function.code.start && self.function.code.contains(&to) => {
                    self.jump(at, to, &now);
                    None
                }
                callee => {
                    self.call_and_return(at, callee, &mut now);
                    Some(now)
                }
            },
        }
    }

    fn call_and_return(&mut self, at: u32, callee: Callee, now: &mut State) {
        let left = if let Callee::At(to) = callee { self.left.get(&to).copied() } else { None };
        self.call(at, callee, now);
        match left {
            None => now.forget(),
            Some(left) => {
                now.depth += left;
                now.known.clear();
                self.found.frame = self.found.frame.max(now.depth);
            }
        }
    }

    fn callee(&self, target: Target, now: &State) -> Callee {
        match target {
            Target::At(to) => Callee::At(to),
            Target::Through(name, more) => match now.constant(&name) {
                Some(constant) if self.image.chip == Chip::Riscv => {
                    Callee::At(constant.wrapping_add_signed(more))
                }
                Some(constant) => Callee::At(constant & !1),
                None => Callee::Pointer(now.known.get(&name).cloned().unwrap_or_default()),
            },
        }
    }

    /// Jumps, and does not come back.
    fn leave(&mut self, at: u32, target: Target, now: &State) {
        // The way back of shared code on a RISC-V.
        let linked = matches!(&target, Target::Through(name, _) if name == "t0");
        match self.callee(target, now) {
            Callee::At(to) => self.jump(at, to, now),
            Callee::Pointer(_) if linked => self.found.left = now.depth,
            // With something of ours on the stack it cannot be another function.
            Callee::Pointer(_) if now.depth > 0 => self.table(now),
            pointer => {
                self.call(at, pointer, now);
                self.table(now);
            }
        }
    }

    fn jump(&mut self, at: u32, to: u32, now: &State) {
        if !self.function.code.contains(&to) {
            return self.call(at, Callee::At(to), now);
        }
        let states = if to > at { &mut self.ahead } else { &mut self.back };
        let met = states.remove(&to).map_or_else(|| now.clone(), |other| other.merge(now));
        states.insert(to, met);
    }

    fn table(&mut self, now: &State) {
        self.tables = Some(self.tables.take().map_or_else(|| now.clone(), |other| other.merge(now)));
    }

    fn call(&mut self, at: u32, to: Callee, now: &State) {
        let given = registers(self.image.chip)
            .iter()
            .map(|name| now.known.get(*name).cloned().unwrap_or_default())
            .collect();
        self.found.calls.push(Call { at, depth: now.depth, to, given });
    }
}
