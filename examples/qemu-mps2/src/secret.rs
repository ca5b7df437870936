//! The key that the board and its peers share: it came with the build, or lies on the emulator's machine.

use adapter_embassy::seal::PresharedKey;
use mps2_an385_bsp::HostFile;

/// The largest file, in bytes.
const MOST: usize = 256;
/// The key of SIGNALING_PSK_FILE; empty if the program was built without one.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/psk"));

/// The key in that file, or of the build if none is named.
pub(crate) fn key(path: Option<&str>) -> Option<PresharedKey> {
    let mut memory = [0; MOST];
    let file = match path {
        None => BUILT_IN,
        Some(path) => {
            let len = HostFile::open(path)?.read(&mut memory);
            memory.get(..len)?
        }
    };
    PresharedKey::of_file(file).ok()
}
