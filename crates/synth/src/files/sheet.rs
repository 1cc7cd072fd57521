//! Delimited text in the shapes that old systems write.

use crate::names::plain_letters;

/// How a file is written.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) delimiter: u8,
    pub(crate) carriage_returns: bool,
    pub(crate) windows_1252: bool,
    /// Text before the header: a byte order mark, title lines.
    pub(crate) preamble: &'static str,
}

/// The plain style: comma, line feeds, UTF-8.
pub(crate) const PLAIN: Style = Style {
    delimiter: b',',
    carriage_returns: false,
    windows_1252: false,
    preamble: "",
};

/// A file of a header and rows.
pub(crate) fn sheet(
    style: Style,
    header: &str,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Vec<u8> {
    let terminator = if style.carriage_returns {
        csv::Terminator::CRLF
    } else {
        csv::Terminator::Any(b'\n')
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(style.delimiter)
        .terminator(terminator)
        .from_writer(Vec::new());
    let names: Vec<&str> = header.split(char::from(style.delimiter)).collect();
    writer
        .write_record(&names)
        .expect("writing to memory does not fail");
    for row in rows {
        debug_assert_eq!(
            row.len(),
            names.len(),
            "a cell for every column of {header}"
        );
        writer
            .write_record(&row)
            .expect("a row has as many cells as the header");
    }
    let body = writer
        .into_inner()
        .expect("writing to memory does not fail");
    if style.windows_1252 {
        return windows_1252(&String::from_utf8(body).expect("every cell is text"));
    }
    let mut bytes = style.preamble.as_bytes().to_vec();
    bytes.extend(body);
    bytes
}

/// Windows-1252; letters it does not have lose their marks, as in the systems that use it.
fn windows_1252(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\x7f' | '\u{a0}'..='\u{ff}' => bytes.push(c as u32 as u8),
            'Š' => bytes.push(0x8a),
            'š' => bytes.push(0x9a),
            'Ž' => bytes.push(0x8e),
            'ž' => bytes.push(0x9e),
            other => {
                let plain = plain_letters(&other.to_string());
                bytes.extend(if plain.is_ascii() {
                    plain.into_bytes()
                } else {
                    b"?".to_vec()
                });
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_other_alphabets_lose_their_marks() {
        assert_eq!(
            windows_1252("Łukasz Öztürk Yılmaz"),
            b"Lukasz \xd6zt\xfcrk Yilmaz"
        );
    }

    #[test]
    fn cells_with_the_delimiter_are_quoted() {
        let style = Style {
            carriage_returns: true,
            ..PLAIN
        };
        assert_eq!(
            sheet(style, "a,b", [vec!["1, 2".to_owned(), "x".to_owned()]]),
            b"a,b\r\n\"1, 2\",x\r\n"
        );
    }
}
