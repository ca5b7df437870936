//! A serial line that garbles one byte in each tenth frame, both ways.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

use anyhow::Result;

/// Every so many frames one is garbled.
const EACH: usize = 10;

/// Makes `noisy` lead to the line `clean`, with noise.
pub(crate) fn noisy_line(clean: &Path, noisy: &Path) -> Result<()> {
    let listener = UnixListener::bind(noisy)?;
    let board = UnixStream::connect(clean)?;
    thread::spawn(move || -> Result<()> {
        let (bridge, _) = listener.accept()?;
        let (from, to) = (board.try_clone()?, bridge.try_clone()?);
        thread::spawn(move || carry(from, to));
        carry(bridge, board)
    });
    Ok(())
}

/// Carries bytes until either end is gone.
fn carry(mut from: UnixStream, mut to: UnixStream) -> Result<()> {
    let mut garble = Garble::default();
    let mut buf = [0; 256];
    loop {
        let len = from.read(&mut buf)?;
        if len == 0 {
            return Ok(());
        }
        buf[..len].iter_mut().for_each(|byte| *byte = garble.next(*byte));
        to.write_all(&buf[..len])?;
    }
}

/// Frames stand between zeros: garbles the third byte of each tenth.
#[derive(Default)]
struct Garble {
    frames: usize,
    at: usize,
}

impl Garble {
    fn next(&mut self, byte: u8) -> u8 {
        if byte == 0 {
            self.frames += usize::from(self.at > 0);
            self.at = 0;
            return byte;
        }
        self.at += 1;
        let garbled = self.at == 3 && self.frames % EACH == EACH - 1;
        if garbled { byte ^ 0x55 } else { byte }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tenth_frame_is_garbled() {
        let mut garble = Garble::default();
        let line: Vec<u8> = [0, 1, 2, 3, 0].repeat(20);
        let garbled = line.iter().filter(|byte| garble.next(**byte) != **byte).count();
        assert_eq!(garbled, 2);
    }
}
