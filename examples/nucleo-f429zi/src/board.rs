//! The board's pins and clocks.

use embassy_stm32::eth::{self, Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::exti::{self, ExtiInput};
use embassy_stm32::gpio::{Level, Output, Pull, Speed};
use embassy_stm32::interrupt::typelevel::EXTI15_10;
use embassy_stm32::mode::Async;
use embassy_stm32::peripherals::{ETH, ETH_SMA, RNG};
use embassy_stm32::rcc::mux::Clk48sel;
use embassy_stm32::rcc::{
    self, APBPrescaler, Hse, HseMode, Pll, PllMul, PllPDiv, PllPreDiv, PllQDiv, PllSource, Sysclk,
};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::time::Hertz;
use embassy_stm32::uid::uid;
use embassy_stm32::usart::{self, UartTx};
use embassy_stm32::{Config, bind_interrupts};
use static_cell::ConstStaticCell;

use crate::panel::Front;
use crate::turned::Turned;

bind_interrupts!(struct Interrupts {
    ETH => eth::InterruptHandler;
    EXTI15_10 => exti::InterruptHandler<EXTI15_10>;
    HASH_RNG => rng::InterruptHandler<RNG>;
});

/// The network's interface.
pub type EthernetDevice = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

/// Frames that wait in each direction.
const FRAMES: usize = 4;

/// A button of the board.
pub type Push = example_apps::Push<Turned<ExtiInput<'static, Async>>>;
/// Both buttons of an answerer.
pub type YesNo = example_apps::YesNo<Turned<ExtiInput<'static, Async>>>;

/// What is soldered to which pin.
pub struct Board {
    /// The socket for a network cable.
    pub ethernet: EthernetDevice,
    /// LD1, the green light, and a console that only tells: the USB of the debug probe, 115 200 Bd.
    pub front: Front,
    /// B1, the blue button.
    pub first: Push,
    /// A button between D2 (PF15) and 3V3.
    pub second: Push,
    /// Another number at each start, and never 0: drawn by the chip.
    pub epoch: u32,
    /// What the network spreads its ports and repeats with.
    pub seed: u64,
}

impl Board {
    /// Takes the whole board. To be called once, first of all.
    ///
    /// # Panics
    /// If it is called again.
    pub fn take() -> Self {
        static QUEUE: ConstStaticCell<PacketQueue<FRAMES, FRAMES>> = ConstStaticCell::new(PacketQueue::new());
        let pins = embassy_stm32::init(clocks());
        let ethernet = Ethernet::new(
            QUEUE.take(),
            pins.ETH,
            Interrupts,
            pins.PA1,
            pins.PA7,
            pins.PC4,
            pins.PC5,
            pins.PG13,
            pins.PB13,
            pins.PG11,
            address(),
            pins.ETH_SMA,
            pins.PA2,
            pins.PC1,
        );
        let console = UartTx::new_blocking(pins.USART3, pins.PD8, usart::Config::default())
            .expect("115 200 Bd can be had from this clock");
        let led = Output::new(pins.PB0, Level::Low, Speed::Low);
        let first = ExtiInput::new(pins.PC13, pins.EXTI13, Pull::Down, Interrupts);
        let second = ExtiInput::new(pins.PF15, pins.EXTI15, Pull::Down, Interrupts);
        let mut random = Rng::new(pins.RNG, Interrupts);
        Self {
            ethernet,
            front: Front::new(led, console),
            first: Push::new(Turned(first)),
            second: Push::new(Turned(second)),
            epoch: random.next_u32().max(1),
            seed: random.next_u64(),
        }
    }
}

/// 168 MHz from the 8 MHz of the debug probe, and 48 MHz for random numbers.
fn clocks() -> Config {
    let mut config = Config::default();
    let rcc: &mut rcc::Config = &mut config.rcc;
    rcc.hse = Some(Hse { freq: Hertz(8_000_000), mode: HseMode::Bypass });
    rcc.pll_src = PllSource::HSE;
    rcc.pll = Some(Pll {
        prediv: PllPreDiv::DIV4,
        mul: PllMul::MUL168,
        divp: Some(PllPDiv::DIV2),
        divq: Some(PllQDiv::DIV7),
        divr: None,
    });
    rcc.sys = Sysclk::PLL1_P;
    rcc.apb1_pre = APBPrescaler::DIV4;
    rcc.apb2_pre = APBPrescaler::DIV2;
    rcc.mux.clk48sel = Clk48sel::PLL1_Q;
    config
}

/// An address of this board only, made from the number of its chip: its first byte says that nobody gave it out.
fn address() -> [u8; 6] {
    let [x, _, y, _, lot, wafer, ..] = uid();
    let [.., last] = uid();
    [0x02, x, y, lot, wafer, last]
}
