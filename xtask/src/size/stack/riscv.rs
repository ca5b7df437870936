//! The instructions of a RISC-V of 32 bits.

use super::effect::{Effect, Flow, Growth, Source, Target, load, place};
use super::listing::{Instruction, number};

/// What it does; none if that cannot be told.
pub(super) fn decode(one: &Instruction<'_>) -> Option<Effect> {
    let args = &one.args[..];
    let first = args.first().copied().unwrap_or_default();
    let last = args.last().copied().unwrap_or_default();
    match one.op {
        "ret" | "mret" | "unimp" | "ebreak" => Effect::flow(Flow::Return),
        "j" => Effect::flow(Flow::Jump(Target::At(number(last)?.cast_unsigned()))),
        "jal" => Effect::flow(Flow::Call(Target::At(number(last)?.cast_unsigned()))),
        "jr" => Effect::flow(Flow::Jump(through(last)?)),
        "jalr" => Effect::flow(Flow::Call(through(last)?)),
        "sw" => Some(store(first, last)),
        "sb" | "sh" | "nop" | "wfi" | "fence" | "fence.i" => Some(Effect::default()),
        op if op.starts_with('b') => Effect::flow(Flow::Branch(number(last)?.cast_unsigned())),
        op if first == "sp" => stack(op, args),
        "li" => Effect::write(first, Source::Constant(number(last)?.cast_unsigned())),
        "lui" => Effect::write(first, Source::Constant(upper(last)?)),
        "auipc" => Effect::write(first, Source::Constant(one.at.wrapping_add(upper(last)?))),
        "addi" => Effect::write(first, Source::Plus(args.get(1)?.to_string(), number(last)?)),
        "mv" => Effect::write(first, Source::Copy(last.into())),
        "lw" => {
            Effect::write(first, address(last).map_or(Source::Unknown, |(base, offset)| load(base, offset)))
        }
        _ => Effect::write(first, Source::Unknown),
    }
}

/// What writes the stack pointer.
fn stack(op: &str, args: &[&str]) -> Option<Effect> {
    let growth = match (op, &args[1..]) {
        ("addi", ["sp", bytes]) => Growth::By(-number(bytes)?),
        // The end of a function, which knows from another register how deep it began.
        ("addi", ["s0", _]) => Growth::None,
        ("sub", ["sp", register]) => Growth::Register(register.to_string(), 1),
        ("add", ["sp", register]) => Growth::Register(register.to_string(), -1),
        // Down to the next multiple.
        ("andi", ["sp", mask]) => Growth::By(!number(mask)?),
        ("auipc" | "lui", _) => Growth::UpperHalf,
        ("andi" | "lw", _) => Growth::Anew,
        _ => return None,
    };
    Effect::growth(growth)
}

fn upper(operand: &str) -> Option<u32> {
    Some(number(operand)?.cast_unsigned() << 12)
}

/// `0x8(a0)` as its register and its number.
fn address(operand: &str) -> Option<(&str, i32)> {
    let (offset, base) = operand.strip_suffix(')')?.split_once('(')?;
    Some((base, number(offset)?))
}

/// `a0` or `0x8(a0)`.
fn through(operand: &str) -> Option<Target> {
    let (base, offset) = if operand.contains('(') { address(operand)? } else { (operand, 0) };
    Some(Target::Through(base.into(), offset))
}

fn store(register: &str, to: &str) -> Effect {
    let place = address(to).and_then(|(base, offset)| place(base, offset));
    let writes = place.map(|place| (place, Source::Copy(register.into()))).into_iter().collect();
    Effect { writes, ..Effect::default() }
}
