//! Which device this is, kept in a locked folder (protocol section 2).

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use signaling_core::{Device, UserId};

use crate::disk::replace;

/// The file that is locked while a process uses the folder.
const LOCK: &str = "lock";
/// The file that says which device this is, and in which run.
const DEVICE: &str = "device";
/// The first line of that file.
const TITLE: &str = "signaling device, version 1";

/// Why the state of a device could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another process uses the folder.
    #[error("the folder {} is in use by another process: name another one", dir.display())]
    InUse {
        /// The folder.
        dir: PathBuf,
    },
    /// The file does not say what was written into it.
    #[error(
        "the file {} is damaged ({what}): remove it, and this becomes a new device",
        file.display()
    )]
    Corrupt {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The saved invitations of a durable client are not what was written.
    #[error(
        "the file {} is damaged ({what}): remove it, and the invitations in it are forgotten",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Another version of this library saved the invitations of a durable client.
    #[error(
        "the file {} is of another version: use that one, or remove the file to forget its invitations",
        file.display()
    )]
    OtherVersion {
        /// The file.
        file: PathBuf,
    },
    /// The saved invitations of a durable client are not for this one, or do not fit in.
    #[error(
        "the invitations in {} cannot be restored: {error}; remove the file to forget them",
        file.display()
    )]
    NotRestored {
        /// The file.
        file: PathBuf,
        /// Why.
        error: signaling_core::RestoreError,
    },
    /// The device was started 2³² − 1 times.
    #[error("the file {} counts no further: remove it, and this becomes a new device", file.display())]
    WornOut {
        /// The file.
        file: PathBuf,
    },
    /// What was named as the folder is something else.
    #[error("{} is not a folder: name one, or a path where nothing is yet", path.display())]
    NoFolder {
        /// What was named.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// What could not be read or written.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Neither XDG_STATE_HOME nor a home folder is known.
    #[error("there is no home folder to keep the device's state in: set XDG_STATE_HOME or name a folder")]
    NoHome,
    /// The operating system gives no random numbers.
    #[error("no random numbers for a new device: {0}")]
    Random(getrandom::Error),
}

/// Which device a client is. Where it comes from a folder, the folder stays locked until this is dropped,
/// which a client does when it has closed.
pub struct State {
    device: Device,
    dir: Option<PathBuf>,
    lock: Option<File>,
}

impl State {
    /// The device that the folder stands for, in a new run: its epoch is one more than the last time. The
    /// folder is made if there is none, and then stands for a new device.
    ///
    /// It is not async: it reads and writes a few bytes, and waits until the disk has them.
    ///
    /// # Errors
    /// [`StateError::InUse`] if another process (or another client in this one) has it,
    /// [`StateError::Corrupt`] if its file is damaged, and the other kinds.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, StateError> {
        let dir = dir.as_ref();
        make(dir)?;
        let lock = lock(dir)?;
        let file = dir.join(DEVICE);
        let last = match fs::read_to_string(&file) {
            Ok(text) => parse(&text).map_err(|what| StateError::Corrupt { file: file.clone(), what })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => new_device(0)?,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(StateError::Corrupt { file, what: "it is not text" });
            }
            Err(error) => return Err(at(&file)(error)),
        };
        let Some(epoch) = last.epoch.checked_add(1) else { return Err(StateError::WornOut { file }) };
        let device = Device { epoch, ..last };
        replace(dir, DEVICE, text(device).as_bytes(), |_| {}).map_err(at(&file))?;
        Ok(Self { device, dir: Some(dir.into()), lock: Some(lock) })
    }

    /// A new device with a random epoch, forgotten when the process ends.
    ///
    /// # Errors
    /// [`StateError::Random`].
    pub fn ephemeral() -> Result<Self, StateError> {
        let epoch = getrandom::u32().map_err(StateError::Random)?.max(1);
        Ok(Self::provisioned(new_device(epoch)?))
    }

    /// A device that was given its id elsewhere. With epoch 0 it draws one when it first connects, and can
    /// invite nobody before.
    pub fn provisioned(device: Device) -> Self {
        Self { device, dir: None, lock: None }
    }

    /// The folder that is used when none is named: `signaling/<relay>/<user>` under `$XDG_STATE_HOME`, or
    /// under `~/.local/state` without one. Letters that a file name cannot have are written as `%` and hex.
    ///
    /// # Errors
    /// [`StateError::NoHome`].
    pub fn default_dir(relay: &str, user: &UserId) -> Result<PathBuf, StateError> {
        let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::home_dir().map(|home| home.join(".local").join("state"));
        let base = state.or_else(home).ok_or(StateError::NoHome)?;
        Ok(base.join("signaling").join(file_name(relay)).join(file_name(user.as_str())))
    }

    /// The device.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Fails if the folder was removed: another device may have one of that name by now.
    pub(crate) fn check(&self) -> io::Result<()> {
        let (Some(dir), Some(lock)) = (&self.dir, &self.lock) else { return Ok(()) };
        if is_there(lock, &dir.join(LOCK))? {
            return Ok(());
        }
        let what = format!("{} is no longer the folder that was opened", dir.display());
        Err(io::Error::new(io::ErrorKind::NotFound, what))
    }

    /// The folder that it is kept in, if it is.
    pub fn dir(&self) -> Option<&Path> {
        self.dir.as_deref()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.device).finish()
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> StateError {
    move |error| StateError::Io { path: path.into(), error }
}

fn make(dir: &Path) -> Result<(), StateError> {
    if dir.exists() && !dir.is_dir() {
        return Err(StateError::NoFolder { path: dir.into() });
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir).map_err(at(dir))
}

fn lock(dir: &Path) -> Result<File, StateError> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StateError::InUse { dir: dir.into() }),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

/// Whether the file of that name is the one that is open.
#[cfg(unix)]
fn is_there(open: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (open, there) = (open.metadata()?, fs::metadata(path)?);
    Ok((open.dev(), open.ino()) == (there.dev(), there.ino()))
}

/// Elsewhere no file that is open can be removed.
#[cfg(not(unix))]
fn is_there(_open: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

fn new_device(epoch: u32) -> Result<Device, StateError> {
    Ok(Device { id: getrandom::u64().map_err(StateError::Random)?, epoch })
}

fn text(device: Device) -> String {
    let Device { id, epoch } = device;
    format!("{TITLE}\nid {id:016x}\nepoch {epoch}\n")
}

fn parse(text: &str) -> Result<Device, &'static str> {
    let body = text.strip_suffix('\n').ok_or("its end is missing")?;
    let mut lines = body.split('\n');
    if lines.next() != Some(TITLE) {
        return Err("its first line is another one");
    }
    let id = lines
        .next()
        .and_then(|line| line.strip_prefix("id "))
        .filter(|id| id.len() == 16 && !id.starts_with('+'));
    let id = id.and_then(|id| u64::from_str_radix(id, 16).ok()).ok_or("it has no device id")?;
    let epoch = lines.next().and_then(|line| line.strip_prefix("epoch ")?.parse().ok());
    let epoch = epoch.filter(|epoch| *epoch != 0).ok_or("it has no epoch")?;
    match lines.next() {
        None => Ok(Device { id, epoch }),
        Some(_) => Err("more stands in it than should"),
    }
}

/// Keeps letters, digits and `.-_` but for a leading dot; all else becomes `%` and two hex digits a byte.
fn file_name(text: &str) -> String {
    let mut name = String::new();
    for (at, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && at > 0);
        if plain {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_is_another_run_of_the_same_device() {
        let dir = tempfile::tempdir().unwrap();
        let runs = [(); 3].map(|()| State::open(dir.path().join("a/b")).unwrap().device());
        assert_eq!(runs.map(|run| run.epoch), [1, 2, 3]);
        assert!(runs.iter().all(|run| run.id == runs[0].id));
    }

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = State::open(&dir).unwrap();
        assert!(matches!(State::open(&dir), Err(StateError::InUse { dir: d }) if d == dir.path()));
        drop(first);
        assert_eq!(State::open(&dir).unwrap().device().epoch, 2);
    }

    #[test]
    fn a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(State::open(&file), Err(StateError::NoFolder { path }) if path == file.path()));
    }

    #[test]
    fn a_damaged_file_is_named_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        State::open(&dir).unwrap();
        let file = dir.path().join(DEVICE);
        let whole = fs::read_to_string(&file).unwrap();
        let torn = (0..whole.len()).map(|end| whole[..end].to_owned());
        for text in torn.chain([format!("{whole}\n"), whole.replace("epoch 1", "epoch 0")]) {
            fs::write(&file, &text).unwrap();
            let error = State::open(&dir).unwrap_err();
            assert!(matches!(&error, StateError::Corrupt { file: f, .. } if *f == file), "{text:?}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }

    #[test]
    fn a_file_that_is_not_text_is_damaged_and_a_full_count_is_worn_out() {
        let dir = tempfile::tempdir().unwrap();
        State::open(&dir).unwrap();
        let file = dir.path().join(DEVICE);
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(matches!(State::open(&dir), Err(StateError::Corrupt { .. })));
        fs::write(&file, text(Device { id: 1, epoch: u32::MAX })).unwrap();
        assert!(matches!(State::open(&dir), Err(StateError::WornOut { .. })));
    }

    #[test]
    fn names_of_folders_hold_no_separator() {
        assert_eq!(file_name("tcp://a.b:7400"), "tcp%3a%2f%2fa.b%3a7400");
        assert_eq!(file_name(".."), "%2e.");
        assert_eq!(file_name("Zoë"), "Zo%c3%ab");
    }
}
