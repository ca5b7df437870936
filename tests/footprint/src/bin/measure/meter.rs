//! How deep the stack gets, by painting it.

use cortex_m_semihosting::hprintln;
use cortex_m_stack::{current_stack_in_use, repaint_stack, stack_painted, stack_size};
use heapless::LinearMap;

/// The deepest call of each operation.
#[derive(Default)]
pub struct Meter {
    deepest: LinearMap<&'static str, u32, 64>,
}

impl Meter {
    /// Runs `act` on a painted stack, and notes how much of it lost its paint.
    #[inline(never)]
    pub fn run<T>(&mut self, operation: &'static str, act: impl FnOnce() -> T) -> T {
        repaint_stack();
        let before = current_stack_in_use();
        let result = call(act);
        let used = stack_size() - stack_painted() - before;
        let deepest = self.deepest.get(&operation).copied().unwrap_or_default().max(used);
        assert!(self.deepest.insert(operation, deepest).is_ok(), "more operations than the meter holds");
        result
    }

    /// A line for each operation, in the order of their first call.
    pub fn print(&self) {
        for (operation, bytes) in &self.deepest {
            hprintln!("stack\t{}\t{}", operation, bytes);
        }
    }
}

/// A frame of its own: what is inlined here lies below the stack pointer that was read before.
#[inline(never)]
fn call<T>(act: impl FnOnce() -> T) -> T {
    act()
}
