//! A text as it lies in JSON, or anywhere else.

use core::fmt::{self, Write};
use core::str;

use super::write::Out;
use crate::name::InviteId;

/// The buffer is too small for the text or the message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NoRoom {
    /// How many bytes would do.
    pub needed: usize,
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the buffer is too small: {} bytes are needed", self.needed)
    }
}

impl core::error::Error for NoRoom {}

/// A text that is borrowed as it is, or from JSON with its escapes still in it; or an invite id.
///
/// It reads, compares, counts and shows as the text that is meant, whichever it is. Half a surrogate pair, which
/// the web clients let pass, reads as U+FFFD.
///
/// ```
/// use signaling_core::v2tim::get_signaling_info;
///
/// let info = get_signaling_info(r#"{"inviteID":"i","actionType":1,"data":"\u00bfvideo?\n"}"#)?;
/// assert_eq!(info.data, "¿video?\n");
/// assert_eq!(info.data.len(), 9);
/// assert_eq!(info.data.copy_to(&mut [0; 16]), Ok("¿video?\n"));
/// # Ok::<(), signaling_core::v2tim::NotSignaling>(())
/// ```
#[derive(Clone, Copy)]
pub struct Text<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    Plain(&'a str),
    /// The inside of a string of JSON that was checked.
    Escaped(&'a str),
    Id([u8; 16]),
}

impl<'a> Text<'a> {
    /// The inside of a string of JSON that was checked.
    pub(super) fn escaped(inside: &'a str) -> Self {
        Self(Form::Escaped(inside))
    }

    /// Its characters.
    pub fn chars(self) -> impl Iterator<Item = char> + Clone + use<'a> {
        match self.0 {
            Form::Plain(text) => Chars::Text { rest: text.chars(), escaped: false },
            Form::Escaped(inside) => Chars::Text { rest: inside.chars(), escaped: true },
            Form::Id(bytes) => Chars::Id { bytes, digit: 0 },
        }
    }

    /// Its length in bytes of UTF-8, without escapes. Only of a text without any is it known at once.
    pub fn len(self) -> usize {
        match self.0 {
            Form::Plain(text) => text.len(),
            _ => self.chars().fold(0, |len, c| len.saturating_add(c.len_utf8())),
        }
    }

    /// Whether it has no character.
    pub fn is_empty(self) -> bool {
        self.chars().next().is_none()
    }

    /// The text where it lies; none if there are escapes in it, or if it is the id of an invitation.
    pub fn as_str(self) -> Option<&'a str> {
        match self.0 {
            Form::Plain(text) => Some(text),
            _ => None,
        }
    }

    /// Copies it into `buf`, without escapes.
    ///
    /// # Errors
    /// [`NoRoom`] if it is longer than `buf`, which then holds its beginning.
    pub fn copy_to(self, buf: &mut [u8]) -> Result<&str, NoRoom> {
        let mut out = Out::new(buf);
        out.plain(self);
        let len = out.finish()?;
        let bytes = buf.get(..len).unwrap_or_default();
        Ok(str::from_utf8(bytes).unwrap_or_default()) // whole characters, so it is UTF-8
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Form::Plain(text))
    }
}

impl From<InviteId> for Text<'_> {
    fn from(id: InviteId) -> Self {
        Self(Form::Id(id.to_bytes()))
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::from("")
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self == Text::from(other)
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == Text::from(*other)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|c| f.write_char(c))
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        self.chars().flat_map(char::escape_debug).try_for_each(|c| f.write_char(c))?;
        f.write_char('"')
    }
}

#[derive(Clone)]
enum Chars<'a> {
    Text { rest: str::Chars<'a>, escaped: bool },
    Id { bytes: [u8; 16], digit: usize },
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::Text { rest, escaped } => match next(rest)? {
                '\\' if *escaped => Some(unescape(rest)),
                c => Some(c),
            },
            Self::Id { bytes, digit } => {
                let byte = *bytes.get(*digit / 2)?;
                let half = if digit.is_multiple_of(2) { byte >> 4 } else { byte & 15 };
                *digit = digit.saturating_add(1);
                char::from_digit(u32::from(half), 16)
            }
        }
    }
}

/// The character that the escape stands for whose backslash was read.
fn unescape(rest: &mut str::Chars<'_>) -> char {
    match next(rest) {
        Some('u') => unicode(rest),
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(itself) => itself,
        None => char::REPLACEMENT_CHARACTER,
    }
}

/// The character of one `\u` escape, or of two that are a surrogate pair.
fn unicode(rest: &mut str::Chars<'_>) -> char {
    let unit = four_digits(rest);
    let mut ahead = rest.clone();
    if let (0xd800..0xdc00, Some('\\'), Some('u')) = (unit, next(&mut ahead), next(&mut ahead)) {
        let low = four_digits(&mut ahead);
        if let 0xdc00..0xe000 = low {
            *rest = ahead;
            let both = 0x1_0000_u32.wrapping_add(((unit & 0x3ff) << 10) | (low & 0x3ff));
            return char::from_u32(both).unwrap_or_default();
        }
    }
    char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn four_digits(rest: &mut str::Chars<'_>) -> u32 {
    (0..4).fold(0, |unit, _| (unit << 4) | next(rest).and_then(|c| c.to_digit(16)).unwrap_or_default())
}

/// As `rest.next()`, which the compiler would write out at each place: too long for a chip.
#[inline(never)]
fn next(rest: &mut str::Chars<'_>) -> Option<char> {
    rest.next()
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};

    use super::*;

    #[test]
    fn escapes_are_undone() {
        for (inside, meant) in [
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
            (r"\u0041\u00e9\u20AC\uffff\u0000", "Aé€\u{ffff}\0"),
            (r"\ud83d\uDE00 \uD800\uDC00\udbff\udfff", "😀 \u{10000}\u{10ffff}"),
            (r"\\u0041", r"\u0041"),
        ] {
            let text = Text::escaped(inside);
            assert_eq!(text, meant);
            assert_eq!((text.to_string().as_str(), text.len()), (meant, meant.len()));
            assert_eq!(text.as_str(), None);
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_one_replacement() {
        for (inside, meant) in [
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\ud83d\n", "\u{fffd}\n"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}😀"),
        ] {
            assert_eq!(Text::escaped(inside), meant, "{inside}");
        }
    }

    #[test]
    fn an_id_is_its_digits() {
        let id: InviteId = "0123456789abcdef0000000700000001".parse().unwrap();
        let text = Text::from(id);
        assert_eq!(text, "0123456789abcdef0000000700000001");
        assert_eq!((text.len(), text.is_empty(), text.to_string()), (32, false, id.to_string()));
    }

    #[test]
    fn a_copy_needs_room() {
        let text = Text::escaped(r"a\u00e9\u20ac");
        assert_eq!(text.copy_to(&mut [0; 6]), Ok("aé€"));
        for room in 0..6 {
            assert_eq!(text.copy_to(&mut [0; 6][..room]), Err(NoRoom { needed: 6 }));
        }
        assert_eq!(Text::default().copy_to(&mut []), Ok(""));
    }

    #[test]
    fn debug_shows_a_literal() {
        let text = std::format!("{:?}", Text::escaped(r#"\"\u00e9\n"#));
        assert_eq!(text, String::from(r#""\"é\n""#));
    }
}
