//! What the system refuses: each has an error of its own, which names no place and no secret. Some faults need a process
//! of their own: then the test starts itself again in one, with the fault.

use super::world::{HIDDEN, NOW, kind, new_session, session, tenant};
use super::{Place, World};
use crate::Clock;
use crate::store::{JobFile, JobRoom, NewJob, Opened, Store, StoreConfig, StoreErrorKind, TeamChange, Tenants};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Tells a test that it is in a process of its own, and where its data directory is.
const INSIDE: &str = "WEIR_TEST_DATA";

/// The data directory, in the process with the fault; in the test itself `None`, after that process went well. `shell` is
/// what brings the fault about.
fn in_a_process_with(test: &str, data: &Path, shell: &str) -> Option<PathBuf> {
    if let Some(data) = std::env::var_os(INSIDE) {
        return Some(data.into());
    }
    let ran = Command::new("sh")
        .args(["-c", &format!("{shell} \"$0\" \"$@\"")])
        .arg(std::env::current_exe().expect("a program"))
        .args(["--exact", &format!("store::tests::faults::{test}"), "--nocapture"])
        .env(INSIDE, data)
        .output()
        .expect("a process");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    None
}

async fn open(data: &Path) -> Result<Store, crate::StoreError> {
    Store::open(StoreConfig::embedded(data), Clock::standing_at(NOW)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_system_forbids_is_said_to_be_forbidden() {
    let world = World::new(Place::Embedded);
    if std::env::var_os(INSIDE).is_none() {
        let store = world.open().await;
        tenant(&store, "acme").await;
        store.close().await.expect("closed");
        for name in ["keys.json", "store.redb"] {
            fs::set_permissions(world.data().join(name), fs::Permissions::from_mode(0o000)).expect("set");
        }
    }
    // Root may do everything, unless it gives up that privilege.
    let root = "if [ \"$(id -u)\" = 0 ]; then set -- \"$0\" \"$@\"; exec setpriv \
                --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search \"$@\"; fi; exec";
    let test = "what_the_system_forbids_is_said_to_be_forbidden";
    let Some(data) = in_a_process_with(test, &world.data(), root) else { return };
    assert_eq!(kind(open(&data).await.map(|_| ()), HIDDEN), StoreErrorKind::PermissionDenied);
    let tenants = Tenants::open(&StoreConfig::embedded(&data), Clock::standing_at(NOW)).await;
    assert_eq!(kind(tenants.map(|_| ()), HIDDEN), StoreErrorKind::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_changes_nothing_and_is_survived() {
    let world = World::new(Place::Embedded);
    let limited = "trap '' XFSZ; ulimit -f 16384; exec";
    let Some(data) = in_a_process_with("a_full_disk_changes_nothing_and_is_survived", &world.data(), limited) else {
        let store = world.open().await;
        assert_eq!(store.sessions(None).await.expect("listed").len(), 2);
        return;
    };
    let store = open(&data).await.expect("a store");
    let (key, _) = tenant(&store, "acme").await;
    session(&store, "acme").await;
    let new = NewJob { tenant: "acme".to_owned(), details: Vec::new(), life: Duration::from_secs(9), most: 1 };
    let job = store.create_job(new).await.expect("created").expect("room");
    let room = JobRoom { files: 1000, bytes: u64::MAX };
    let file = JobFile { details: Vec::new(), bytes: vec![1; 512 * 1024] };
    let mut stored = 0;
    let full = loop {
        match store.add_job_file("acme", &job.id, stored, file.clone(), room).await {
            Ok(_) => stored += 1,
            full => break full,
        }
        assert!(stored < 100, "the disk is never full");
    };
    assert_eq!(kind(full, HIDDEN), StoreErrorKind::DiskFull);
    // What was there is there, and what needs no room goes on.
    assert_eq!(store.job("acme", &job.id).await.expect("asked").expect("there").files, stored);
    session(&store, "acme").await;
    assert!(store.tenants().find(&key).await.expect("asked").is_some());
    let large = TeamChange { config: Some("#".repeat(12 * 1024 * 1024)), ..TeamChange::default() };
    assert_eq!(kind(store.tenants().set_team("red", large).await, HIDDEN), StoreErrorKind::DiskFull);
    assert_eq!(store.tenants().team("red").await, Ok(None));
    store.cancel_job("acme", &job.id).await.expect("cancelled");
    store.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_one_engines_and_keys_are_everybodys() {
    let world = World::new(Place::Embedded);
    if let Some(data) = std::env::var_os(INSIDE) {
        let data = PathBuf::from(data);
        assert_eq!(kind(open(&data).await.map(|_| ()), HIDDEN), StoreErrorKind::Locked);
        let tenants = Tenants::open(&StoreConfig::embedded(&data), Clock::standing_at(NOW)).await.expect("opened");
        assert!(tenants.revoke("acme").await.expect("revoked").is_some());
        return;
    }
    let store = world.open().await;
    let (key, _) = tenant(&store, "acme").await;
    assert!(store.tenants().find(&key).await.expect("asked").is_some());
    in_a_process_with("a_store_is_one_engines_and_keys_are_everybodys", &world.data(), "exec");
    assert!(store.tenants().find(&key).await.expect("asked").is_none());
    session(&store, "acme").await;
    drop(store);
    // A lock ends with who held it.
    world.open().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_goes_away_is_missed_at_once() {
    let world = World::new(Place::Embedded);
    let store = world.open().await;
    let (key, _) = tenant(&store, "acme").await;
    let there = session(&store, "acme").await;
    fs::rename(world.data(), world.folder.path().join("elsewhere")).expect("renamed");
    let missing = StoreErrorKind::DirectoryMissing;
    assert_eq!(kind(store.open_session(new_session("acme", 9, false, 9)).await, HIDDEN), missing);
    assert_eq!(kind(store.use_session("acme", &there.id).await, HIDDEN), missing);
    assert_eq!(kind(store.tenants().find(&key).await.map(|_| ()), HIDDEN), missing);
    assert_eq!(kind(store.check().await, HIDDEN), missing);
    // Another directory in its place is not it.
    fs::create_dir(world.data()).expect("made");
    fs::write(world.data().join("store.redb"), b"").expect("written");
    assert_eq!(kind(store.open_session(new_session("acme", 9, false, 9)).await, HIDDEN), missing);
    fs::remove_dir_all(world.data()).expect("removed");
    fs::rename(world.folder.path().join("elsewhere"), world.data()).expect("renamed");
    store.check().await.expect("back");
    assert!(matches!(store.open_session(new_session("acme", 9, false, 9)).await, Ok(Opened::Session(_))));
    // Nor is a directory made where its parent is missing: that is a mount which is not there.
    let config = StoreConfig::embedded(world.folder.path().join("no/data"));
    assert_eq!(kind(Store::open(config, Clock::system()).await.map(|_| ()), HIDDEN), missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_in_the_place_of_a_file_is_set_aside() {
    let world = World::new(Place::Embedded);
    let store = world.open().await;
    let there = session(&store, "acme").await;
    store.close().await.expect("closed");
    let path = world.data().join("store.redb");
    fs::remove_file(&path).expect("removed");
    fs::create_dir(&path).expect("made");
    let opened = world.try_open().await;
    let store = opened.expect("brought back from the copy");
    assert_eq!(store.use_session("acme", &there.id).await, Ok(Some(there)));
    assert_eq!(store.losses().len(), 1);
}

/// Keys are made by root, often, and the engine is run by somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn what_root_makes_is_that_of_the_directorys_owner() {
    const ENGINE: u32 = 12_345;
    let world = World::new(Place::Embedded);
    fs::create_dir_all(world.data()).expect("made");
    let us = fs::metadata("/proc/self").expect("a process").uid();
    if us == 0 {
        chown(world.data(), Some(ENGINE), Some(ENGINE)).expect("root may");
    }
    // But what was there before is not given away: it could be anybody's.
    fs::write(world.data().join("keys.lock"), b"").expect("written");
    let store = world.open().await;
    tenant(&store, "acme").await;
    store.tenants().set_team("acme", TeamChange::default()).await.expect("set");
    session(&store, "acme").await;
    store.close().await.expect("closed");
    crate::socket::identity(&world.data().join("identity.key")).expect("made");
    let owner = fs::metadata(world.data()).expect("there").uid();
    let mut files = 0;
    for entry in fs::read_dir(world.data()).expect("readable") {
        let entry = entry.expect("readable");
        let expected = if entry.file_name() == "keys.lock" { us } else { owner };
        assert_eq!(entry.metadata().expect("readable").uid(), expected, "{:?}", entry.file_name());
        files += 1;
    }
    assert!(files > 8, "{files}");
}
