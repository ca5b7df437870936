//! The clock of programs in virtual time: a tick of 1 ms, which QEMU counts in instructions (`-icount`). Its models of
//! the board's timers go off late then.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::Peripherals;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

/// Counts of the timer in a tick.
const COUNTS: u32 = 25_000;
/// µs in a tick.
const TICK: u64 = 1_000;

struct Clock {
    now: Mutex<Cell<u64>>,
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLOCK: Clock = Clock {
    now: Mutex::new(Cell::new(0)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

/// Lets the clock run from 0. To be called once, first of all.
///
/// # Panics
/// If somebody has taken the core's peripherals.
pub fn start() {
    let mut timer = Peripherals::take().expect("nobody else takes them").SYST;
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(COUNTS - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

#[exception]
fn SysTick() {
    critical_section::with(|cs| {
        let now = CLOCK.now.borrow(cs);
        now.set(now.get() + TICK);
        CLOCK.queue.borrow_ref_mut(cs).next_expiration(now.get());
    });
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        critical_section::with(|cs| self.now.borrow(cs).get())
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        // The next tick looks.
        critical_section::with(|cs| self.queue.borrow_ref_mut(cs).schedule_wake(at, waker));
    }
}
