//! Which operations of the listing the sources of `tests/footprint` do not call.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::root;

/// `Type::operation` of each public function that is not spelt so in a source of `tests/footprint`.
pub(super) fn left_out(listing: &str) -> Result<Vec<String>> {
    let mut sources = String::new();
    read(&Path::new(root()).join("tests/footprint/src"), &mut sources)?;
    let spelt = paths(&sources);
    let operations: BTreeSet<String> = operations(listing).collect();
    Ok(operations.into_iter().filter(|operation| !spelt.contains(operation)).collect())
}

/// All code below a folder, without comments.
fn read(folder: &Path, code: &mut String) -> Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, code)?;
            continue;
        }
        let source =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in source.lines() {
            *code += line.split("//").next().unwrap_or_default();
            code.push('\n');
        }
    }
    Ok(())
}

/// The operations of a listing, but for Debug: the standard library's own, of a text, may panic.
fn operations(listing: &str) -> impl Iterator<Item = String> {
    let mut debug = false;
    let checked = move |line: &&str| {
        if line.starts_with("impl") {
            debug = line.contains(" core::fmt::Debug for ");
        }
        !debug
    };
    listing.lines().filter(checked).filter_map(operation)
}

/// The last two names of a function in the listing: `Engine::accept`, or `encode_send` if it has no type.
fn operation(line: &str) -> Option<String> {
    let item = line.strip_prefix("pub ")?.trim_start_matches("const ");
    let signature = without_generics(item.strip_prefix("fn ")?);
    let path = signature.split('(').next()?.trim_start_matches('&');
    let names: Vec<&str> = path.split(' ').next_back()?.split("::").collect();
    Some(match names.as_slice() {
        // Implemented for whatever implements it already: the trait's own is listed too.
        [kind, _] if kind.len() == 1 => return None,
        [.., kind, name] if kind.starts_with(char::is_uppercase) || *kind == "str" => {
            format!("{kind}::{name}")
        }
        [.., name] => (*name).to_string(),
        [] => return None,
    })
}

/// The text without all that stands between angle brackets.
fn without_generics(text: &str) -> String {
    let mut depth = 0u32;
    let outside = |letter: &char| {
        match letter {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(outside).collect()
}

/// Every name and every `Type::operation` in the code; `Type::<T>::operation` is one too.
fn paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let (first, turbofish) = code.split_once("::<").unwrap_or((code, ""));
    let plain = turbofish.split("::<").map(|rest| rest.split_once('>').map_or(rest, |(_, behind)| behind));
    let code: String = [first].into_iter().chain(plain).collect();
    for path in code.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':')) {
        let names: Vec<&str> = path.split("::").collect();
        found.extend(names.windows(2).map(|pair| pair.join("::")));
        found.extend(names.into_iter().map(str::to_string));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_off_a_listing() {
        let listed = |line| operation(line).unwrap_or_default();
        assert_eq!(
            listed("pub fn core::Engine<S, P, I, D>::accept(&mut self, u64) -> Result<(), E>"),
            "Engine::accept"
        );
        assert_eq!(listed("pub const fn core::Fixed<ROWS, I>::new() -> Self"), "Fixed::new");
        assert_eq!(
            listed("pub fn core::wire::encode_send<'u>(&mut [u8]) -> core::Result<usize>"),
            "encode_send"
        );
        assert_eq!(listed("pub fn heapless::vec::Vec<u8, N, L>::bytes(&self) -> &[u8]"), "Vec::bytes");
        assert_eq!(operation("pub struct core::Fn "), None);
        assert_eq!(operation("impl core::fmt::Display for core::Device"), None);
    }

    #[test]
    fn debug_is_left_alone() {
        let listing = "impl core::fmt::Debug for core::A\npub fn core::A::fmt(&self)\nimpl core::A\npub fn core::A::b()\n";
        assert_eq!(operations(listing).collect::<Vec<_>>(), ["A::b"]);
    }

    #[test]
    fn calls_are_read_off_the_code() {
        let spelt =
            paths("keep(Engine::accept(engine, now)); let x = signaling_core::wire::encode_send(buf);");
        assert!(spelt.contains("Engine::accept") && spelt.contains("encode_send"));
        assert!(!spelt.contains("Engine::reject"));
    }
}
