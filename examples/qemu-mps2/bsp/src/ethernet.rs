//! The Ethernet of the board: SMSC's LAN9118, for `embassy-net`.

use core::future::poll_fn;
use core::task::Poll;

use embassy_futures::join::join;
use embassy_futures::yield_now;
use embassy_net_driver_channel::driver::{HardwareAddress, LinkState};
use embassy_net_driver_channel::{Device, RxRunner, State, TxRunner, new};
use embassy_sync::waitqueue::AtomicWaker;

use crate::register::{Register, unmask};

/// The longest frame of Ethernet, without the sum at its end.
pub const MTU: usize = 1514;
/// The sum at the end of each frame that came, in bytes.
const SUM: usize = 4;
/// The chip's interrupt on this board.
const NUMBER: u16 = 13;

/// Frames that wait in each direction. Put it into a static.
pub type EthernetState = State<MTU, 4, 4>;
/// What `embassy-net` takes.
pub type EthernetDevice = Device<'static, MTU>;

const SOFT_RESET: u32 = 1;
const MUST_BE_ONE: u32 = 1 << 20;
/// Active high, push-pull, on.
const INTERRUPTS: u32 = 0x111;
/// A frame came: its status stands in a FIFO.
const RECEIVED: u32 = 1 << 3;
/// Sends, and does not stop when nobody reads how that went.
const TRANSMIT: u32 = 0b110;
const MAC_BUSY: u32 = 1 << 31;
const MAC_READ: u32 = 1 << 30;
const MAC_CONTROL: u32 = 1;
const MAC_ADDRESS_HIGH: u32 = 2;
const MAC_ADDRESS_LOW: u32 = 3;
/// Full duplex, sends, receives.
const MAC_ON: u32 = (1 << 20) | (1 << 3) | (1 << 2);
const FRAME_IS_BAD: u32 = 1 << 15;
/// A frame in one piece: its first, and its last.
const WHOLE: u32 = (1 << 13) | (1 << 12);

static WAKER: AtomicWaker = AtomicWaker::new();

struct Chip {
    rx_data: Register,
    tx_data: Register,
    rx_status: Register,
    interrupt_config: Register,
    interrupt_status: Register,
    interrupt_enable: Register,
    fifo_levels: Register,
    tx_config: Register,
    hardware_config: Register,
    rx_fifo: Register,
    tx_fifo: Register,
    mac_command: Register,
    mac_data: Register,
}

impl Chip {
    /// # Safety
    /// There must be a LAN9118 at that address.
    const unsafe fn new(at: usize) -> Self {
        // SAFETY: these are its registers.
        unsafe {
            Self {
                rx_data: Register::new(at),
                tx_data: Register::new(at + 0x20),
                rx_status: Register::new(at + 0x40),
                interrupt_config: Register::new(at + 0x54),
                interrupt_status: Register::new(at + 0x58),
                interrupt_enable: Register::new(at + 0x5c),
                fifo_levels: Register::new(at + 0x68),
                tx_config: Register::new(at + 0x70),
                hardware_config: Register::new(at + 0x74),
                rx_fifo: Register::new(at + 0x7c),
                tx_fifo: Register::new(at + 0x80),
                mac_command: Register::new(at + 0xa4),
                mac_data: Register::new(at + 0xa8),
            }
        }
    }

    fn mac_read(&self, register: u32) -> u32 {
        self.mac(MAC_READ | register);
        self.mac_data.read()
    }

    fn mac_write(&self, register: u32, value: u32) {
        self.mac_data.write(value);
        self.mac(register);
    }

    fn mac(&self, command: u32) {
        self.mac_command.write(MAC_BUSY | command);
        while self.mac_command.read() & MAC_BUSY != 0 {}
    }

    /// Its hardware address, which it brings along.
    fn start(&self) -> [u8; 6] {
        self.hardware_config.write(SOFT_RESET);
        while self.hardware_config.read() & SOFT_RESET != 0 {}
        self.hardware_config.write((self.hardware_config.read() & 0xf_0000) | MUST_BE_ONE);
        let low = self.mac_read(MAC_ADDRESS_LOW).to_le_bytes();
        let high = self.mac_read(MAC_ADDRESS_HIGH).to_le_bytes();
        self.interrupt_config.write(INTERRUPTS);
        // One frame is worth an interrupt.
        self.fifo_levels.write(0);
        self.tx_config.write(TRANSMIT);
        self.mac_write(MAC_CONTROL, MAC_ON);
        unmask(NUMBER);
        [low[0], low[1], low[2], low[3], high[0], high[1]]
    }

    fn is_empty(&self) -> bool {
        (self.rx_fifo.read() >> 16) & 0xff == 0
    }

    /// Takes a frame out of the FIFO; its length, or 0 if it came garbled or does not fit.
    fn take(&self, buf: &mut [u8]) -> usize {
        let status = self.rx_status.read();
        let stored = (status >> 16) as usize & 0x3fff;
        for at in (0..stored).step_by(4) {
            let word = self.rx_data.read().to_le_bytes();
            buf.iter_mut().skip(at).zip(word).for_each(|(place, byte)| *place = byte);
        }
        let len = stored.saturating_sub(SUM);
        if status & FRAME_IS_BAD == 0 && len <= buf.len() { len } else { 0 }
    }

    /// Bytes that the FIFO still takes, with what it needs beside a frame.
    fn room(&self) -> usize {
        (self.tx_fifo.read() as usize & 0xffff).saturating_sub(16)
    }

    fn put(&self, frame: &[u8]) {
        let len = frame.len() as u32;
        self.tx_data.write(WHOLE | len);
        self.tx_data.write(len);
        for part in frame.chunks(4) {
            let mut word = [0; 4];
            word.iter_mut().zip(part).for_each(|(place, byte)| *place = *byte);
            self.tx_data.write(u32::from_le_bytes(word));
        }
    }
}

// SAFETY: the board has it there (ARM's application note AN385).
const CHIP: Chip = unsafe { Chip::new(0x4020_0000) };

/// Carries frames between the chip and the stack. To be run as a task.
pub struct Ethernet {
    rx: RxRunner<'static, MTU>,
    tx: TxRunner<'static, MTU>,
}

impl Ethernet {
    /// Starts the chip. To be called once.
    pub fn start(state: &'static mut EthernetState) -> (Self, EthernetDevice) {
        let (runner, device) = new(state, HardwareAddress::Ethernet(CHIP.start()));
        let (link, rx, tx) = runner.split();
        // Whether a cable is in, DHCP finds out.
        link.set_link_state(LinkState::Up);
        (Self { rx, tx }, device)
    }

    /// Runs for ever.
    pub async fn run(self) {
        join(receive(self.rx), transmit(self.tx)).await;
    }
}

async fn receive(mut rx: RxRunner<'static, MTU>) {
    loop {
        came().await;
        let buf = rx.rx_buf().await;
        let len = CHIP.take(buf);
        if len > 0 {
            rx.rx_done(len);
        }
    }
}

/// Waits until a frame came.
async fn came() {
    poll_fn(|cx| {
        WAKER.register(cx.waker());
        if CHIP.is_empty() {
            CHIP.interrupt_enable.write(RECEIVED);
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

async fn transmit(mut tx: TxRunner<'static, MTU>) {
    loop {
        let frame = tx.tx_buf().await;
        while CHIP.room() < frame.len() {
            yield_now().await;
        }
        CHIP.put(frame);
        tx.tx_done();
    }
}

/// A frame came, and the task is to take it: quiet until it did.
pub(crate) fn received() {
    CHIP.interrupt_enable.write(0);
    CHIP.interrupt_status.write(RECEIVED);
    WAKER.wake();
}
