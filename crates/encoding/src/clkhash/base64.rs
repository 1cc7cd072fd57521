//! Base64 as Python's `base64.b64decode` reads it: whatever is not of the alphabet is read over, and padding may be too long.

/// Decodes; nothing if Python raises an error: a character beyond ASCII, or a padding that is missing.
pub fn decode_leniently(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut left, mut in_group, mut pads) = (0_u8, 0_u8, 0_u8);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                if in_group >= 2 {
                    pads += 1;
                    if in_group + pads >= 4 {
                        // Python stops here and reads over the rest.
                        return Some(bytes);
                    }
                }
                continue;
            }
            _ => continue,
        };
        pads = 0;
        match in_group {
            0 => left = value,
            1 => {
                bytes.push((left << 2) | (value >> 4));
                left = value & 0x0f;
            }
            2 => {
                bytes.push((left << 4) | (value >> 2));
                left = value & 0x03;
            }
            _ => {
                bytes.push((left << 6) | value);
                left = 0;
            }
        }
        in_group = (in_group + 1) % 4;
    }
    (in_group == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_python_decodes() {
        for (text, expected) in [
            ("", Some(&b""[..])),
            ("YWI=", Some(b"ab")),
            ("YQ==", Some(b"a")),
            ("Y W\nI*=", Some(b"ab")),
            ("YWI=ignored", Some(b"ab")),
            ("YWI==", Some(b"ab")),
            ("=YWI=", Some(b"ab")),
            ("YWJj====", Some(b"abc")),
            ("YWI", None),
            ("YQ=", None),
            ("Y", None),
            ("YWIé", None),
        ] {
            assert_eq!(decode_leniently(text).as_deref(), expected, "{text:?}");
        }
    }
}
