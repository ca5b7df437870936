//! How deep the stack of a board in QEMU went: the end of its memory is painted before the start, and read at the end.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What is painted: the end of the board's memory, far behind the variables. From there the stack grows down.
const PAINTED: usize = 0x2030_0000;
const SIZE: usize = 1 << 20;
/// No pointer, no text, and no small number.
const PAINT: u8 = 0xa5;

/// Puts the paint into that folder.
pub(crate) fn prepare(folder: &Path) -> Result<()> {
    let paint = paint(folder);
    fs::write(&paint, vec![PAINT; SIZE]).with_context(|| format!("cannot write {}", paint.display()))
}

/// An argument of QEMU's `-device` that paints the memory.
pub(crate) fn painted(folder: &Path) -> String {
    format!("loader,file={},addr={PAINTED:#x},force-raw=on", paint(folder).display())
}

fn paint(folder: &Path) -> PathBuf {
    folder.join("paint")
}

/// Writes to `file` how deep the stack of the board with this monitor went, in bytes.
pub(crate) fn measure(monitor: &Path, file: &Path) -> Result<()> {
    let dump = file.with_extension("memory");
    command(monitor, &format!("pmemsave {PAINTED:#x} {SIZE} \"{}\"", dump.display()))?;
    let depth = depth(&fs::read(&dump)?);
    fs::remove_file(&dump)?;
    Ok(fs::write(file, depth.to_string())?)
}

/// The stack is what lies above the longest stretch of paint.
fn depth(memory: &[u8]) -> usize {
    let (mut stretch, mut longest, mut above) = (0, 0, memory.len());
    for (at, byte) in memory.iter().enumerate() {
        stretch = if *byte == PAINT { stretch + 1 } else { 0 };
        if stretch > longest {
            (longest, above) = (stretch, at + 1);
        }
    }
    memory.len() - above
}

/// Tells the monitor of a board to do something, and waits until that is done.
pub(crate) fn command(monitor: &Path, command: &str) -> Result<()> {
    let mut monitor = UnixStream::connect(monitor)?;
    monitor.write_all(format!("{command}\n").as_bytes())?;
    // It prompts before and after.
    let (mut prompts, mut byte) = (0, [0]);
    while prompts < 2 {
        monitor.read_exact(&mut byte)?;
        prompts += usize::from(byte == *b")");
    }
    Ok(())
}

/// A file for the stack of a program in a world with this home: its name, a dot and more.
pub(crate) fn file(folder: &Path, program: &str, home: &Path) -> PathBuf {
    let story = home.file_name().unwrap_or_default().to_string_lossy();
    folder.join(format!("{program}.{}", story.trim_start_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_begins_where_the_paint_ends_and_may_hold_some() {
        let memory = [&[0; 8][..], &[PAINT; 20], &[1, PAINT, PAINT, 2, 0, 3]].concat();
        assert_eq!(depth(&memory), 6);
        assert_eq!(depth(&[PAINT; 9]), 0);
    }
}
