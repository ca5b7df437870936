//! An executor that sleeps with WFI: QEMU takes the WFE of embassy's own for nothing, and would never rest.

use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use embassy_executor::{Spawner, raw};

static WOKEN: AtomicBool = AtomicBool::new(false);
static WAKES: AtomicU32 = AtomicU32::new(0);

/// How often the chip woke from its sleep so far, whatever for.
pub fn wakes() -> u32 {
    WAKES.load(Ordering::Relaxed)
}

#[unsafe(export_name = "__pender")]
fn pender(_executor: *mut ()) {
    WOKEN.store(true, Ordering::Release);
}

/// The one executor of the board, in thread mode.
pub struct Executor {
    inner: raw::Executor,
    not_send: PhantomData<*mut ()>,
}

impl Default for Executor {
    fn default() -> Self {
        Self::new()
    }
}

impl Executor {
    /// An executor without tasks.
    pub fn new() -> Self {
        Self { inner: raw::Executor::new(core::ptr::null_mut()), not_send: PhantomData }
    }

    /// Spawns what `init` spawns, and runs it for ever.
    pub fn run(&'static mut self, init: impl FnOnce(Spawner)) -> ! {
        init(self.inner.spawner());
        loop {
            // SAFETY: only this loop polls, in thread mode.
            unsafe { self.inner.poll() };
            // An interrupt that comes before the WFI waits, and ends it.
            critical_section::with(|_| {
                if !WOKEN.swap(false, Ordering::Acquire) {
                    cortex_m::asm::wfi();
                    WAKES.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    }
}
