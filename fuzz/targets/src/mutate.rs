//! Inputs made of seeds, the same ones on every machine: what a fuzzer does, without watching the code that runs.

/// Pieces that parsers stumble over.
const PIECES: [&[u8]; 28] = [
    b"\0",
    b"\"",
    b"\"\"",
    b"'",
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    b"[[",
    b"]]",
    b"{",
    b"}",
    b"=",
    b" ",
    b"-1",
    b"0",
    b"9999999999",
    b"18446744073709551616",
    b"1e999",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    "ß".as_bytes(),
    "İ".as_bytes(),
    "ﬁ".as_bytes(),
    "é".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{200f}".as_bytes(),
    "𝟘".as_bytes(),
];

/// Longest input: a parser that is slow on long ones is looked at elsewhere.
const LONGEST: usize = 16 << 10;

/// An endless row of inputs.
pub struct Inputs<'s> {
    seeds: &'s [Vec<u8>],
    state: u64,
}

impl<'s> Inputs<'s> {
    pub fn new(seeds: &'s [Vec<u8>]) -> Self {
        Self {
            seeds,
            state: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// A number below `bound` (Marsaglia's xorshift).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % bound.max(1)
    }

    /// A stretch of an input, mostly a short one.
    fn stretch(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 12 };
        let end = (start + self.below(most + 1)).min(length);
        start..end
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let place = self.stretch(input.len());
        match self.below(8) {
            0 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] ^= 1 << self.below(8);
            }
            1 if !input.is_empty() => {
                let at = self.below(input.len());
                input[at] = self.below(256) as u8;
            }
            2 => drop(input.drain(place)),
            3 => {
                let again = input[place.clone()].to_vec();
                input.splice(place.end..place.end, again);
            }
            4 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(place.start..place.start, piece.iter().copied());
            }
            5 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(place, piece.iter().copied());
            }
            6 => {
                let other = &self.seeds[self.below(self.seeds.len())];
                let part = self.stretch(other.len());
                input.splice(place, other[part].iter().copied());
            }
            _ => {
                // Another number, one more or less, or the same digit again and again.
                if let Some(at) = input.iter().position(u8::is_ascii_digit) {
                    let digits = input[at..].iter().filter(|c| c.is_ascii_digit()).count();
                    let nth = self.below(digits);
                    let at = (at..input.len())
                        .filter(|&at| input[at].is_ascii_digit())
                        .nth(nth)
                        .expect("it was counted");
                    let digit = b'0' + self.below(10) as u8;
                    let times = 1 + self.below(12) * usize::from(self.below(4) == 0);
                    input.splice(at..=at, std::iter::repeat_n(digit, times));
                }
            }
        }
    }
}

impl Iterator for Inputs<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut input = self.seeds[self.below(self.seeds.len())].clone();
        for _ in 0..=self.below(6) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        Some(input)
    }
}
