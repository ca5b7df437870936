//! Registers of peripherals, and interrupts.

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

/// A register of 32 bits.
#[derive(Clone, Copy)]
pub(crate) struct Register(usize);

impl Register {
    /// # Safety
    /// There must be a peripheral's register at that address, which may be read and written at any time.
    pub(crate) const unsafe fn new(address: usize) -> Self {
        Self(address)
    }

    pub(crate) fn read(self) -> u32 {
        // SAFETY: whoever made it said so.
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    pub(crate) fn write(self, value: u32) {
        // SAFETY: whoever made it said so.
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}

#[derive(Clone, Copy)]
struct Irq(u16);

// SAFETY: it gives the number that it was made with, which names one interrupt.
unsafe impl InterruptNumber for Irq {
    fn number(self) -> u16 {
        self.0
    }
}

/// Lets an interrupt come.
pub(crate) fn unmask(number: u16) {
    // SAFETY: the handlers of this board need no other mask than the critical sections they open.
    unsafe { NVIC::unmask(Irq(number)) }
}
