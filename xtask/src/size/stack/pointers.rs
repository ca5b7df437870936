//! Functions that are called through pointers.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use super::image::Image;
use super::scan::{Scanned, Value};

/// What a pointer may point to, by what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// It stood so many bytes behind where something pointed.
    Slot(i32),
    /// The same, and it is one of a waker's.
    Waker(i32),
    /// It is one of `core::fmt`'s traits.
    Format,
    /// An executor polls it.
    Task,
    Any,
}

/// Functions whose address is taken.
#[derive(Default)]
pub(super) struct Pointed {
    /// By tables of constants, each with how many bytes behind its beginning.
    tables: BTreeSet<(i32, usize)>,
    /// By tables of nothing but functions, as those of wakers.
    rows: BTreeSet<(i32, usize)>,
    /// By code, which may put it anywhere.
    loose: BTreeSet<usize>,
    tasks: BTreeSet<usize>,
    formatters: BTreeSet<usize>,
    /// All methods of the traits of `core::fmt`.
    formatting: BTreeSet<usize>,
}

impl Pointed {
    pub(super) fn find(image: &Image, scanned: &[Scanned]) -> Self {
        let mut found = Self::default();
        let constants: BTreeSet<u32> = scanned.iter().flat_map(|one| &one.constants).copied().collect();
        // Assembly jumps to what it makes a pointer of, and keeps none.
        let compiled = scanned.iter().zip(&image.functions).filter(|(_, function)| function.ends);
        let kept = compiled.flat_map(|(one, _)| &one.constants);
        let kept = kept.filter_map(|constant| image.pointed(*constant));
        found.loose.extend(kept.filter(|function| !image.handlers.contains(function)));
        found.add_tables(image, &constants);
        let all = found.all();
        let named =
            |is: fn(&str) -> bool| all.iter().copied().filter(|one| image.functions[*one].is(is)).collect();
        Self {
            tasks: named(is_task),
            formatters: named(is_formatter),
            formatting: named(is_of_format),
            ..found
        }
    }

    /// A table begins where something points.
    fn add_tables(&mut self, image: &Image, constants: &BTreeSet<u32>) {
        let words: Vec<_> = image.words.iter().filter(|(at, _)| image.owner(**at).is_none()).collect();
        let pointers = words.iter().map(|(_, word)| *word).chain(constants);
        let begins: BTreeSet<u32> = pointers.filter(|at| image.is_data(**at)).copied().collect();
        let mut row = None;
        for (at, word) in words {
            let begin = begins.range(..=at).next_back().copied().unwrap_or(*at);
            let Some(function) = image.pointed(*word) else {
                row = None;
                continue;
            };
            let offset = (at - begin).cast_signed();
            self.tables.insert((offset, function));
            if offset == 0 || row == Some(begin) {
                row = Some(begin);
                self.rows.insert((offset, function));
                // It may be counted through.
                self.tables.insert((0, function));
            }
        }
    }

    fn all(&self) -> BTreeSet<usize> {
        self.tables.iter().map(|(_, function)| *function).chain(self.loose.iter().copied()).collect()
    }

    pub(super) fn contains(&self, function: usize) -> bool {
        self.loose.contains(&function) || self.tables.iter().any(|(_, one)| *one == function)
    }

    /// What a pointer of that kind may point to.
    pub(super) fn members(&self, kind: Kind) -> BTreeSet<usize> {
        let at = |table: &BTreeSet<(i32, usize)>, offset| -> BTreeSet<usize> {
            table.range((offset, 0)..=(offset, usize::MAX)).map(|(_, function)| *function).collect()
        };
        let plain = |functions: BTreeSet<usize>| &(&functions - &self.tasks) - &self.formatters;
        match kind {
            Kind::Slot(offset) => plain(&at(&self.tables, offset) | &(&self.loose - &self.formatting)),
            Kind::Waker(offset) => at(&self.rows, offset),
            Kind::Format => self.formatting.clone(),
            Kind::Task => self.tasks.clone(),
            Kind::Any => plain(self.all()),
        }
    }

    /// If tasks are polled by nobody, an executor was not seen.
    pub(super) fn tasks_are_called(&self, called: bool) -> Result<()> {
        ensure!(called || self.tasks.is_empty(), "nothing of {EXECUTOR} calls a pointer, but it polls tasks");
        Ok(())
    }
}

/// What polls tasks, and what is polled.
const EXECUTOR: &str = "embassy_executor::raw::SyncExecutor";
const TASK: &str = "embassy_executor::raw::TaskStorage<";

fn is_task(name: &str) -> bool {
    // At the end of a task its executor polls another function in its place.
    name.contains(TASK) && name.ends_with(">::poll") || name == "embassy_executor::raw::poll_exited"
}

/// A `Display` or the like, which only `core::fmt` calls through a pointer.
fn is_formatter(name: &str) -> bool {
    name.contains("core::fmt::") && name.contains(">::fmt")
}

fn is_of_format(name: &str) -> bool {
    name.contains("core::fmt::")
}

/// Whether it calls nothing but traits of `core::fmt` through pointers.
fn formats(name: &str) -> bool {
    is_formatter(name) || name.starts_with("core::fmt::") || name.starts_with("<core::fmt::")
}

/// What a pointer may be of which a register holds this, in that function of the source.
pub(super) fn kind(source: &str, value: Option<&Value>) -> Kind {
    match value {
        _ if source.contains(EXECUTOR) => Kind::Task,
        _ if formats(source) => Kind::Format,
        Some(Value::Slot(offset)) if source.contains("core::task::wake::Waker") => Kind::Waker(*offset),
        Some(Value::Slot(offset)) => Kind::Slot(*offset),
        _ => Kind::Any,
    }
}
