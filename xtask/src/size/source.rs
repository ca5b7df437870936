//! What the compiler tells of the source that an instruction comes from.

use addr2line::FrameIter;
use addr2line::gimli::{self, Dwarf, EndianSlice, LittleEndian};
use anyhow::{Context, Result};
use object::read::elf::ElfFile32;
use object::{Object, ObjectSection};

use crate::footprint::demangle;

/// The debug information of one program.
pub(super) struct Source<'a>(addr2line::Context<EndianSlice<'a, LittleEndian>>);

impl<'a> Source<'a> {
    pub(super) fn read(file: &ElfFile32<'a>) -> Result<Self> {
        let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
            let section = file.section_by_name(id.name());
            let data = section.and_then(|section| section.data().ok()).unwrap_or_default();
            Ok(EndianSlice::new(data, LittleEndian))
        };
        Ok(Self(addr2line::Context::from_dwarf(Dwarf::load(section)?)?))
    }

    /// The innermost function that an instruction is of, be it a part of others now.
    pub(super) fn function(&self, at: u32) -> Result<Option<String>> {
        let mut frames = self.frames(at)?;
        let Some(function) = frames.next().with_context(unread(at))?.and_then(|frame| frame.function) else {
            return Ok(None);
        };
        Ok(Some(demangle(&function.raw_name()?)))
    }

    /// The files that an instruction is of: that of the innermost function, of the one that it became a part of, and on.
    pub(super) fn files(&self, at: u32) -> Result<Vec<&str>> {
        let (mut frames, mut files) = (self.frames(at)?, Vec::new());
        while let Some(frame) = frames.next().with_context(unread(at))? {
            files.extend(frame.location.and_then(|location| location.file));
        }
        Ok(files)
    }

    fn frames(&self, at: u32) -> Result<FrameIter<'_, EndianSlice<'a, LittleEndian>>> {
        self.0.find_frames(at.into()).skip_all_loads().with_context(unread(at))
    }
}

fn unread(at: u32) -> impl Fn() -> String {
    move || format!("cannot read the debug information of {at:#x}")
}
