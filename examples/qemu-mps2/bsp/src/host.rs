//! Files of the machine on which the emulator runs, over semihosting. On a real board they need a debugger.

use core::cell::Cell;

use cortex_m_semihosting::{nr, syscall};
use rand_core::{CryptoRng, Error, RngCore, impls};

/// The longest name of a file, in bytes.
const NAME: usize = 255;
/// To read, byte by byte.
const MODE: usize = 1;

/// A file that is open.
pub struct HostFile(usize);

impl HostFile {
    /// Opens it to be read; none if that cannot be, or its name has more than 255 bytes.
    pub fn open(path: &str) -> Option<Self> {
        let mut name = [0; NAME + 1];
        name.get_mut(..path.len()).filter(|_| path.len() <= NAME)?.copy_from_slice(path.as_bytes());
        let block = [name.as_ptr() as usize, MODE, path.len()].map(Cell::new);
        // SAFETY: the emulator reads the name, which ends with a zero, and nothing else.
        let handle = unsafe { syscall(nr::OPEN, &block) };
        (handle != usize::MAX).then_some(Self(handle))
    }

    /// Reads into `buf`; how many bytes there were.
    pub fn read(&mut self, buf: &mut [u8]) -> usize {
        let block = [self.0, buf.as_mut_ptr() as usize, buf.len()].map(Cell::new);
        // SAFETY: the emulator writes into that memory only, which is ours alone for so long.
        let missing = unsafe { syscall(nr::READ, &block) };
        buf.len().saturating_sub(missing)
    }
}

/// The random numbers of the machine on which the emulator runs: the board has none.
pub struct HostRandom(HostFile);

impl HostRandom {
    /// None if that machine has no `/dev/urandom`.
    pub fn open() -> Option<Self> {
        HostFile::open("/dev/urandom").map(Self)
    }
}

impl RngCore for HostRandom {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, buf: &mut [u8]) {
        assert_eq!(self.0.read(buf), buf.len(), "the machine has no more random numbers");
    }

    fn try_fill_bytes(&mut self, buf: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(buf);
        Ok(())
    }
}

impl CryptoRng for HostRandom {}
