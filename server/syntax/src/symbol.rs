//! Interned text: names, operators and literal contents as numbers that compare in one instruction.

use foldhash::fast::RandomState as Fold;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{LazyLock, RwLock};

/// Texts longer than this are interned by their hash: they compare as whole texts do, their text is in the source.
const LONG: usize = 256;

/// An interned text. Equal texts have equal symbols in every tree and pattern of the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(u32);

#[derive(Default)]
struct Table {
    numbers: HashMap<&'static str, u32, Fold>,
    texts: Vec<&'static str>,
    bytes: usize,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(|| {
    let mut table = Table::default();
    table.numbers.insert("", 0);
    table.texts.push("");
    RwLock::new(table)
});

/// Keyed per process, so that nobody can make two long literals that collide.
static HASH: LazyLock<(RandomState, RandomState)> = LazyLock::new(|| (RandomState::new(), RandomState::new()));

thread_local! {
    /// Spares the lock for the names a thread has seen; both tables only grow.
    static SEEN: RefCell<HashMap<&'static str, u32, Fold>> = RefCell::default();
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
        SEEN.with_borrow_mut(|seen| {
            if let Some(&number) = seen.get(text) {
                return Self(number);
            }
            let (number, text) = intern(text);
            seen.insert(text, number);
            Self(number)
        })
    }

    /// The text; `""` for a text so long that only its hash was kept ([`Symbol::is_long`]).
    pub fn as_str(self) -> &'static str {
        let text = TABLE.read().expect("the table is never left half-written").texts[self.0 as usize];
        if text.starts_with('\0') { "" } else { text }
    }

    /// Whether the text is too long to be kept; read it from the source by the node's span.
    pub fn is_long(self) -> bool {
        TABLE.read().expect("the table is never left half-written").texts[self.0 as usize].starts_with('\0')
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

fn intern(text: &str) -> (u32, &'static str) {
    let mut table = TABLE.write().expect("the table is never left half-written");
    if let Some((&text, &number)) = table.numbers.get_key_value(text) {
        return (number, text);
    }
    let text: &'static str = Box::leak(text.into());
    let number = table.texts.len() as u32;
    table.texts.push(text);
    table.numbers.insert(text, number);
    table.bytes += text.len() + 64;
    (number, text)
}

/// Bytes held by all interned texts so far. They are never given back: a worker whose table has grown large is
/// replaced by a fresh one.
pub fn interned_bytes() -> usize {
    TABLE.read().expect("the table is never left half-written").bytes
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
