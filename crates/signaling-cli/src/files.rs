//! How many links the system lets a relay have: each is an open file.

use crate::output::{Notice, Tone};

/// What a relay has open besides its links: its log, its listener, files that it reads again.
const OTHERS: u64 = 32;

/// Takes as many files as that many links need, if the system lets us. How many links there may be then, and what to tell
/// if these are fewer.
#[cfg(unix)]
pub(crate) fn allow(links: usize) -> (usize, Option<Notice>) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = (links as u64).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let allowed = maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if current.is_none_or(|current| current >= wanted) {
        return (links, None);
    }
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum });
    let files = if raised.is_ok() { allowed } else { current.unwrap_or(allowed) };
    if files >= wanted {
        return (links, None);
    }
    let room = usize::try_from(files.saturating_sub(OTHERS)).unwrap_or(links).max(1);
    (room, Some(few(links, room, files)))
}

/// Such a system has no such limit.
#[cfg(not(unix))]
pub(crate) fn allow(links: usize) -> (usize, Option<Notice>) {
    (links, None)
}

#[cfg(unix)]
fn few(links: usize, room: usize, files: u64) -> Notice {
    let text = format!(
        "the system allows {files} open files, so {room} links rather than {links}: raise that (ulimit -n, or \
         LimitNOFILE= of systemd), or say --limit connections={room}"
    );
    Notice::new("few_files", Tone::Doubt, text).with("files", files).with("connections", links)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_allows_is_enough_or_told() {
        assert!(matches!(allow(1), (1, None)), "a few links need no more than any system allows");
        assert!(few(65_536, 4_064, 4_096).json(0).contains(r#""files":4096,"connections":65536"#));
    }
}
