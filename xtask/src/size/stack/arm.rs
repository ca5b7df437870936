//! The instructions of a Cortex-M.

use super::effect::{Effect, Flow, Growth, Source, Target, load, place};
use super::listing::{Instruction, number};

const CONDITIONS: [&str; 14] =
    ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"];
/// What is looked at; of all else only which register it writes.
const FOLLOWED: [&str; 25] = [
    "add", "addw", "b", "bl", "blx", "bx", "cbnz", "cbz", "ldm", "ldr", "ldrd", "mov", "movt", "movw", "pop",
    "push", "stm", "str", "strd", "sub", "subw", "tbb", "tbh", "vpop", "vpush",
];
/// These write no register.
const READERS: [&str; 14] =
    ["bkpt", "cmn", "cmp", "cps", "dmb", "dsb", "isb", "it", "msr", "nop", "st", "svc", "teq", "tst"];
/// These write two.
const TWO: [&str; 6] = ["smlal", "smull", "umaal", "umlal", "umull", "vmov"];

/// What it does; none if that cannot be told. `word` gives what stands at an address.
pub(super) fn decode(one: &Instruction<'_>, word: &dyn Fn(u32) -> Option<u32>) -> Option<Effect> {
    let name = one.op.split('.').next()?;
    let (stem, suffix) = name.split_at(name.len().saturating_sub(2));
    if !FOLLOWED.contains(&name) && CONDITIONS.contains(&suffix) && FOLLOWED.contains(&stem) {
        return always(stem, one, word).map(Effect::perhaps);
    }
    always(name, one, word)
}

fn always(name: &str, one: &Instruction<'_>, word: &dyn Fn(u32) -> Option<u32>) -> Option<Effect> {
    let args = &one.args[..];
    let first = args.first().copied().unwrap_or_default();
    let last = args.last().copied().unwrap_or_default();
    match name {
        "push" | "vpush" => Effect::growth(Growth::By(size(&registers(last)?))),
        "pop" | "vpop" => Some(pop(&registers(last)?)),
        "sub" | "subw" if first == "sp" => Effect::growth(by(last, 1)),
        "add" | "addw" if first == "sp" => Effect::growth(by(last, -1)),
        // The end of a function, which knows from another register how deep it began.
        "mov" if first == "sp" => Some(Effect::default()),
        "mov" | "add" if first == "pc" => Effect::flow(Flow::Table),
        "mov" => Effect::write(first, Source::Copy(last.into())),
        "movw" => Effect::write(first, Source::Constant(number(last)?.cast_unsigned())),
        "movt" => Effect::write(first, Source::Plus(first.into(), number(last)? << 16)),
        "ldr" | "ldrd" | "str" | "strd" => memory(name, one, word),
        "ldm" | "stm" => several(name, first, &registers(last)?),
        "bl" => Effect::flow(Flow::Call(Target::At(number(first)?.cast_unsigned()))),
        "blx" => Effect::flow(Flow::Call(Target::Through(first.into(), 0))),
        "bx" if first == "lr" => Effect::flow(Flow::Return),
        "bx" => Effect::flow(Flow::Jump(Target::Through(first.into(), 0))),
        "b" => Effect::flow(Flow::Jump(Target::At(number(first)?.cast_unsigned()))),
        "cbz" | "cbnz" => Effect::flow(Flow::Branch(number(last)?.cast_unsigned())),
        "tbb" | "tbh" => Effect::flow(Flow::Table),
        "trap" | "udf" => Effect::flow(Flow::Return),
        _ => other(name, args),
    }
}

/// The list in `{r4, lr}`.
fn registers(list: &str) -> Option<Vec<&str>> {
    let list = list.strip_prefix('{')?.strip_suffix('}')?;
    (!list.contains('-')).then(|| list.split(',').map(str::trim).collect())
}

fn size(registers: &[&str]) -> i32 {
    registers.iter().map(|register| if register.starts_with('d') { 8 } else { 4 }).sum()
}

fn pop(list: &[&str]) -> Effect {
    let flow = if list.contains(&"pc") { Flow::Return } else { Flow::On };
    let writes = list.iter().map(|register| (register.to_string(), Source::Unknown)).collect();
    Effect { growth: Growth::By(-size(list)), writes, flow }
}

fn by(operand: &str, sign: i32) -> Growth {
    number(operand).map_or_else(|| Growth::Register(operand.into(), sign), |bytes| Growth::By(sign * bytes))
}

/// Where an operand in brackets points.
struct Address<'a> {
    base: &'a str,
    /// None if a register says so.
    offset: Option<i32>,
    /// By how much the base moves.
    moves: Option<i32>,
}

/// The operand in brackets, and those before it.
fn address<'a, 'b>(args: &'b [&'a str]) -> Option<(&'b [&'a str], Address<'a>)> {
    let at = args.iter().position(|arg| arg.starts_with('['))?;
    let (inside, behind) = args[at][1..].split_once(']')?;
    let (base, offset) =
        inside.split_once(',').map_or((inside, Some(0)), |(base, offset)| (base, number(offset)));
    let moves = if behind == "!" { offset } else { args.get(at + 1).and_then(|after| number(after)) };
    Some((&args[..at], Address { base, offset, moves }))
}

fn memory(name: &str, one: &Instruction<'_>, word: &dyn Fn(u32) -> Option<u32>) -> Option<Effect> {
    let (registers, Address { base, offset, moves }) = address(&one.args)?;
    let mut effect = Effect::default();
    for (register, further) in registers.iter().zip([0, 4]) {
        let offset = offset.filter(|_| moves.is_none() || base != "sp").map(|offset| offset + further);
        if name.starts_with("st") {
            let place = offset.and_then(|offset| place(base, offset));
            effect.writes.extend(place.map(|place| (place, Source::Copy(register.to_string()))));
            continue;
        }
        let source = match offset {
            Some(offset) if base == "pc" => literal(one.at, offset, word),
            Some(offset) => load(base, offset),
            None => Source::Unknown,
        };
        effect.writes.push((register.to_string(), source));
    }
    match (base, moves) {
        ("sp", Some(bytes)) => effect.growth = Growth::By(-bytes),
        (_, Some(_)) => effect.writes.push((base.into(), Source::Unknown)),
        (_, None) => {}
    }
    match registers {
        ["pc"] if base == "sp" => effect.flow = Flow::Return,
        ["pc"] => return None,
        _ => {}
    }
    Some(effect)
}

/// A constant behind the code.
fn literal(at: u32, offset: i32, word: &dyn Fn(u32) -> Option<u32>) -> Source {
    word(((at + 4) & !3).wrapping_add_signed(offset)).map_or(Source::Unknown, Source::Constant)
}

fn several(name: &str, base: &str, list: &[&str]) -> Option<Effect> {
    let mut effect = Effect::default();
    let register = base.trim_end_matches('!');
    for (register_in_list, offset) in list.iter().zip((0..).step_by(4)) {
        if name == "ldm" {
            effect.writes.push((register_in_list.to_string(), load(register, offset)));
        } else if let Some(place) = place(register, offset) {
            effect.writes.push((place, Source::Copy(register_in_list.to_string())));
        }
    }
    if base.ends_with('!') {
        effect.writes.push((register.into(), Source::Unknown));
    }
    (base != "sp!").then_some(effect)
}

/// Anything else: which registers it writes. None if the stack pointer is one of them.
fn other(name: &str, args: &[&str]) -> Option<Effect> {
    let written = match () {
        () if READERS.iter().any(|reader| name.starts_with(reader)) => 0,
        () if TWO.contains(&name) => 2,
        () => 1,
    };
    let moved = address(args).filter(|(_, address)| address.moves.is_some()).map(|(_, address)| address.base);
    let registers = args.iter().copied().take(written).chain(moved);
    let writes: Vec<_> = registers.map(|register| (register.to_string(), Source::Unknown)).collect();
    let follows = writes.iter().all(|(register, _)| register != "sp");
    follows.then(|| Effect { writes, ..Effect::default() })
}
