//! Interned text: names, operators and literal contents as numbers that compare in one instruction.
//!
//! Texts are read without a lock, and found by one of many: several threads read rules.

use foldhash::fast::RandomState as Fold;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

/// Texts longer than this are interned by their hash: they compare as whole texts do, their text is in the source.
const LONG: usize = 256;

/// An interned text. Equal texts have equal symbols in every tree and pattern of the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

/// A text and its hash, which is asked for again wherever the text is looked up and when a table grows.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hashed<'t> {
    hash: u64,
    text: &'t str,
}

impl<'t> Hashed<'t> {
    fn new(text: &'t str) -> Self {
        Self { hash: FOLD.hash_one(text), text }
    }
}

impl Hash for Hashed<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes hashes as they are.
#[derive(Clone, Copy, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

type Numbers<'t> = HashMap<Hashed<'t>, u32, BuildHasherDefault<AsIs>>;

/// So many tables have the numbers of texts, each its own lock.
const TABLES: usize = 64;

/// The numbers of all texts, by the highest bits of their hashes: the lowest choose a place within a table.
static NUMBERS: [LazyLock<Mutex<Numbers<'static>>>; TABLES] = [const { LazyLock::new(Mutex::default) }; TABLES];

/// The number of the next new text; that of the empty one is known.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// What all texts take.
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// What a text takes beside its characters: its places in both tables.
const OVERHEAD: usize = 80;

/// Numbers in the first shelf of texts; each other has twice as many as the one before it.
const SHELF: u32 = 1 << 12;

/// All texts by their numbers, on shelves that never move: enough for all numbers there are.
static TEXTS: [OnceLock<Box<[OnceLock<&'static str>]>>; 21] = [const { OnceLock::new() }; 21];

static FOLD: LazyLock<Fold> = LazyLock::new(Fold::default);

/// Keyed per process, so that nobody can make two long literals that collide.
static HASH: LazyLock<(RandomState, RandomState)> = LazyLock::new(|| (RandomState::new(), RandomState::new()));

/// How many names a thread remembers: some hundred kB, more than files have names.
const SEEN_NAMES: usize = 1 << 12;

thread_local! {
    /// Spares the locks for the names a thread has seen of late, each at the place its hash says.
    static SEEN: RefCell<Vec<(Hashed<'static>, u32)>> =
        RefCell::new(vec![(Hashed { hash: 0, text: "" }, 0); SEEN_NAMES]);
}

impl Symbol {
    /// The empty text.
    pub const EMPTY: Self = Self(0);

    /// The symbol of a text.
    pub fn new(text: &str) -> Self {
        if text.is_empty() {
            return Self::EMPTY;
        }
        if text.len() > LONG {
            let (a, b) = (HASH.0.hash_one(text), HASH.1.hash_one(text));
            return Self::short(&format!("\0long {} {a:x} {b:x}", text.len()));
        }
        Self::short(text)
    }

    fn short(text: &str) -> Self {
        let text = Hashed::new(text);
        SEEN.with_borrow_mut(|seen| {
            let seen = &mut seen[text.hash as usize % SEEN_NAMES];
            if seen.0 != text {
                *seen = intern(text);
            }
            Self(seen.1)
        })
    }

    /// The text; `""` for a text so long that only its hash was kept ([`Symbol::is_long`]).
    pub fn as_str(self) -> &'static str {
        let text = self.kept();
        if text.starts_with('\0') { "" } else { text }
    }

    /// Whether the text is too long to be kept; read it from the source by the node's span.
    pub fn is_long(self) -> bool {
        self.kept().starts_with('\0')
    }

    /// What was kept of the text.
    fn kept(self) -> &'static str {
        let (shelf, at) = place(self.0);
        TEXTS[shelf].get().and_then(|shelf| shelf[at].get()).copied().unwrap_or_default()
    }

    /// Whether the text is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number, for use as an index or in a bit set.
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// The text as it is kept, and its number.
fn intern(text: Hashed<'_>) -> (Hashed<'static>, u32) {
    let table = &NUMBERS[(text.hash >> 32) as usize % TABLES];
    // Nothing in here can panic half-way.
    let mut numbers = table.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(number) = find(&numbers, text) {
        return (Hashed { hash: text.hash, text: Symbol(number).kept() }, number);
    }
    let text = Hashed { hash: text.hash, text: Box::leak(text.text.into()) };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let (shelf, at) = place(number);
    let shelf = TEXTS[shelf].get_or_init(|| (0..SHELF << shelf).map(|_| OnceLock::new()).collect());
    shelf[at].get_or_init(|| text.text);
    numbers.insert(text, number);
    BYTES.fetch_add(text.text.len() + OVERHEAD, Ordering::Relaxed);
    (text, number)
}

/// What a text's number is, if it has one.
fn find<'t>(numbers: &Numbers<'t>, text: Hashed<'t>) -> Option<u32> {
    numbers.get(&text).copied()
}

/// On which shelf the text of a number stands, and where there.
fn place(number: u32) -> (usize, usize) {
    let number = u64::from(number) + u64::from(SHELF);
    let shelf = number.ilog2() - SHELF.ilog2();
    (shelf as usize, (number - (u64::from(SHELF) << shelf)) as usize)
}

/// Bytes held by all interned texts so far. They are never given back: a worker whose table has grown large is
/// replaced by a fresh one.
pub fn interned_bytes() -> usize {
    BYTES.load(Ordering::Relaxed)
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl From<&str> for Symbol {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::thread;

    #[test]
    fn threads_agree_on_what_a_text_is() {
        let texts: Vec<String> = (0..3 * SHELF).map(|number| format!("text {number}")).collect();
        let all = || texts.iter().map(|text| Symbol::new(text)).collect::<Vec<_>>();
        let [one, other] =
            thread::scope(|scope| [scope.spawn(all), scope.spawn(all)].map(|thread| thread.join().expect("no panic")));
        assert_eq!(one, other);
        assert!(one.iter().zip(&texts).all(|(symbol, text)| symbol.as_str() == text));
        assert_eq!(one.iter().collect::<HashSet<_>>().len(), texts.len());
    }

    #[test]
    fn the_empty_text_and_long_ones_have_no_text() {
        let long = ["x", "y"].map(|letter| Symbol::new(&letter.repeat(LONG + 1)));
        assert_eq!((Symbol::new(""), Symbol::EMPTY.as_str(), long[0].as_str()), (Symbol::EMPTY, "", ""));
        assert!(long[0] != long[1] && long[0] == Symbol::new(&"x".repeat(LONG + 1)));
        assert!(long[0].is_long() && !Symbol::EMPTY.is_long() && !Symbol::new("x").is_long());
    }

    #[test]
    fn shelves_hold_all_numbers() {
        for (number, expected) in
            [(0, (0, 0)), (SHELF - 1, (0, SHELF as usize - 1)), (SHELF, (1, 0)), (3 * SHELF, (2, 0))]
        {
            assert_eq!(place(number), expected, "{number}");
        }
        assert!(place(u32::MAX).0 < TEXTS.len());
    }
}
