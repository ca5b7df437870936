//! Two serial lines of ARM's CMSDK: the link, and a console.

use core::convert::Infallible;
use core::fmt;

use embassy_futures::yield_now;
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pipe::Pipe;
use embedded_io_async::{ErrorType, Read, Write};

use crate::register::{Register, unmask};

/// Bytes that wait to be read.
const BUFFER: usize = 512;
const SEND_FULL: u32 = 1;
const RECEIVED: u32 = 2;
/// Sends, receives, and interrupts when something came.
const ON: u32 = 0b1011;
/// As above, without the interrupt.
const DEAF: u32 = 0b0011;
/// 25 MHz divided by 115 200 Bd. QEMU sends nothing at all below 16, and does not look otherwise.
const DIVIDER: u32 = 217;

/// One serial line.
pub struct Uart {
    data: Register,
    state: Register,
    control: Register,
    interrupt: Register,
    divider: Register,
    number: u16,
    received: Pipe<CriticalSectionRawMutex, BUFFER>,
}

// SAFETY: the lines of the board (ARM's application note AN385).
pub(crate) static LINK: Uart = unsafe { Uart::new(0x4000_4000, 0) };
// SAFETY: as above.
pub(crate) static CONSOLE: Uart = unsafe { Uart::new(0x4000_5000, 2) };

impl Uart {
    /// # Safety
    /// There must be such a line at that address, with that interrupt.
    const unsafe fn new(at: usize, number: u16) -> Self {
        // SAFETY: these are its registers.
        unsafe {
            Self {
                data: Register::new(at),
                state: Register::new(at + 4),
                control: Register::new(at + 8),
                interrupt: Register::new(at + 12),
                divider: Register::new(at + 16),
                number,
                received: Pipe::new(),
            }
        }
    }

    /// Starts the first line, which is the link.
    pub fn link() -> (Reader, Writer) {
        LINK.start()
    }

    /// Starts the second line, which is a console.
    pub fn console() -> (Reader, Writer) {
        CONSOLE.start()
    }

    fn start(&'static self) -> (Reader, Writer) {
        self.divider.write(DIVIDER);
        self.control.write(ON);
        unmask(self.number);
        (Reader(self), Writer(self))
    }

    /// Something came. What finds no room stays in the line until somebody reads.
    pub(crate) fn received(&self) {
        self.interrupt.write(RECEIVED);
        while self.state.read() & RECEIVED != 0 {
            if self.received.free_capacity() == 0 {
                return self.control.write(DEAF);
            }
            // There is room for it, and only this interrupt writes.
            let _ = self.received.try_write(&[self.data.read() as u8]);
        }
    }
}

/// What comes on a line. Dropping a read takes nothing.
pub struct Reader(&'static Uart);

impl ErrorType for Reader {
    type Error = Infallible;
}

impl Read for Reader {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let len = self.0.received.read(buf).await;
        critical_section::with(|_| {
            self.0.control.write(ON);
            self.0.received();
        });
        Ok(len)
    }
}

/// What goes out on a line. A copy is the same line: whoever writes without a break is not broken into.
#[derive(Clone, Copy)]
pub struct Writer(&'static Uart);

impl ErrorType for Writer {
    type Error = Infallible;
}

impl Write for Writer {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, Infallible> {
        for byte in buf {
            while self.0.state.read() & SEND_FULL != 0 {
                yield_now().await;
            }
            self.0.data.write((*byte).into());
        }
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl fmt::Write for Writer {
    /// Waits for the line, at its speed.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            while self.0.state.read() & SEND_FULL != 0 {}
            self.0.data.write(byte.into());
        }
        Ok(())
    }
}
