//! What the emulator was told to tell the program: its command line, over semihosting.

use core::cell::Cell;
use core::str::from_utf8;

use cortex_m_semihosting::{nr, syscall};

/// How much of it is read, in bytes.
pub const MOST: usize = 512;

/// The words of the command line; none if it is longer than the memory or no text. Only under an emulator or a
/// debugger: without one it never returns.
pub fn arguments(memory: &'static mut [u8; MOST]) -> impl Iterator<Item = &'static str> {
    let block = [memory.as_mut_ptr() as usize, memory.len()].map(Cell::new);
    // SAFETY: the emulator writes into that memory only, which is ours alone, and its length into the block.
    let failed = unsafe { syscall(nr::GET_CMDLINE, &block) } != 0;
    let line = memory.split(|byte| *byte == 0).next().filter(|_| !failed).unwrap_or_default();
    from_utf8(line).unwrap_or_default().split_ascii_whitespace()
}
