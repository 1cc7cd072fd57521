//! A ledger's size and root, in the C2SP format `tlog-checkpoint`: what the parties sign, save and compare.

use crate::error::{Error, Result};
use crate::note::{Note, NoteKey};
use crate::tree::{Hash, Tree};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// What a ledger was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the ledger, one line: `kinfold/eastmere/2026`.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The checkpoint of a tree.
    pub fn of(origin: &str, tree: &Tree) -> Self {
        Self {
            origin: origin.to_owned(),
            size: tree.size(),
            root: tree.root(),
        }
    }

    /// The checkpoint as a note to be signed: origin, size in decimal, root in base64, a line each.
    ///
    /// # Errors
    /// [`Error::NoteFormat`] if the origin is not one line of text.
    pub fn to_note(&self) -> Result<Note> {
        if self.origin.trim().is_empty() || self.origin.contains('\n') {
            return Err(Error::NoteFormat {
                what: "the origin is one line of text",
            });
        }
        Note::new(&format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            BASE64_STANDARD.encode(self.root)
        ))
    }

    /// Reads the text of a signed checkpoint and demands this key's signature. Lines after the third belong to other tools and
    /// are allowed, as the format says.
    ///
    /// # Errors
    /// [`Error::NoteFormat`] or [`Error::NoteSignature`].
    pub fn open(note: &str, key: &NoteKey) -> Result<Self> {
        let note = Note::parse(note)?;
        note.verify(key)?;
        Self::parse(note.text())
    }

    /// Checks that a tree continues this checkpoint: its first entries have this root.
    ///
    /// # Errors
    /// [`Error::Fork`] if the tree is shorter or its history differs.
    pub fn must_precede(&self, tree: &Tree) -> Result<()> {
        match tree.root_at(self.size) {
            Ok(root) if root == self.root => Ok(()),
            _ => Err(Error::Fork { size: self.size }),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next())
        else {
            return Err(Error::NoteFormat {
                what: "a checkpoint has three lines: origin, size and root",
            });
        };
        if origin.trim().is_empty() || lines.any(str::is_empty) {
            return Err(Error::NoteFormat {
                what: "a checkpoint has no empty line",
            });
        }
        let size = size
            .parse::<u64>()
            .ok()
            .filter(|number| number.to_string() == size)
            .ok_or(Error::NoteFormat {
                what: "the size is a number without sign or leading zeros",
            })?;
        let root = BASE64_STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| Hash::try_from(bytes).ok())
            .ok_or(Error::NoteFormat {
                what: "the root is 32 bytes in base64",
            })?;
        Ok(Self {
            origin: origin.to_owned(),
            size,
            root,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    fn tree(entries: &[&str]) -> Tree {
        let mut tree = Tree::new();
        for entry in entries {
            tree.append(entry.as_bytes());
        }
        tree
    }

    fn signed(text: &str) -> (String, NoteKey) {
        let secret = SigningKey::from_bytes(&[3; 32]);
        let key = NoteKey::new("hub", secret.verifying_key()).unwrap();
        let note = Note::new(text)
            .unwrap()
            .with_signature(&key, secret.sign(text.as_bytes()).to_bytes())
            .unwrap();
        (note.to_string(), key)
    }

    #[test]
    fn a_checkpoint_comes_back_as_it_was() {
        let checkpoint = Checkpoint::of("kinfold/eastmere/2026", &tree(&["a", "b", "c"]));
        let (note, key) = signed(checkpoint.to_note().unwrap().text());
        assert_eq!(Checkpoint::open(&note, &key).unwrap(), checkpoint);
        for line in note.lines().filter(|line| !line.is_empty()) {
            let changed = note.replacen(line, &format!("{line}x"), 1);
            assert!(Checkpoint::open(&changed, &key).is_err(), "{line}");
        }
        let extended = format!("{}extra line\n", checkpoint.to_note().unwrap().text());
        let (note, key) = signed(&extended);
        assert_eq!(Checkpoint::open(&note, &key).unwrap(), checkpoint);
    }

    #[test]
    fn malformed_checkpoints_are_refused_although_signed() {
        let root = BASE64_STANDARD.encode([0; 32]);
        for text in [
            format!("origin\n01\n{root}\n"),
            format!("origin\n-1\n{root}\n"),
            format!("origin\n+1\n{root}\n"),
            format!("origin\n18446744073709551616\n{root}\n"),
            format!("origin\n1\n{}\n", &root[..40]),
            "origin\n1\n".to_owned(),
            format!(" \n1\n{root}\n"),
        ] {
            let (note, key) = signed(&text);
            assert_eq!(
                Checkpoint::open(&note, &key).unwrap_err().code(),
                "E-LOG-CHECKPOINT",
                "{text}"
            );
        }
        let two_lines = Checkpoint {
            origin: "two\nlines".to_owned(),
            size: 0,
            root: [0; 32],
        };
        assert!(two_lines.to_note().is_err());
    }

    #[test]
    fn changed_history_is_found() {
        let checkpoint = Checkpoint::of("origin", &tree(&["a", "b", "c"]));
        assert!(checkpoint.must_precede(&tree(&["a", "b", "c"])).is_ok());
        assert!(
            checkpoint
                .must_precede(&tree(&["a", "b", "c", "d", "e"]))
                .is_ok()
        );
        for other in [
            &["a", "b"][..],
            &["a", "x", "c"],
            &["a", "x", "c", "d"],
            &["b", "a", "c"],
            &[],
        ] {
            assert_eq!(
                checkpoint.must_precede(&tree(other)).unwrap_err().code(),
                "E-LOG-FORK"
            );
        }
        assert!(
            Checkpoint::of("origin", &Tree::new())
                .must_precede(&tree(&["a"]))
                .is_ok()
        );
    }
}
