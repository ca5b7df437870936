//! What others sent, made safe to print: it must not steer the terminal.

use std::fmt::Write;

/// As much of the data of others as is shown to people, in characters.
const SHOWN: usize = 120;

/// A name with everything escaped that is not plainly visible: control characters, and those that change
/// the direction of writing.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' => out.push(c),
            _ => out.extend(c.escape_debug()),
        }
    }
    out
}

/// Data in quotes, escaped, and cut if it is long; bytes that are not text as their number.
pub(crate) fn quote(data: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(data) else { return format!("({} bytes)", data.len()) };
    let shown: String = text.chars().take(SHOWN).collect();
    let mut out = format!("{shown:?}");
    if shown.len() < text.len() {
        // Writing to a string does not fail.
        let _ = write!(out, "… ({} bytes)", text.len());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean("Zoë's \"pad\""), "Zoë's \"pad\"");
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}c\u{9b}d"), r"a\u{1b}[2Jb\u{202e}c\u{9b}d");
        assert_eq!(quote(b"\x1b]0;mine\x07\n"), r#""\u{1b}]0;mine\u{7}\n""#);
    }

    #[test]
    fn long_data_is_cut_and_bytes_are_counted() {
        assert_eq!(quote(&[0xff; 3]), "(3 bytes)");
        assert_eq!(quote("é".repeat(121).as_bytes()), format!("\"{}\"… (242 bytes)", "é".repeat(120)));
    }
}
