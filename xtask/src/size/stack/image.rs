//! A linked program: its functions, its constants, and where the chip begins.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Result, bail};
use object::read::elf::ElfFile32;
use object::{
    Architecture, FileFlags, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, SymbolSection,
    elf,
};

use crate::footprint::demangle;

/// What interrupts call is listed in this section of a Cortex-M, and is this function of a RISC-V.
const VECTOR_SECTION: &str = ".vector_table";
const VECTOR_FUNCTION: &str = "_vector_table";
/// What a Cortex-M puts on the stack at an interrupt, and 4 to align it; 26 registers if it computes with floats.
const SAVED: i32 = 8 * 4 + 4;
const SAVED_FLOATS: i32 = 26 * 4 + 4;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Chip {
    Arm,
    Riscv,
}

/// Some code with a name.
pub(super) struct Function {
    pub(super) code: Range<u32>,
    /// More than one if the linker folded them.
    pub(super) names: Vec<String>,
    /// Whether it is known to end there. Else it goes on to what comes next.
    pub(super) ends: bool,
}

impl Function {
    /// Its name, or one of them.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether one of its names is such.
    pub(super) fn is(&self, such: fn(&str) -> bool) -> bool {
        self.names.iter().any(|name| such(name))
    }
}

pub(super) struct Image {
    pub(super) chip: Chip,
    /// By address.
    pub(super) functions: Vec<Function>,
    /// Each word that is in the file, by address.
    pub(super) words: BTreeMap<u32, u32>,
    /// Where constants and variables are.
    pub(super) data: Vec<Range<u32>>,
    pub(super) entry: u32,
    /// What interrupts call.
    pub(super) handlers: BTreeSet<usize>,
    /// Bytes that the chip itself puts on the stack at an interrupt.
    pub(super) saved: i32,
}

impl Image {
    /// Reads a linked program.
    pub(super) fn read(file: &ElfFile32<'_>) -> Result<Self> {
        let chip = match file.architecture() {
            Architecture::Arm => Chip::Arm,
            Architecture::Riscv32 => Chip::Riscv,
            other => bail!("cannot read code of {other:?}"),
        };
        let mut image = Self {
            chip,
            functions: functions(file, chip),
            words: BTreeMap::new(),
            data: Vec::new(),
            entry: file.entry() as u32 & !u32::from(chip == Chip::Arm),
            handlers: BTreeSet::new(),
            saved: saved(file, chip),
        };
        for section in file.sections() {
            image.add(&section)?;
        }
        let vectors = |function: &usize| image.functions[*function].is(|name| name == VECTOR_FUNCTION);
        let vectors: Vec<_> = (0..image.functions.len()).filter(vectors).collect();
        image.handlers.extend(vectors);
        if image.handlers.is_empty() {
            bail!(
                "no section {VECTOR_SECTION}, no function {VECTOR_FUNCTION}: what interrupts do is not known"
            );
        }
        Ok(image)
    }

    fn add<'d>(&mut self, section: &impl ObjectSection<'d>) -> Result<()> {
        let (at, name) = (section.address() as u32, section.name()?);
        if !has(section, elf::SHF_ALLOC) || name == ".stack" {
            return Ok(());
        }
        let words = section.data()?.chunks_exact(4).zip((at..).step_by(4));
        let words = words.map(|(word, at)| (at, u32::from_le_bytes([word[0], word[1], word[2], word[3]])));
        if name == VECTOR_SECTION {
            // The first is where the stack begins, the second where the code does.
            let handlers: Vec<_> = words.skip(2).filter_map(|(_, word)| self.pointed(word)).collect();
            self.handlers.extend(handlers);
            return Ok(());
        }
        self.words.extend(words);
        if !has(section, elf::SHF_EXECINSTR) {
            self.data.push(at..at + section.size() as u32);
        }
        Ok(())
    }

    /// Which function an address is in.
    pub(super) fn owner(&self, address: u32) -> Option<usize> {
        let index =
            self.functions.partition_point(|function| function.code.start <= address).checked_sub(1)?;
        self.functions[index].code.contains(&address).then_some(index)
    }

    /// The name of what an address is in.
    pub(super) fn name(&self, address: u32) -> &str {
        self.owner(address).map_or("", |function| self.functions[function].name())
    }

    /// The function that this is a pointer to.
    pub(super) fn pointed(&self, pointer: u32) -> Option<usize> {
        let mark = u32::from(self.chip == Chip::Arm);
        let at = (pointer & mark == mark).then_some(pointer & !mark)?;
        self.owner(at).filter(|index| self.functions[*index].code.start == at)
    }

    pub(super) fn is_data(&self, address: u32) -> bool {
        self.data.iter().any(|range| range.contains(&address))
    }
}

fn saved(file: &ElfFile32<'_>, chip: Chip) -> i32 {
    let FileFlags::Elf { e_flags, .. } = file.flags() else { return 0 };
    match chip {
        // It saves by code, which is counted as any other.
        Chip::Riscv => 0,
        Chip::Arm if e_flags.0 & elf::EF_ARM_ABI_FLOAT_HARD != 0 => SAVED_FLOATS,
        Chip::Arm => SAVED,
    }
}

/// All that is code and has a name, by address.
fn functions(file: &ElfFile32<'_>, chip: Chip) -> Vec<Function> {
    let sections = file.sections().filter(|section| has(section, elf::SHF_EXECINSTR));
    let code: Vec<Range<u32>> = sections.map(|section| range(section.address(), section.size())).collect();
    let mut found = BTreeMap::<u32, Function>::new();
    for symbol in file.symbols().filter(|symbol| is_function(symbol, chip)) {
        let at = symbol.address() as u32 & !u32::from(chip == Chip::Arm);
        // What is in no section is in the chip's own memory; only where it begins is known.
        let elsewhere = symbol.section() == SymbolSection::Absolute;
        if !elsewhere && !code.iter().any(|section| section.contains(&at)) {
            continue;
        }
        let function =
            found.entry(at).or_insert(Function { code: at..at, names: Vec::new(), ends: elsewhere });
        let size = if elsewhere { 1 } else { symbol.size() as u32 };
        function.code.end = function.code.end.max(at.saturating_add(size));
        function.names.extend(symbol.name().map(demangle));
    }
    let mut functions: Vec<Function> = found.into_values().collect();
    let mut next = u32::MAX;
    for function in functions.iter_mut().rev() {
        function.ends |= !function.code.is_empty();
        function.code.end = if function.code.is_empty() { next } else { function.code.end.min(next) };
        next = function.code.start;
    }
    functions
}

fn range(at: u64, size: u64) -> Range<u32> {
    at as u32..(at + size) as u32
}

fn has<'d>(section: &impl ObjectSection<'d>, flag: elf::SectionFlags) -> bool {
    matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.contains(flag))
}

/// Functions; on a RISC-V also what assembly gives a name to.
fn is_function<'d>(symbol: &impl ObjectSymbol<'d>, chip: Chip) -> bool {
    let named = symbol.is_global() || symbol.section() == SymbolSection::Absolute;
    let unknown = chip == Chip::Riscv && symbol.kind() == SymbolKind::Unknown;
    symbol.kind() == SymbolKind::Text || unknown && named
}
