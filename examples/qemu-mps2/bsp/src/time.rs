//! The clock: one timer runs freely, another wakes whoever waits. There is no tick.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use crate::register::{Register, unmask};

/// Counts of a timer in a µs, which is a tick of `embassy-time`.
const COUNTS: u64 = 25;
/// The longest that the alarm is set to; it is set again then.
const LONGEST: u64 = 0x7fff_ffff;
const ENABLE: u32 = 1;
const INTERRUPT: u32 = 8;

/// A timer of ARM's CMSDK, which counts down.
struct Timer {
    control: Register,
    value: Register,
    reload: Register,
    interrupt: Register,
}

impl Timer {
    /// # Safety
    /// There must be such a timer at that address.
    const unsafe fn new(at: usize) -> Self {
        // SAFETY: these are its registers.
        unsafe {
            Self {
                control: Register::new(at),
                value: Register::new(at + 4),
                reload: Register::new(at + 8),
                interrupt: Register::new(at + 12),
            }
        }
    }

    /// What it has left to count, and never 0: between 0 and the top it is neither here nor there.
    fn count(&self) -> u32 {
        loop {
            let value = self.value.read();
            if value != 0 {
                return value;
            }
        }
    }
}

// SAFETY: the timers of the board (ARM's application note AN385).
const FREE: Timer = unsafe { Timer::new(0x4000_0000) };
// SAFETY: as above.
const ALARM: Timer = unsafe { Timer::new(0x4000_1000) };

struct Clock {
    /// How often the free timer came to 0.
    wraps: Mutex<Cell<u32>>,
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock {
    wraps: Mutex::new(Cell::new(0)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

/// Lets the clock run from 0. To be called once, first of all.
pub fn start() {
    FREE.reload.write(u32::MAX);
    FREE.value.write(u32::MAX);
    FREE.control.write(ENABLE | INTERRUPT);
    unmask(8);
    unmask(9);
}

/// The free timer came to 0, after 172 s.
pub(crate) fn wrapped() {
    critical_section::with(|cs| {
        FREE.interrupt.write(1);
        let wraps = CLOCK.wraps.borrow(cs);
        wraps.set(wraps.get().wrapping_add(1));
    });
}

pub(crate) fn alarm() {
    critical_section::with(|cs| {
        ALARM.control.write(0);
        ALARM.interrupt.write(1);
        CLOCK.wake(cs);
    });
}

impl Clock {
    fn counts(&self, cs: CriticalSection<'_>) -> u64 {
        let mut value = FREE.count();
        let mut wraps = self.wraps.borrow(cs).get();
        if FREE.interrupt.read() != 0 {
            // It wrapped, and the interrupt waits: now it surely counts from the top.
            value = FREE.count();
            wraps = wraps.wrapping_add(1);
        }
        (u64::from(wraps) << 32) + u64::from(u32::MAX - value)
    }

    /// Wakes who is due, and sets the alarm for the next.
    fn wake(&self, cs: CriticalSection<'_>) {
        let mut queue = self.queue.borrow_ref_mut(cs);
        let mut next = queue.next_expiration(self.counts(cs) / COUNTS);
        while !self.set(cs, next) {
            next = queue.next_expiration(self.counts(cs) / COUNTS);
        }
    }

    /// Sets the alarm; `false` if that time has come already.
    fn set(&self, cs: CriticalSection<'_>, at: u64) -> bool {
        ALARM.control.write(0);
        ALARM.interrupt.write(1);
        if at == u64::MAX {
            return true;
        }
        let left = at.saturating_mul(COUNTS).saturating_sub(self.counts(cs)).min(LONGEST);
        if left == 0 {
            return false;
        }
        ALARM.reload.write(left as u32);
        ALARM.value.write(left as u32);
        ALARM.control.write(ENABLE | INTERRUPT);
        true
    }
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        critical_section::with(|cs| self.counts(cs)) / COUNTS
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| {
            if self.queue.borrow_ref_mut(cs).schedule_wake(at, waker) {
                self.wake(cs);
            }
        });
    }
}
