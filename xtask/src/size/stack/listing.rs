//! What the disassembler says of a program.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::{capture, component, root};

/// One instruction, as the disassembler spells it.
pub(super) struct Instruction<'a> {
    pub(super) at: u32,
    /// As `add.w`.
    pub(super) op: &'a str,
    /// As `r0`, `#0x8`, `[sp, #0x4]`, `{r4, lr}`.
    pub(super) args: Vec<&'a str>,
}

/// The disassembler of the toolchain in use, which is added to it.
pub(in crate::size) fn disassembler() -> Result<PathBuf> {
    component("llvm-tools")?;
    let libraries = capture(Command::new("rustc").args(["--print", "target-libdir"]).current_dir(root()))?;
    let host = Path::new(libraries.trim()).parent().context("rustc names no folder of its libraries")?;
    Ok(host.join("bin/llvm-objdump"))
}

/// The listing of a linked program.
pub(super) fn disassemble(program: &Path, disassembler: &Path) -> Result<String> {
    capture(
        Command::new(disassembler)
            .args(["--disassemble", "--no-show-raw-insn", "--print-imm-hex"])
            .arg(program),
    )
}

/// The instructions of a listing; data between them is left out.
pub(super) fn parse(listing: &str) -> Vec<Instruction<'_>> {
    listing.lines().filter_map(instruction).collect()
}

/// A line such as `100001fe: add r7, sp, #0x8`, with tabs before its fields; behind `@`, `#` or `<` there may be a remark.
fn instruction(line: &str) -> Option<Instruction<'_>> {
    let mut fields = line.split('\t');
    let at = u32::from_str_radix(fields.next()?.trim().strip_suffix(':')?, 16).ok()?;
    let op = fields.next()?.trim();
    let operands = fields.next().unwrap_or_default();
    let end = operands.find(['@', '<']).or_else(|| operands.find(" # ")).unwrap_or(operands.len());
    Some(Instruction { at, op, args: split(&operands[..end]) })
}

/// At the commas that are in no bracket.
fn split(operands: &str) -> Vec<&str> {
    let mut depth = 0;
    let fields = operands.split(|letter| {
        depth += i32::from(matches!(letter, '[' | '{')) - i32::from(matches!(letter, ']' | '}'));
        letter == ',' && depth == 0
    });
    fields.map(str::trim).filter(|field| !field.is_empty()).collect()
}

/// `#0x10`, `-0x10` or `16`.
pub(super) fn number(text: &str) -> Option<i32> {
    let text = text.trim().trim_start_matches('#');
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let size = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16),
        None => digits.parse(),
    };
    // Addresses take all 32 bits.
    Some((sign * size.ok()?) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_told_from_remarks_and_data() {
        let read = parse(
            "\n00000100 <main>:\n     100:      \tpush\t{r4, lr}\n     102:      \tldr\tr0, [pc, #0x20]         @ 0x124 <main+0x24>\n\
             \x20    104:      \tbl\t0x200 <f, g> @ imm = #0xf8\n     124: 00 00 00 20  \t.word\t0x20000000\n",
        );
        let spelt: Vec<_> = read.iter().map(|one| (one.at, one.op, one.args.join("|"))).collect();
        let expected = [
            (0x100, "push", "{r4, lr}".to_string()),
            (0x102, "ldr", "r0|[pc, #0x20]".into()),
            (0x104, "bl", "0x200".into()),
        ];
        assert_eq!(spelt, expected);
    }

    #[test]
    fn numbers_are_read_in_each_spelling() {
        assert_eq!(
            ["#0x10", "-0x10", "#-4", "0xff901", "r1"].map(number),
            [Some(16), Some(-16), Some(-4), Some(0xff901), None]
        );
    }
}
