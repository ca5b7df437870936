//! What outlives a restart: files that hold either what they held before or what was written last.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use signaling_core::{Snapshot, Stamp};

use crate::state::StateError;
use crate::storage::{ClientEngine, MAX_DEVICES, MAX_INVITEES};

/// The invitations of a durable client, in the folder of its state.
const INVITATIONS: &str = "invitations";
/// How that file begins. Each invitation stands behind its length, and a checksum of all before at the end.
const TITLE: &[u8] = b"signaling invitations, version 1\n";

/// The moments at which a process may die while it writes a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    Created,
    HalfWritten,
    Written,
    Synced,
    Renamed,
    Done,
}

/// Puts `bytes` into the file `name` of the folder. Whatever happens, the file holds the old bytes or the new.
pub(crate) fn replace(dir: &Path, name: &str, bytes: &[u8], mut at: impl FnMut(Step)) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    let mut out = File::create(&new)?;
    at(Step::Created);
    let (one, other) = bytes.split_at(bytes.len() / 2);
    out.write_all(one)?;
    at(Step::HalfWritten);
    out.write_all(other)?;
    at(Step::Written);
    out.sync_all()?;
    at(Step::Synced);
    fs::rename(&new, dir.join(name))?;
    at(Step::Renamed);
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    at(Step::Done);
    Ok(())
}

/// Where a durable client keeps its invitations.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    dir: PathBuf,
}

impl Disk {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.join(INVITATIONS)
    }

    /// Blocks until the disk has them.
    pub(crate) fn save(&self, bytes: &[u8]) -> io::Result<()> {
        let saved = replace(&self.dir, INVITATIONS, bytes, |_| {});
        saved.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.dir.display())))
    }

    /// Takes back what an earlier run saved.
    pub(crate) fn load(&self, engine: &mut ClientEngine, now: u64) -> Result<(), StateError> {
        let file = self.file();
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(StateError::Io { path: file, error }),
        };
        let corrupt = |what| StateError::Damaged { file: file.clone(), what };
        let Some(body) = checked(&bytes).map_err(corrupt)?.strip_prefix(TITLE) else {
            return Err(StateError::OtherVersion { file });
        };
        for bytes in records(body).map_err(corrupt)? {
            let snapshot: Snapshot<'_, MAX_INVITEES, MAX_DEVICES> =
                postcard::from_bytes(bytes).map_err(|_| corrupt("an invitation in it cannot be read"))?;
            let restored = engine.restore(now, &snapshot);
            restored.map_err(|error| StateError::NotRestored { file: file.clone(), error })?;
        }
        Ok(())
    }
}

/// What is to be saved now, and up to which change that is; none if nothing is.
pub(crate) fn unsaved(engine: &ClientEngine) -> Option<(Stamp, Vec<u8>)> {
    let stamp = engine.unsaved()?;
    let mut bytes = TITLE.to_vec();
    for snapshot in engine.snapshots() {
        let start = bytes.len();
        bytes.extend([0; 4]);
        bytes = postcard::to_extend(&snapshot, bytes).expect("a vector takes whatever it is given");
        let len = u32::try_from(bytes.len() - start - 4).expect("an invitation has less than a megabyte");
        bytes[start..start + 4].copy_from_slice(&len.to_le_bytes());
    }
    let sum = crc32fast::hash(&bytes);
    bytes.extend(sum.to_le_bytes());
    Some((stamp, bytes))
}

/// The bytes of a file without its checksum, if that fits.
fn checked(bytes: &[u8]) -> Result<&[u8], &'static str> {
    let (body, sum) = bytes.split_last_chunk::<4>().ok_or("its end is missing")?;
    let fits = crc32fast::hash(body) == u32::from_le_bytes(*sum);
    if fits { Ok(body) } else { Err("its checksum does not fit") }
}

/// The invitations in what stands behind the first line.
fn records(mut rest: &[u8]) -> Result<Vec<&[u8]>, &'static str> {
    let mut records = Vec::new();
    while let Some((len, behind)) = rest.split_first_chunk::<4>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let (record, behind) = behind.split_at_checked(len).ok_or("an invitation in it is cut off")?;
        records.push(record);
        rest = behind;
    }
    if rest.is_empty() { Ok(records) } else { Err("more stands in it than should") }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use signaling_core::{Config, Device, Invite, UserId};

    use super::*;
    use crate::storage::Vectors;

    const DIR: &str = "SIGNALING_TEST_DIR";
    const DIE_AT: &str = "SIGNALING_TEST_DIE_AT";
    const STEPS: [Step; 6] =
        [Step::Created, Step::HalfWritten, Step::Written, Step::Synced, Step::Renamed, Step::Done];

    fn engine(epoch: u32) -> ClientEngine {
        let mut config = Config::new(UserId::new("alice").unwrap(), Device { id: 1, epoch });
        config.durable = true;
        ClientEngine::new(config, Vectors::new(8))
    }

    fn with(invitees: &[&str]) -> ClientEngine {
        let mut engine = engine(1);
        for invitee in invitees {
            let invite =
                Invite { invitees: &[invitee], data: b"video?", timeout: Some(1000), ..Invite::default() };
            engine.invite(0, &invite).unwrap();
        }
        engine
    }

    fn loaded(dir: &Path) -> Result<usize, StateError> {
        let mut engine = engine(2);
        Disk::new(dir.into()).load(&mut engine, 0)?;
        Ok(engine.len())
    }

    /// The process that is killed: it replaces one invitation by two.
    #[test]
    fn dying() {
        let (Ok(dir), Ok(step)) = (std::env::var(DIR), std::env::var(DIE_AT)) else { return };
        let die_at = STEPS[step.parse::<usize>().unwrap()];
        let (_, bytes) = unsaved(&with(&["bob", "carol"])).unwrap();
        let _ = replace(Path::new(&dir), INVITATIONS, &bytes, |step| {
            if step == die_at {
                let me = std::process::id().to_string();
                Command::new("kill").args(["-9", &me]).status().unwrap();
                std::thread::park();
            }
        });
    }

    #[test]
    #[cfg(unix)]
    fn whoever_is_killed_while_saving_leaves_the_old_or_the_new() {
        for (at, step) in STEPS.into_iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            let (_, bytes) = unsaved(&with(&["bob"])).unwrap();
            Disk::new(dir.path().into()).save(&bytes).unwrap();
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["--exact", "disk::tests::dying"]).env(DIR, dir.path()).env(DIE_AT, at.to_string());
            let output = child.output().unwrap();
            assert!(output.status.code().is_none(), "it was killed at {step:?}");
            let renamed = matches!(step, Step::Renamed | Step::Done);
            assert_eq!(loaded(dir.path()).unwrap(), if renamed { 2 } else { 1 }, "{step:?}");
            Disk::new(dir.path().into()).save(&bytes).unwrap();
            assert_eq!(loaded(dir.path()).unwrap(), 1, "what is left lying about is in nobody's way");
        }
    }

    #[test]
    fn a_torn_or_damaged_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (_, bytes) = unsaved(&with(&["bob", "carol"])).unwrap();
        let file = dir.path().join(INVITATIONS);
        let flipped = (0..bytes.len()).map(|at| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 4;
            bytes
        });
        for damaged in (0..bytes.len()).map(|end| bytes[..end].to_vec()).chain(flipped) {
            fs::write(&file, damaged).unwrap();
            let error = loaded(dir.path()).unwrap_err();
            assert!(matches!(&error, StateError::Damaged { file: f, .. } if *f == file));
        }
        fs::write(&file, &bytes).unwrap();
        assert_eq!(loaded(dir.path()).unwrap(), 2);
    }

    #[test]
    fn a_file_of_another_version_is_not_called_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(INVITATIONS);
        let mut bytes = b"signaling invitations, version 2\nwho knows".to_vec();
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        fs::write(&file, &bytes).unwrap();
        let error = loaded(dir.path()).unwrap_err();
        assert!(matches!(&error, StateError::OtherVersion { file: f } if *f == file), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes, "it is kept for whoever can read it");
    }

    #[test]
    fn nothing_is_saved_and_nothing_is_there() {
        let dir = tempfile::tempdir().unwrap();
        assert!(unsaved(&engine(1)).is_none());
        assert_eq!(loaded(dir.path()).unwrap(), 0);
    }
}
