//! Who may vouch for the relay: a certificate in PEM, which came with the build or lies on the emulator's machine.

use mps2_an385_bsp::HostFile;
use static_cell::StaticCell;

/// The largest file, and the largest certificate in it, in bytes.
const MOST: usize = 3072;
/// The certificate of SIGNALING_CA; empty if the program was built without one.
const BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ca.pem"));
/// When the program was built, in seconds after 1970: it is not earlier now.
pub(crate) const BUILT: u64 = include!(concat!(env!("OUT_DIR"), "/built"));

/// The certificate in DER, of that file, or of the build if none is named. To be called once.
pub(crate) fn certificate(path: Option<&str>) -> Option<&'static [u8]> {
    static MEMORY: StaticCell<[[u8; MOST]; 2]> = StaticCell::new();
    let [file, der] = MEMORY.init_with(|| [[0; MOST]; 2]);
    let pem = match path {
        None => BUILT_IN,
        Some(path) => {
            let len = HostFile::open(path)?.read(file);
            file.get(..len)?
        }
    };
    let (label, der) = pem_rfc7468::decode(pem, der).ok()?;
    (label == "CERTIFICATE").then_some(der)
}
