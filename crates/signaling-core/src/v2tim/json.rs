//! JSON (RFC 8259) read where it lies: the whole grammar, no recursion, no memory of its own.
//!
//! The published readers without a heap do not fit: serde-json-core leaves escapes in strings, or fails on
//! surrogate pairs; picojson wants a buffer as long as the longest string, here 12 KB.

use super::NotSignaling;
use super::text::Text;

/// How many arrays and objects may lie inside one another in a message, itself counted.
pub const MAX_DEPTH: u32 = 64;

/// A value of JSON that was checked, all that is in it included.
#[derive(Clone, Copy)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Text<'a>),
    /// From bracket to bracket.
    Array(&'a str),
    /// From brace to brace.
    Object(&'a str),
}

impl<'a> Value<'a> {
    /// The text, if it is one.
    pub(super) fn text(self) -> Option<Text<'a>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

/// Reads a text that is one value, and nothing else.
pub(super) fn document(text: &str) -> Result<Value<'_>, NotSignaling> {
    let mut reader = Reader { text, at: 0 };
    reader.space();
    let value = reader.value()?;
    reader.space();
    if reader.peek().is_some() { Err(reader.wrong()) } else { Ok(value) }
}

/// The keys and values of an object that was checked.
pub(super) fn members(object: &str) -> impl Iterator<Item = (Text<'_>, Value<'_>)> {
    let mut reader = Reader { text: object, at: 0 };
    core::iter::from_fn(move || reader.next(|reader| Ok((reader.key()?, reader.value()?))))
}

/// The values of an array that was checked.
pub(super) fn elements(array: &str) -> Elements<'_> {
    Elements(Reader { text: array, at: 0 })
}

#[derive(Clone)]
pub(super) struct Elements<'a>(Reader<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.0.next(Reader::value)
    }
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    /// In bytes. It may stand past the end, where nothing is found any more.
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads what stands behind the next bracket or comma. At the end there is nothing, which is no `item`.
    fn next<T>(&mut self, item: impl FnOnce(&mut Self) -> Result<T, NotSignaling>) -> Option<T> {
        self.bump();
        self.space();
        let item = item(self).ok()?;
        self.space();
        Some(item)
    }

    fn value(&mut self) -> Result<Value<'a>, NotSignaling> {
        match self.peek() {
            Some(b'{') => self.container().map(Value::Object),
            Some(b'[') => self.container().map(Value::Array),
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Result<Value<'a>, NotSignaling> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => self.word(),
        }
    }

    /// An array or object with all that is in it.
    fn container(&mut self) -> Result<&'a str, NotSignaling> {
        let from = self.at;
        let mut open = Open::default();
        while self.step(&mut open)? {}
        Ok(self.since(from))
    }

    /// Goes over a scalar, or into a container; and out of all that ends there. Whether a value follows.
    fn step(&mut self, open: &mut Open) -> Result<bool, NotSignaling> {
        let Some(bracket @ (b'{' | b'[')) = self.peek() else {
            self.scalar()?;
            return self.leave(open);
        };
        if !open.push(bracket == b'{') {
            return Err(NotSignaling::TooDeep { at: self.at });
        }
        self.bump();
        self.space();
        if let Some(b'}' | b']') = self.peek() {
            return self.leave(open);
        }
        self.enter(open)
    }

    /// Behind a value: closes what ends there. Whether another value follows, which is then next.
    fn leave(&mut self, open: &mut Open) -> Result<bool, NotSignaling> {
        while let Some(end) = open.end() {
            self.space();
            if self.take(b',') {
                self.space();
                return self.enter(open);
            }
            self.expect(end)?;
            open.pop();
        }
        Ok(false)
    }

    /// Before a value: goes over its key, if it has one.
    fn enter(&mut self, open: &Open) -> Result<bool, NotSignaling> {
        if open.end() == Some(b'}') {
            self.key()?;
        }
        Ok(true)
    }

    fn key(&mut self) -> Result<Text<'a>, NotSignaling> {
        let key = self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(key)
    }

    fn string(&mut self) -> Result<Text<'a>, NotSignaling> {
        self.expect(b'"')?;
        let from = self.at;
        let mut escaped = false;
        while !matches!(self.peek(), Some(b'"')) {
            match self.peek() {
                Some(b'\\') => {
                    escaped = true;
                    self.bump();
                    self.escape()?;
                }
                Some(b' '..) => self.bump(),
                _ => return Err(self.wrong()),
            }
        }
        let inside = self.since(from);
        self.bump();
        Ok(if escaped { Text::escaped(inside) } else { Text::from(inside) })
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<(), NotSignaling> {
        if self.take(b'u') {
            return (0..4).try_for_each(|_| self.one(|byte| byte.is_ascii_hexdigit()));
        }
        self.one(|byte| matches!(byte, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'))
    }

    fn number(&mut self) -> Result<&'a str, NotSignaling> {
        let from = self.at;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Ok(self.since(from))
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), NotSignaling> {
        self.one(|byte| byte.is_ascii_digit())?;
        while self.one(|byte| byte.is_ascii_digit()).is_ok() {}
        Ok(())
    }

    fn word(&mut self) -> Result<Value<'a>, NotSignaling> {
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
        let (word, value) = found.ok_or(self.wrong())?;
        self.at = self.at.saturating_add(word.len());
        Ok(value)
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.bump();
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotSignaling> {
        self.one(|found| found == byte)
    }

    fn take(&mut self, byte: u8) -> bool {
        self.expect(byte).is_ok()
    }

    fn one(&mut self, fits: impl Fn(u8) -> bool) -> Result<(), NotSignaling> {
        if !self.peek().is_some_and(fits) {
            return Err(self.wrong());
        }
        self.bump();
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn bump(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// What was gone over. Both ends stand beside ASCII, so on borders of characters.
    fn since(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn wrong(&self) -> NotSignaling {
        NotSignaling::NotJson { at: self.at }
    }
}

/// The arrays and objects around a place, one bit each: 1 is an object, the innermost is the lowest.
#[derive(Default)]
struct Open {
    depth: u32,
    objects: u64,
}

impl Open {
    /// Whether there was room for it.
    fn push(&mut self, object: bool) -> bool {
        if self.depth == MAX_DEPTH {
            return false;
        }
        self.depth = self.depth.saturating_add(1);
        self.objects = (self.objects << 1) | u64::from(object);
        true
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.objects >>= 1;
    }

    /// What closes the innermost; none if nothing is open.
    fn end(&self) -> Option<u8> {
        let end = if self.objects & 1 == 1 { b'}' } else { b']' };
        (self.depth > 0).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it goes wrong, or none if it is JSON.
    fn fault(text: &str) -> Option<usize> {
        match document(text) {
            Ok(_) => None,
            Err(NotSignaling::NotJson { at }) => Some(at),
            Err(other) => panic!("{text}: {other}"),
        }
    }

    #[test]
    fn the_grammar_is_read_and_nothing_else() {
        for good in [
            "null",
            " true\t",
            "\r\nfalse",
            "0",
            "-0",
            "-1.50e+07",
            "10E2",
            r#""""#,
            r#""\u00e9\n\/\\\"""#,
            "[]",
            "[ ]",
            "{ }",
            "[[],{}]",
            r#"{"a":[1,{"b":{}}],"":null}"#,
            "[1 , 2]",
            "\"\u{7f}é😀\"",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, at) in [
            ("", 0),
            ("nul", 0),
            ("nulll", 4),
            ("True", 0),
            ("01", 1),
            ("-", 1),
            ("+1", 0),
            (".5", 0),
            ("1.", 2),
            ("1.e1", 2),
            ("1e", 2),
            ("1e+", 3),
            ("0x1", 1),
            ("\"", 1),
            ("\"a\nb\"", 2),
            ("\"\u{1f}\"", 1),
            (r#""\x""#, 2),
            (r#""\u12g4""#, 5),
            (r#""\u123""#, 6),
            ("'a'", 0),
            ("[", 1),
            ("[1,]", 3),
            ("[,1]", 1),
            ("[1 2]", 3),
            ("[1}", 2),
            ("{]", 1),
            ("{1:2}", 1),
            (r#"{"a"}"#, 4),
            (r#"{"a":}"#, 5),
            (r#"{"a":1,}"#, 7),
            ("[]]", 2),
            ("[] []", 3),
            ("\u{feff}[]", 0),
            ("[1]//", 3),
            ("\u{a0}1", 0),
        ] {
            assert_eq!(fault(bad), Some(at), "{bad}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(document(&nested(64)).is_ok());
        assert!(matches!(document(&nested(65)), Err(NotSignaling::TooDeep { at: 64 })));
        assert!(matches!(document(&r#"{"a":"#.repeat(1000)), Err(NotSignaling::TooDeep { .. })));
    }

    #[test]
    fn members_and_elements_come_in_order() {
        let keys: std::vec::Vec<_> =
            members(r#"{ "a" : [1,{}] , "\u0062":"}" }"#).map(|(key, _)| key).collect();
        assert_eq!(keys, ["a", "b"]);
        assert_eq!(elements("[ 1 , [2,3] , \"]\" ]").count(), 3);
        assert_eq!((members("{ }").count(), elements("[]").count()), (0, 0));
    }
}
