//! Calls everything that its features name. It is weighed and searched, and never run.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use footprint::engine;

#[cortex_m_rt::entry]
fn main() -> ! {
    let mut buf = black_box([0; 256]);
    let mut reply = black_box([0; 256]);
    let bytes = black_box([0; 128]);
    let text = core::str::from_utf8(&bytes).unwrap_or_default();
    if let Ok(mut engine) = engine::start(text, black_box(7)) {
        engine::commands(&mut engine, black_box(0), &bytes);
        engine::inputs(&mut engine, black_box(1), &bytes, &mut reply);
        engine::outputs(&mut engine, black_box(2), &mut buf);
        engine::getters(&mut engine, black_box(Default::default()));
        engine::memory(&bytes);
        #[cfg(feature = "json")]
        engine.views().for_each(|view| footprint::json::view(&view, &mut buf));
        #[cfg(feature = "durable")]
        engine::durable(&mut engine, black_box(3), &mut engine::ready(text, black_box(Default::default())));
        engine::names(text, black_box([7; 16]));
        engine::codes(black_box(signaling_core::NameError::Empty));
    }
    #[cfg(feature = "json")]
    footprint::json::echo(&bytes, &mut buf);
    #[cfg(feature = "wire")]
    wire(&bytes, &mut buf);
    #[cfg(feature = "machine")]
    machine(&bytes);
    #[cfg(feature = "texts")]
    texts(text);
    #[cfg(feature = "planted")]
    black_box(bytes[black_box(200)]);
    loop {
        cortex_m::asm::wfi();
    }
}

#[cfg(feature = "wire")]
fn wire(bytes: &[u8], buf: &mut [u8]) {
    use footprint::wire;

    wire::echo(bytes, buf);
    wire::group(buf, black_box(&["alice", "bob"]));
    wire::serde(
        bytes,
        &Default::default(),
        &Default::default(),
        &Default::default(),
        &black_box(Default::default()),
    );
}

#[cfg(feature = "machine")]
fn machine(bytes: &[u8]) {
    use footprint::machine::{self, Count};
    use signaling_core::machine::{Kind, Me, PartyId, Report, Slot, Via};

    let mut fx = Count::default();
    machine::effects(&mut fx);
    machine::origin(
        black_box(Via { party: PartyId::Observers, device: Default::default() }),
        black_box(3),
        &mut fx,
    );
    let slots = bytes.iter().map(|byte| (Slot::Pending, *byte == 0));
    let report = Report {
        kind: Kind::Invite,
        rev: Default::default(),
        echo: 0,
        modify: None,
        slots,
        answer: None,
        data: true,
    };
    machine::holder(&black_box(report), black_box(Me::Observer), &mut fx);
    machine::sets(black_box(9), black_box(2));
}

#[cfg(feature = "texts")]
fn texts(text: &str) {
    use core::fmt::Write;

    use footprint::texts::All;
    use signaling_core::NameError;
    use signaling_core::wire::DecodeError;

    let mut out = heapless::String::<512>::new();
    let all = All {
        user: text.try_into().unwrap_or_default(),
        group: text.try_into().unwrap_or_default(),
        label: text.try_into().unwrap_or_default(),
        id: black_box(Default::default()),
        name: black_box(NameError::Control),
        decode: black_box(DecodeError::Malformed),
    };
    black_box(write!(out, "{all}")).ok();
    black_box(out.len());
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        cortex_m::asm::wfi();
    }
}
