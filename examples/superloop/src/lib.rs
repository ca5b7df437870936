//! One device in a plain loop, as on a bare chip: no operating system, no interrupts, no heap, nothing to wait
//! for. All it needs is a clock that counts milliseconds and a line that takes and gives bytes.
//!
//! ```text
//! loop {
//!     if let Some((id, what)) = phone.turn() {
//!         // What::New: ring. What::Accepted: light the lamp.
//!     }
//!     if button.pressed() {
//!         phone.engine.invite(now(), &invite).ok();
//!     }
//! }
//! ```
//!
//! [`Phone::turn`] never waits: what came is handled, what is due is done, and of what is to be sent as much
//! goes out as the line takes. `main.rs` runs two of these loops against each other, over a line that garbles
//! bytes, and prints what happens:
//!
//! ```text
//! cargo run -p superloop
//! ```
//!
//! This library builds for chips as it is: `cargo build -p superloop --lib --target thumbv6m-none-eabi`.

#![no_std]

use signaling_core::direct::{Config as Link, Direct, data_limit};
use signaling_core::wire::line::{CRC, Decoder, encode};
use signaling_core::{Config, Device, FixedEngine, InviteId, NameError, UserId, What};

/// Bytes of data of an invitation or an answer.
const DATA: usize = 32;
/// The largest datagram: room for each message with so much data and one invitee, however long the names.
const DATAGRAM: usize = 400;
const _: () = assert!(data_limit(DATAGRAM, 1) >= DATA);
/// The same on the line: the CRC, the zeros around it, and one byte in 254.
const LINE: usize = DATAGRAM + CRC + 8;

/// Four calls with one invitee, who has up to two devices.
pub type Engine = FixedEngine<4, 1, 2, DATA>;

/// A line of bytes to one other device, such as a UART.
pub trait Line {
    /// The next byte that came; none if there is none now.
    fn read(&mut self) -> Option<u8>;
    /// Takes a byte to send; `false` while there is no room for it.
    fn write(&mut self, byte: u8) -> bool;
}

/// A device, and the line to the one that it calls and is called by.
pub struct Phone<L> {
    /// Its calls. Commands go here; all else is done by [`turn`](Self::turn).
    pub engine: Engine,
    link: Direct<1>,
    line: L,
    now: fn() -> u64,
    input: Decoder<[u8; DATAGRAM + CRC]>,
    /// What is on its way out: all of it up to `end`, but what stands before `sent` is gone already.
    output: [u8; LINE],
    sent: usize,
    end: usize,
}

impl<L: Line> Phone<L> {
    /// The device of `user` that talks to one of `peer` over `line`. `now` counts ms, and never goes back.
    ///
    /// # Errors
    /// [`NameError`] if `user` or `peer` is no user's name.
    pub fn new(user: &str, device: Device, peer: &str, line: L, now: fn() -> u64) -> Result<Self, NameError> {
        let largest = u32::try_from(DATAGRAM).unwrap_or(u32::MAX);
        let mut link = Direct::new(Link { largest, seed: device.id, ..Link::default() });
        let peer = link.add_peer(UserId::new(peer)?, None);
        debug_assert_eq!(peer, Ok(0), "there is room for one");
        let engine = Engine::new(Config::new(UserId::new(user)?, device), Default::default());
        let input = Decoder::new([0; DATAGRAM + CRC]);
        Ok(Self { engine, link, line, now, input, output: [0; LINE], sent: 0, end: 0 })
    }

    /// One turn of the loop. Gives the next thing that the application is to know, if there is one.
    pub fn turn(&mut self) -> Option<(InviteId, What)> {
        let now = (self.now)();
        self.receive(now);
        self.link.handle_timeout(now, &mut self.engine);
        self.send(now);
        self.engine.poll_event().map(|event| (event.invitation.id(), event.what))
    }

    /// Whether the other device is there.
    pub fn is_linked(&self) -> bool {
        self.link.is_up()
    }

    /// Handles what came, up to the end of a frame. What is garbled, or no frame, is left out: the other side
    /// repeats what matters.
    fn receive(&mut self, now: u64) {
        let mut reply = [0; DATAGRAM];
        while let Some(byte) = self.line.read() {
            let Some(Ok(datagram)) = self.input.push(byte) else { continue };
            let answer = self.link.handle_datagram(now, &mut self.engine, 0, datagram, &mut reply);
            if let Some(answer) = reply.get(..answer.unwrap_or(0)) {
                self.put(answer);
            }
            return;
        }
    }

    /// Sends as much as the line takes.
    fn send(&mut self, now: u64) {
        loop {
            while let Some(byte) = self.output.get(self.sent..self.end).and_then(|rest| rest.first()) {
                if !self.line.write(*byte) {
                    return;
                }
                self.sent += 1;
            }
            let mut buf = [0; DATAGRAM];
            let Some(next) = self.link.poll_transmit(now, &mut self.engine, &mut buf) else { return };
            self.put(buf.get(..next.len).unwrap_or_default());
        }
    }

    /// Puts a datagram into the output. If something is still on its way out, it is lost, as on any line.
    fn put(&mut self, datagram: &[u8]) {
        if datagram.is_empty() || self.sent < self.end {
            return;
        }
        (self.sent, self.end) = (0, 0);
        for (place, byte) in self.output.iter_mut().zip(encode(datagram)) {
            *place = byte;
            self.end += 1;
        }
    }
}
