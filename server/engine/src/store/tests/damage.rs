//! What is left of a store whose files were damaged: all of it, or what can be saved, but never anything else.

use super::world::{session, tenant};
use super::{Place, World};
use crate::store::{Recovery, Session, SessionId, Store, StoreErrorKind};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A data directory with sessions and a key, as files.
struct Written {
    files: BTreeMap<PathBuf, Vec<u8>>,
    sessions: BTreeMap<SessionId, Session>,
    key: String,
}

/// How the engine that wrote it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed,
    /// As by a power failure, with a copy of the store made before the last few sessions.
    Killed,
}

async fn written(end: End) -> Written {
    let world = World::new(Place::Embedded);
    let store = world.open().await;
    let (key, _) = tenant(&store, "acme").await;
    let mut sessions = BTreeMap::new();
    for number in 0..60 {
        if number == 50 && end == End::Killed {
            world.advance(1000);
            store.sweep().await.expect("swept");
        }
        let session = session(&store, "acme").await;
        sessions.insert(session.id.clone(), session);
    }
    if end == End::Closed {
        store.close().await.expect("closed");
    }
    let files = fs::read_dir(world.data()).expect("listed").map(|file| {
        let path = file.expect("a file").path();
        (path.file_name().expect("a name").into(), fs::read(&path).expect("read"))
    });
    Written { files: files.collect(), sessions, key }
}

impl Written {
    /// The files again, in a new world, with one of them changed.
    fn again(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> World {
        let world = World::new(Place::Embedded);
        fs::create_dir(world.data()).expect("a folder");
        let mut files = self.files.clone();
        change(files.get_mut(Path::new(name)).expect("the file"));
        for (name, bytes) in files {
            fs::write(world.data().join(name), bytes).expect("written");
        }
        world.advance(1000);
        world
    }

    /// How many of the sessions are there. Each that is must be as it was written.
    async fn found(&self, store: &Store) -> usize {
        let found = store.sessions(None).await.expect("listed");
        for session in &found {
            assert_eq!(Some(session), self.sessions.get(&session.id));
        }
        found.len()
    }
}

#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    /// Some bytes of zeros, as of a page that was never written.
    Hole(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

impl Damage {
    fn strategy() -> impl Strategy<Value = Self> {
        prop_oneof![
            4 => (any::<prop::sample::Index>(), 0..8_u8).prop_map(|(at, bit)| Self::Flip(at, bit)),
            1 => (any::<prop::sample::Index>(), 1..8192_usize).prop_map(|(at, length)| Self::Hole(at, length)),
            1 => any::<prop::sample::Index>().prop_map(Self::Cut),
        ]
    }

    fn to(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Flip(at, bit) => {
                let at = at.index(bytes.len());
                bytes[at] ^= 1 << bit;
            }
            Self::Hole(at, length) => {
                let at = at.index(bytes.len());
                let end = (at + length).min(bytes.len());
                bytes[at..end].fill(0);
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Enough to meet the parts of a file of some hundred kilobytes that are in use; `PROPTEST_CASES` asks for more.
const CASES: u32 = 48;

fn runner() -> TestRunner {
    let default = ProptestConfig::default();
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    TestRunner::new(ProptestConfig {
        cases: if asked { default.cases } else { CASES },
        failure_persistence: None,
        ..default
    })
}

#[test]
fn nothing_is_lost_with_a_damaged_file_of_an_engine_that_was_closed() {
    let runtime = runtime();
    let written = runtime.block_on(written(End::Closed));
    runner()
        .run(&Damage::strategy(), |damage| {
            runtime.block_on(async {
                let mut changed = false;
                let world = written.again("store.redb", |bytes| {
                    let before = bytes.clone();
                    damage.to(bytes);
                    changed = *bytes != before;
                });
                let store = world.open().await;
                assert_eq!(written.found(&store).await, written.sessions.len());
                assert_eq!(store.losses().len(), usize::from(changed));
                session(&store, "other").await;
                store.close().await.expect("closed");
            });
            Ok(())
        })
        .expect("no case fails");
}

#[test]
fn whatever_is_damaged_after_a_power_failure_is_found_and_what_is_left_is_right() {
    let runtime = runtime();
    let written = runtime.block_on(written(End::Killed));
    let at_least_copied = 50;
    runner()
        .run(&Damage::strategy(), |damage| {
            runtime.block_on(async {
                let world = written.again("store.redb", |bytes| damage.to(bytes));
                let store = world.open().await;
                let found = written.found(&store).await;
                assert!(found >= at_least_copied, "{found} after {:?}", store.losses());
                // redb may go back by one transaction, silently; more must be told.
                assert!(found >= written.sessions.len() - 1 || !store.losses().is_empty(), "{found}");
                session(&store, "other").await;
            });
            Ok(())
        })
        .expect("no case fails");
}

#[test]
fn damaged_keys_are_read_from_their_copy() {
    let runtime = runtime();
    let written = runtime.block_on(written(End::Closed));
    runner()
        .run(&Damage::strategy(), |damage| {
            runtime.block_on(async {
                let world = written.again("keys.json", |bytes| damage.to(bytes));
                let store = world.open().await;
                assert!(store.tenants().find(&written.key).await.expect("asked").is_some());
                store.close().await.expect("closed");
                let store = world.open().await;
                assert!(store.losses().is_empty(), "repaired once");
            });
            Ok(())
        })
        .expect("no case fails");
}

#[test]
fn damaged_jobs_and_results_are_never_other_ones() {
    let runtime = runtime();
    let written = runtime.block_on(written(End::Killed));
    for name in ["jobs.redb", "results.redb"] {
        runner()
            .run(&Damage::strategy(), |damage| {
                runtime.block_on(async {
                    let world = written.again(name, |bytes| damage.to(bytes));
                    let store = world.open().await;
                    assert!(store.jobs("acme").await.expect("listed").is_empty());
                    store.sweep().await.expect("swept");
                    assert_eq!(written.found(&store).await, written.sessions.len());
                });
                Ok(())
            })
            .expect("no case fails");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_are_gone_are_told_of() {
    let written = written(End::Closed).await;
    assert_eq!(written.again("jobs.redb", |_| {}).open().await.losses(), []);
    for remove in [false, true] {
        let world = written.again("jobs.redb", Vec::clear);
        if remove {
            fs::remove_file(world.data().join("jobs.redb")).expect("removed");
        }
        let store = world.open().await;
        let losses = store.losses();
        assert_eq!((losses.len(), losses[0].how), (1, Recovery::Empty), "{losses:?}");
        assert_eq!(written.found(&store).await, written.sessions.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_is_told_and_the_engine_starts() {
    let written = written(End::Killed).await;
    let scratch = |bytes: &mut Vec<u8>| bytes.fill(0);
    // Without the file its copy is all there is; without both there is nothing, but new sessions.
    let world = written.again("store.redb", scratch);
    let store = world.open().await;
    assert_eq!(written.found(&store).await, 50);
    assert_eq!(store.losses()[0].how, Recovery::Backup);
    assert!(world.data().join("store.redb.damaged-1").exists());
    let world = written.again("store.redb", scratch);
    fs::write(world.data().join("store.backup"), b"nothing").expect("written");
    let store = world.open().await;
    assert_eq!(written.found(&store).await, 0);
    assert_eq!(store.losses()[0].how, Recovery::Empty);
    session(&store, "acme").await;
    // Keys without a copy are gone: nobody gets in with one that is not known.
    let world = written.again("keys.json", scratch);
    fs::write(world.data().join("keys.backup"), b"nothing").expect("written");
    let store = world.open().await;
    assert!(store.tenants().find(&written.key).await.expect("asked").is_none());
    assert_eq!((store.losses().len(), store.losses()[0].how), (1, Recovery::Empty));
    // What a later version wrote is left alone.
    let world = written.again("keys.json", |bytes| {
        let (header, body) = ("weir store 2 ", "{}");
        let sum = crate::hex::encode(&Sha256::digest([header, body].concat()));
        *bytes = format!("{header}{sum}\n{body}").into_bytes();
    });
    assert_eq!(world.try_open().await.err().expect("not read").kind(), StoreErrorKind::OtherVersion);
    assert!(!world.data().join("keys.json.damaged-1").exists());
}
