//! Signed statements of how the log began: kept outside the database, they show what was cut off or rewritten there.
//!
//! A head says: at this moment the log had so many events, the last had this hash, the Merkle root over all hashes was
//! this one ([`crate::merkle`]), and the receipts of the commands that wrote them had this digest. It is signed with
//! Ed25519. Heads are lines of JSON in a file that is only added to. Which bytes are signed: `greenroom head 1`, a zero
//! byte, the kind (1: the log; 2: the log after a restore), size in 8 bytes, hash, root, digest of receipts, and the
//! moment in microseconds since 1970 in 8 bytes; numbers are big-endian.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    str::FromStr,
};

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::time::Instant;
use serde::{Deserialize, Serialize};

use crate::{
    hex,
    merkle::{Hash, Tree},
};

/// Name of the file of heads.
pub const FILE: &str = "heads.jsonl";
/// Name of the file that holds the public key, in base64.
pub const PUBLIC_KEY_FILE: &str = "heads.pub";

/// Whether a head goes on from those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeadKind {
    /// The log grew.
    Log,
    /// The log was restored from a backup and goes on from here: larger heads before this one are of events that were
    /// lost.
    Restored,
}

/// What is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// Whether it goes on from those before it.
    pub kind: HeadKind,
    /// How many events there were, which is the last position.
    pub size: u64,
    /// The hash of the last event, zero without any.
    pub hash: Hash,
    /// The root of the Merkle tree over the hashes of all events.
    pub root: Hash,
    /// Digest of the receipts of all commands that wrote these events, see [`crate::audit`].
    pub receipts: Hash,
    /// When it was signed, in business time.
    pub at: Instant,
}

impl Head {
    fn signed_bytes(&self) -> Vec<u8> {
        let kind = match self.kind {
            HeadKind::Log => 1,
            HeadKind::Restored => 2,
        };
        let mut bytes = b"greenroom head 1\0".to_vec();
        bytes.push(kind);
        bytes.extend(self.size.to_be_bytes());
        bytes.extend(self.hash);
        bytes.extend(self.root);
        bytes.extend(self.receipts);
        bytes.extend(self.at.timestamp_micros().to_be_bytes());
        bytes
    }
}

/// The half of the key that everybody may know. Its text is base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text.trim()).ok();
        let key = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self);
        key.ok_or("not a public key: base64 of 32 bytes")
    }
}

/// The half of the key that signs.
pub struct SigningKey(Ed25519KeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

impl SigningKey {
    /// The key that follows from 32 secret random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes are a seed"))
    }

    /// Its other half.
    pub fn public(&self) -> PublicKey {
        let bytes = self.0.public_key().as_ref();
        PublicKey(bytes.try_into().expect("a public key of Ed25519 has 32 bytes"))
    }

    /// Signs a head over a tree, which has its size and root.
    pub fn sign(&self, head: Head, tree: &Tree) -> SignedHead {
        let signature = self.0.sign(&head.signed_bytes());
        SignedHead {
            head,
            peaks: tree.peaks().to_vec(),
            key: self.public(),
            signature: signature
                .as_ref()
                .try_into()
                .expect("a signature of Ed25519 has 64 bytes"),
        }
    }
}

/// A head with its signature. Its text is one line of JSON.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedHead {
    /// What is signed.
    pub head: Head,
    /// Roots of full subtrees, from which the signer goes on. Not signed: they must give the root.
    pub peaks: Vec<Hash>,
    /// Who signed.
    pub key: PublicKey,
    signature: [u8; 64],
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: HeadKind,
    size: u64,
    #[serde(with = "hex")]
    hash: Hash,
    #[serde(with = "hex")]
    root: Hash,
    #[serde(with = "hex")]
    receipts: Hash,
    at: i64,
    #[serde(with = "hex::list")]
    peaks: Vec<Hash>,
    key: String,
    signature: String,
}

impl fmt::Display for SignedHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = Line {
            kind: self.head.kind,
            size: self.head.size,
            hash: self.head.hash,
            root: self.head.root,
            receipts: self.head.receipts,
            at: self.head.at.timestamp_micros(),
            peaks: self.peaks.clone(),
            key: self.key.to_string(),
            signature: STANDARD.encode(self.signature),
        };
        f.write_str(&serde_json::to_string(&line).map_err(|_| fmt::Error)?)
    }
}

/// Why a head is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is not a head in JSON.
    #[error("it is not a signed head: {0}")]
    Malformed(String),
    /// Nobody signed it who is trusted.
    #[error("it is signed with {0}, which is not a key that was named as trusted")]
    Stranger(PublicKey),
    /// The signature is another head's.
    #[error("its signature does not fit")]
    Forged,
}

impl FromStr for SignedHead {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |what: &str| HeadError::Malformed(what.to_owned());
        let line: Line =
            serde_json::from_str(text).map_err(|error| HeadError::Malformed(error.to_string()))?;
        let signature = STANDARD.decode(&line.signature).ok();
        let head = Head {
            kind: line.kind,
            size: line.size,
            hash: line.hash,
            root: line.root,
            receipts: line.receipts,
            at: Instant::from_timestamp_micros(line.at).ok_or_else(|| malformed("its moment"))?,
        };
        let tree = Tree::with_peaks(line.size, line.peaks).ok_or_else(|| malformed("its peaks"))?;
        if tree.root() != head.root {
            return Err(malformed("its peaks do not give its root"));
        }
        Ok(Self {
            head,
            peaks: tree.peaks().to_vec(),
            key: line.key.parse().map_err(|what: &'static str| malformed(what))?,
            signature: signature
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or_else(|| malformed("its signature"))?,
        })
    }
}

impl SignedHead {
    /// The head, when one of these keys signed it.
    ///
    /// # Errors
    /// [`HeadError::Stranger`] or [`HeadError::Forged`].
    pub fn verify(&self, trusted: &[PublicKey]) -> Result<Head, HeadError> {
        if !trusted.contains(&self.key) {
            return Err(HeadError::Stranger(self.key));
        }
        UnparsedPublicKey::new(&ED25519, self.key.0)
            .verify(&self.head.signed_bytes(), &self.signature)
            .map_err(|_| HeadError::Forged)?;
        Ok(self.head)
    }

    /// The tree it was signed over.
    pub fn tree(&self) -> Tree {
        Tree::with_peaks(self.head.size, self.peaks.clone()).expect("it was read or made with these peaks")
    }
}

/// A file of heads cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    /// It cannot be read or written.
    #[error("the heads in {} cannot be read or written", .path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What failed.
        #[source]
        source: io::Error,
    },
    /// A line is not a head that is believed.
    #[error("line {line} of {}", .path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, counted from 1.
        line: usize,
        /// Why.
        #[source]
        source: HeadError,
    },
}

/// A file of heads that is only added to.
#[derive(Clone, Debug)]
pub struct HeadsFile {
    path: PathBuf,
}

impl HeadsFile {
    /// The file, which need not exist.
    pub const fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn io(&self) -> impl Fn(io::Error) -> HeadsError {
        |source| HeadsError::Io {
            path: self.path.clone(),
            source,
        }
    }

    /// Every head in the order of the file, believed or not; none when there is no file. A last line that a crash cut
    /// off is not one.
    ///
    /// # Errors
    /// When the file cannot be read or a line is not a head.
    pub fn read(&self) -> Result<Vec<SignedHead>, HeadsError> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened.map_err(self.io())?,
        };
        let (mut reader, mut heads, mut line) = (BufReader::new(file), Vec::new(), String::new());
        for number in 1.. {
            line.clear();
            reader.read_line(&mut line).map_err(self.io())?;
            let Some(text) = line.strip_suffix('\n') else {
                break;
            };
            let head = text.parse().map_err(|source| HeadsError::Line {
                path: self.path.clone(),
                line: number,
                source,
            })?;
            heads.push(head);
        }
        Ok(heads)
    }

    /// Every head of the file, each signed with a trusted key.
    ///
    /// # Errors
    /// When the file cannot be read or a line is not a head that is believed.
    pub fn trusted(&self, keys: &[PublicKey]) -> Result<Vec<Head>, HeadsError> {
        let heads = self.read()?;
        let verified = heads.iter().zip(1..).map(|(head, line)| {
            head.verify(keys).map_err(|source| HeadsError::Line {
                path: self.path.clone(),
                line,
                source,
            })
        });
        verified.collect()
    }

    /// Adds a head; it is durable when this returns.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, head: &SignedHead) -> Result<(), HeadsError> {
        append_line(&self.path, &head.to_string()).map_err(self.io())
    }
}

/// Adds a line to a file, durably; a last line that a crash cut off, and that nobody was told of, goes away.
pub(crate) fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let is_new = !path.exists();
    let mut file = options.open(path)?;
    let end = end_of_lines(&mut file)?;
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(format!("{line}\n").as_bytes())?;
    file.sync_all()?;
    if is_new && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Where the last whole line ends.
fn end_of_lines(file: &mut File) -> io::Result<u64> {
    const STEP: u64 = 4_096;
    let mut until = file.metadata()?.len();
    while until > 0 {
        let from = until.saturating_sub(STEP);
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        Read::by_ref(file).take(until - from).read_to_end(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + at as u64 + 1);
        }
        until = from;
    }
    Ok(0)
}

/// The heads that a log has to fit, by size. Heads that are larger than a later restore are of events that were lost.
pub fn in_force(heads: &[Head]) -> Vec<Head> {
    let mut heads = heads.to_vec();
    // Files of several nodes are one after the other; within a node they are in order.
    heads.sort_by_key(|head| head.at);
    let mut in_force: Vec<Head> = Vec::with_capacity(heads.len());
    for head in heads {
        if head.kind == HeadKind::Restored {
            in_force.retain(|earlier| earlier.size <= head.size);
        }
        in_force.push(head);
    }
    in_force.sort_by_key(|head| head.size);
    in_force
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(size: u64) -> Tree {
        let mut tree = Tree::default();
        (0..size).for_each(|leaf| tree.push(&leaf.to_be_bytes()));
        tree
    }

    fn head(kind: HeadKind, size: u64, at: i64) -> Head {
        Head {
            kind,
            size,
            hash: [1; 32],
            root: tree(size).root(),
            receipts: [2; 32],
            at: Instant::from_timestamp_micros(at).unwrap(),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    #[test]
    fn a_head_comes_back_from_its_line_and_is_believed() {
        let head = head(HeadKind::Log, 5, 9);
        let line = key().sign(head, &tree(5)).to_string();

        let read: SignedHead = line.parse().unwrap();

        assert_eq!(read.verify(&[key().public()]), Ok(head));
        assert_eq!(read.tree(), tree(5));
    }

    #[test]
    fn a_head_that_says_anything_else_than_was_signed_is_forged() {
        let signed = key().sign(head(HeadKind::Log, 5, 9), &tree(5));
        let forgeries = [
            Head {
                kind: HeadKind::Restored,
                ..signed.head
            },
            Head {
                size: 6,
                ..signed.head
            },
            Head {
                hash: [0; 32],
                ..signed.head
            },
            Head {
                root: [0; 32],
                ..signed.head
            },
            Head {
                receipts: [0; 32],
                ..signed.head
            },
            head(HeadKind::Log, 5, 8),
        ];

        for head in forgeries {
            let forged = SignedHead {
                head,
                ..signed.clone()
            };
            assert_eq!(forged.verify(&[key().public()]), Err(HeadError::Forged));
        }
    }

    #[test]
    fn a_head_of_a_stranger_is_not_believed() {
        let stranger = SigningKey::from_seed(&[8; 32]);
        let signed = stranger.sign(head(HeadKind::Log, 5, 9), &tree(5));

        let refused = signed.verify(&[key().public()]);

        assert_eq!(refused, Err(HeadError::Stranger(stranger.public())));
    }

    #[test]
    fn peaks_that_do_not_give_the_root_are_refused() {
        let mut signed = key().sign(head(HeadKind::Log, 5, 9), &tree(5));
        signed.peaks[1] = [0; 32];

        let refused = signed.to_string().parse::<SignedHead>();

        assert!(matches!(refused, Err(HeadError::Malformed(_))));
    }

    #[test]
    fn a_file_goes_on_behind_a_line_that_a_crash_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let file = HeadsFile::at(folder.path().join(FILE));
        let (one, two) = (
            key().sign(head(HeadKind::Log, 1, 1), &tree(1)),
            key().sign(head(HeadKind::Log, 2, 2), &tree(2)),
        );
        assert_eq!(file.read().unwrap(), []);
        file.append(&one).unwrap();
        let cut = format!("{}{}", std::fs::read_to_string(file.path()).unwrap(), r#"{"kind"#);
        std::fs::write(file.path(), cut).unwrap();

        assert_eq!(file.read().unwrap(), std::slice::from_ref(&one));
        file.append(&two).unwrap();

        assert_eq!(file.read().unwrap(), [one, two]);
    }

    #[test]
    fn heads_beyond_a_restore_are_of_events_that_were_lost() {
        let heads = [
            head(HeadKind::Log, 3, 1),
            head(HeadKind::Log, 9, 2),
            head(HeadKind::Restored, 5, 3),
            head(HeadKind::Log, 7, 4),
        ];

        let sizes: Vec<_> = in_force(&heads).iter().map(|head| head.size).collect();

        assert_eq!(sizes, [3, 5, 7]);
    }
}
