//! JSON as Python's `json.load` reads it, with the line of every value.
//!
//! A reader of its own rather than `serde_json`, because what clkhash does depends on things that `serde_json` gives away: whether a
//! number was written `20` or `20.0`, whole numbers of any size, and the line to name in a message. Of an object's equal names the
//! last one counts, as in Python.

use num_bigint::BigInt;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Line of the value's first character, counted from 1.
    pub line: u32,
    /// The value.
    pub value: Value,
}

/// A JSON value as Python has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without point or exponent.
    Int(BigInt),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Node>),
    /// An object; names are unique.
    Object(Vec<(String, Node)>),
}

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// Line of the trouble, counted from 1.
    pub line: u32,
    /// What is wrong, in words.
    pub what: &'static str,
    /// Whether Python reads it: then this is a limit of kinfold.
    pub is_refusal: bool,
}

/// Arrays and objects may be nested this deep; no schema needs more than ten levels.
const DEEPEST: u32 = 200;
/// Python refuses to read longer whole numbers (`sys.int_info.default_max_str_digits`).
const MOST_DIGITS: usize = 4300;

/// Reads a text.
///
/// # Errors
/// [`NotJson`] for everything that Python's reader refuses, and, as a refusal of kinfold, for half a surrogate pair and for nesting beyond
/// 200 levels. `NaN` and `Infinity` are numbers here as in Python: clkhash reads over names it does not know, whatever their value.
pub fn read(text: &str) -> Result<Node, NotJson> {
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
    };
    let node = reader.value(0)?;
    reader.space();
    if reader.at == text.len() {
        Ok(node)
    } else {
        Err(reader.wrong("there is more text after the end"))
    }
}

impl Node {
    /// The value of this name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Value::Object(entries) = &self.value else {
            return None;
        };
        entries
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, node)| node)
    }

    /// Removes and returns the value of this name.
    pub fn take(&mut self, name: &str) -> Option<Self> {
        let Value::Object(entries) = &mut self.value else {
            return None;
        };
        let at = entries.iter().position(|(key, _)| key == name)?;
        Some(entries.remove(at).1)
    }

    /// Sets the value of this name, if this is an object.
    pub fn put(&mut self, name: &str, node: Self) {
        if let Value::Object(entries) = &mut self.value {
            match entries.iter_mut().find(|(key, _)| key == name) {
                Some(entry) => entry.1 = node,
                None => entries.push((name.to_owned(), node)),
            }
        }
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if this is an array; otherwise none.
    pub fn list(&self) -> &[Self] {
        match &self.value {
            Value::List(nodes) => nodes,
            _ => &[],
        }
    }

    /// What Python's `bool()` says.
    pub fn is_truthy(&self) -> bool {
        match &self.value {
            Value::Null => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != BigInt::ZERO,
            Value::Float(value) => *value != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(nodes) => !nodes.is_empty(),
            Value::Object(entries) => !entries.is_empty(),
        }
    }
}

struct Reader<'text> {
    text: &'text str,
    at: usize,
    line: u32,
}

impl Reader<'_> {
    fn wrong(&self, what: &'static str) -> NotJson {
        NotJson {
            line: self.line,
            what,
            is_refusal: false,
        }
    }

    /// What Python reads and kinfold does not.
    fn refused(&self, what: &'static str) -> NotJson {
        NotJson {
            is_refusal: true,
            ..self.wrong(what)
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.peek() {
            self.line += u32::from(byte == b'\n');
            self.at += 1;
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: u32) -> Result<Node, NotJson> {
        self.space();
        if depth > DEEPEST {
            return Err(self.refused("arrays and objects are nested too deep"));
        }
        let line = self.line;
        let value = match self.peek() {
            None => return Err(self.wrong("the text ends where a value should stand")),
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-') if self.text[self.at..].starts_with("-I") => self.word()?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(_) => self.word()?,
        };
        Ok(Node { line, value })
    }

    fn word(&mut self) -> Result<Value, NotJson> {
        let words = [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
            ("-Infinity", Value::Float(f64::NEG_INFINITY)),
        ];
        for (word, value) in words {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("this is not the beginning of a value"))
    }

    fn list(&mut self, depth: u32) -> Result<Value, NotJson> {
        self.at += 1;
        let mut nodes = Vec::new();
        self.space();
        if self.skip(b']') {
            return Ok(Value::List(nodes));
        }
        loop {
            nodes.push(self.value(depth + 1)?);
            self.space();
            if self.skip(b']') {
                return Ok(Value::List(nodes));
            }
            if !self.skip(b',') {
                return Err(self.wrong("a comma or `]` is missing in an array"));
            }
        }
    }

    fn object(&mut self, depth: u32) -> Result<Value, NotJson> {
        self.at += 1;
        let mut node = Node {
            line: self.line,
            value: Value::Object(Vec::new()),
        };
        self.space();
        if self.skip(b'}') {
            return Ok(node.value);
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a name in double quotes is missing in an object"));
            }
            let name = self.string()?;
            self.space();
            if !self.skip(b':') {
                return Err(self.wrong("a colon is missing after a name"));
            }
            let value = self.value(depth + 1)?;
            node.put(&name, value);
            self.space();
            if self.skip(b'}') {
                return Ok(node.value);
            }
            if !self.skip(b',') {
                return Err(self.wrong("a comma or `}` is missing in an object"));
            }
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, NotJson> {
        let start = self.at;
        self.skip(b'-');
        let first = self.peek();
        let whole = self.digits();
        if whole == 0 || (whole > 1 && first == Some(b'0')) {
            return Err(self.wrong("a number is not written as JSON numbers are"));
        }
        let mut is_float = false;
        let mark = self.at;
        if self.skip(b'.') {
            if self.digits() == 0 {
                // Python reads the number before the point and then stumbles over the point.
                self.at = mark;
                return Err(self.wrong("digits are missing after a decimal point"));
            }
            is_float = true;
        }
        let mark = self.at;
        if self.skip(b'e') || self.skip(b'E') {
            if !self.skip(b'-') {
                self.skip(b'+');
            }
            if self.digits() == 0 {
                self.at = mark;
                return Err(self.wrong("digits are missing in an exponent"));
            }
            is_float = true;
        }
        let written = &self.text[start..self.at];
        if is_float {
            let value = written.parse();
            return value
                .map(Value::Float)
                .map_err(|_| self.wrong("a number cannot be read"));
        }
        if whole > MOST_DIGITS {
            return Err(self.wrong("a whole number has more than 4300 digits"));
        }
        let value = written.parse();
        value
            .map(Value::Int)
            .map_err(|_| self.wrong("a number cannot be read"))
    }

    fn string(&mut self) -> Result<String, NotJson> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or_else(|| self.wrong("a string has no end"))?;
            string.push_str(&rest[..plain]);
            self.at += plain;
            if self.skip(b'"') {
                return Ok(string);
            }
            if !self.skip(b'\\') {
                return Err(self.wrong("a string holds a control character or runs over its line"));
            }
            let escape = self.peek();
            self.at += 1;
            string.push(match escape {
                Some(b'"') => '"',
                Some(b'\\') => '\\',
                Some(b'/') => '/',
                Some(b'b') => '\u{8}',
                Some(b'f') => '\u{c}',
                Some(b'n') => '\n',
                Some(b'r') => '\r',
                Some(b't') => '\t',
                Some(b'u') => self.unicode()?,
                _ => {
                    self.at -= 1;
                    return Err(self.wrong("a backslash is followed by something unknown"));
                }
            });
        }
    }

    fn hex4(&mut self) -> Result<u32, NotJson> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.wrong("`\\u` needs four hexadecimal digits"))?;
        self.at += 4;
        Ok(code)
    }

    fn unicode(&mut self) -> Result<char, NotJson> {
        let mut code = self.hex4()?;
        if (0xd800..0xdc00).contains(&code) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            }
        }
        char::from_u32(code).ok_or_else(|| self.refused("`\\u` writes half of a surrogate pair"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_and_its_line() {
        let text = "{\"a\": [1, 2.5,\n -3e2, true, null],\n\"b\": \"\\u00e9\\ud83d\\ude00\\n\", \"a\": {}}";
        let node = read(text).unwrap();
        assert_eq!(node.get("a").unwrap().value, Value::Object(vec![]));
        let b = node.get("b").unwrap();
        assert_eq!((b.line, b.text()), (3, Some("é😀\n")));
        let list = read("[1, 1.0, 123456789012345678901234567890]").unwrap();
        assert!(matches!(list.list()[0].value, Value::Int(_)));
        assert!(matches!(list.list()[1].value, Value::Float(_)));
        assert!(matches!(list.list()[2].value, Value::Int(_)));
    }

    #[test]
    fn words_for_numbers_are_numbers_as_in_python() {
        let list = read("[NaN, Infinity, -Infinity]").unwrap();
        assert!(matches!(list.list()[0].value, Value::Float(value) if value.is_nan()));
        assert_eq!(list.list()[1].value, Value::Float(f64::INFINITY));
        assert_eq!(list.list()[2].value, Value::Float(f64::NEG_INFINITY));
        for text in ["-NaN", "-Infinit", "nan", "Infinity5"] {
            assert!(read(text).is_err_and(|error| !error.is_refusal), "{text}");
        }
    }

    #[test]
    fn what_python_reads_and_kinfold_does_not_is_a_refusal() {
        for text in ["\"\\ud800\"", "\"\\udc00x\"", &"[".repeat(500)] {
            assert!(read(text).is_err_and(|error| error.is_refusal), "{text}");
        }
    }

    #[test]
    fn what_python_refuses() {
        for (text, line) in [
            ("", 1),
            ("{\"a\": 1,\n}", 2),
            ("[1,]", 1),
            ("[01]", 1),
            ("[1.]", 1),
            ("[.5]", 1),
            ("[+1]", 1),
            ("\"a\nb\"", 1),
            ("\"\\x\"", 1),
            ("{a: 1}", 1),
            ("{} {}", 1),
            ("\u{feff}{}", 1),
            ("\"\\ud800\"", 1),
            ("// comment\n{}", 1),
        ] {
            assert_eq!(read(text).map_err(|error| error.line), Err(line), "{text}");
        }
    }
}
