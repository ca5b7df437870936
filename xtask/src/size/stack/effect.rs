//! What an instruction does, as far as the stack depends on it; for all chips.

/// What one instruction does.
#[derive(Default)]
pub(super) struct Effect {
    pub(super) growth: Growth,
    /// What is written to registers, and to places on the stack: `r4`, `sp+8`.
    pub(super) writes: Vec<(String, Source)>,
    pub(super) flow: Flow,
}

/// How much deeper the stack gets.
#[derive(Default)]
pub(super) enum Growth {
    /// By so many bytes; less than 0 if it gets less deep.
    By(i32),
    /// By what stands in a register, times 1 or -1.
    Register(String, i32),
    /// It is another stack, from its beginning.
    Anew,
    /// The same, and only the upper half of where it begins: an addition follows.
    UpperHalf,
    #[default]
    None,
}

/// Where a value comes from.
pub(super) enum Source {
    Constant(u32),
    Copy(String),
    Plus(String, i32),
    /// From memory, so many bytes behind where a register points.
    Load(String, i32),
    Unknown,
}

/// What comes next.
#[derive(Default)]
pub(super) enum Flow {
    #[default]
    On,
    /// Maybe there.
    Branch(u32),
    Call(Target),
    Jump(Target),
    /// One of several places nearby.
    Table,
    /// Back to the caller, or nothing.
    Return,
}

pub(super) enum Target {
    At(u32),
    /// So many bytes behind where a register points.
    Through(String, i32),
}

impl Effect {
    pub(super) fn growth(growth: Growth) -> Option<Self> {
        Some(Self { growth, ..Self::default() })
    }

    pub(super) fn flow(flow: Flow) -> Option<Self> {
        Some(Self { flow, ..Self::default() })
    }

    pub(super) fn write(to: &str, source: Source) -> Option<Self> {
        Some(Self { writes: vec![(to.into(), source)], ..Self::default() })
    }

    /// The same, if it may not happen at all.
    pub(super) fn perhaps(mut self) -> Self {
        if matches!(self.growth, Growth::By(..0)) {
            self.growth = Growth::None;
        }
        self.writes.iter_mut().for_each(|(_, source)| *source = Source::Unknown);
        self.flow = match self.flow {
            Flow::Jump(Target::At(to)) => Flow::Branch(to),
            Flow::Jump(through) => Flow::Call(through),
            Flow::Table | Flow::Return => Flow::On,
            flow => flow,
        };
        self
    }
}

/// A place on the stack by its name, if that is where the register points.
pub(super) fn place(base: &str, offset: i32) -> Option<String> {
    ["sp", "r7", "s0"].contains(&base).then(|| format!("{base}{offset:+}"))
}

/// What is read from memory.
pub(super) fn load(base: &str, offset: i32) -> Source {
    place(base, offset).map_or_else(|| Source::Load(base.into(), offset), Source::Copy)
}
