use super::world::tenant;
use super::{World, both};
use crate::limits::{LimitChanges, Limits};
use crate::store::{StoreErrorKind, TeamChange, TeamRules, Tenants};
use crate::tenant::{ApiKey, NewTenant, Role};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_found_until_they_are_revoked_wherever_that_is_done() {
    both(|world: World| async move {
        let store = world.open().await;
        // As a command line does while the engine runs.
        let beside = Tenants::open(&world.config(), world.clock.clone()).await.expect("opened");
        let new = NewTenant {
            name: "ci".to_owned(),
            team: Some("red".to_owned()),
            role: Role::Admin,
            limits: LimitChanges { per_minute: Some(7), ..LimitChanges::default() },
        };
        let (key, added) = beside.add(new.clone()).await.expect("added");
        let found = store.tenants().find(&key.reveal()).await.expect("asked").expect("found");
        assert_eq!((found.id.as_str(), found.name.as_str(), found.team.as_str()), (added.id.as_str(), "ci", "red"));
        assert_eq!((found.role, found.limits(&Limits::default()).per_minute), (Role::Admin, 7));
        assert_eq!(beside.add(new).await.expect_err("a second of the name").kind(), StoreErrorKind::Exists);
        for name in ["", "a/b", "-x"] {
            let new = NewTenant { name: name.to_owned(), ..NewTenant::default() };
            assert_eq!(beside.add(new).await.expect_err("no name").kind(), StoreErrorKind::Invalid);
        }
        let forged = ApiKey::generate(Some(&key.id())).expect("random").reveal();
        for wrong in [forged.as_str(), "", "weir_x", &key.reveal()[..20]] {
            assert!(store.tenants().find(wrong).await.expect("asked").is_none());
        }
        // Both keys are good until the old one's time is up.
        let (newer, _) = beside.rotate("ci", Duration::from_mins(1)).await.expect("rotated").expect("there");
        let good = async |key: &ApiKey| store.tenants().find(&key.reveal()).await.expect("asked").is_some();
        assert!(good(&key).await && good(&newer).await);
        world.advance(60);
        assert!(!good(&key).await && good(&newer).await);
        let (newest, _) = beside.rotate(&added.id, Duration::ZERO).await.expect("rotated").expect("there");
        assert!(!good(&newer).await && good(&newest).await);
        store.sweep().await.expect("swept");
        let listed = beside.list().await.expect("listed");
        assert_eq!((listed.len(), listed[0].last_used), (1, Some(world.clock.now())));
        assert_eq!(beside.revoke("ci").await.expect("revoked").expect("there").id, added.id);
        assert!(!good(&newest).await);
        assert_eq!(beside.revoke("ci").await.expect("asked"), None);
        assert!(beside.rotate("ci", Duration::ZERO).await.expect("asked").is_none());
        tenant(&store, "ci").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_loses_a_key_that_was_added_at_the_same_time() {
    both(|world: World| async move {
        world.open().await.close().await.expect("closed");
        let adding: Vec<_> = (0..16)
            .map(|number| {
                let (config, clock) = (world.config(), world.clock.clone());
                tokio::spawn(async move {
                    let tenants = Tenants::open(&config, clock).await.expect("opened");
                    let new = NewTenant { name: format!("n{}", number % 8), ..NewTenant::default() };
                    tenants.add(new).await.is_ok()
                })
            })
            .collect();
        let mut added = 0;
        for adds in adding {
            added += u32::from(adds.await.expect("no panic"));
        }
        let tenants = Tenants::open(&world.config(), world.clock.clone()).await.expect("opened");
        assert_eq!((added, tenants.list().await.expect("listed").len()), (8, 8));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keys_are_kept_as_opens_nothing() {
    let world = World::new(super::Place::Embedded);
    let store = world.open().await;
    let (key, _) = tenant(&store, "acme").await;
    let secret = key.rsplit('_').next().expect("a secret");
    store.close().await.expect("closed");
    for file in std::fs::read_dir(world.data()).expect("listed") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("read");
        assert!(!bytes.windows(16).any(|part| secret.as_bytes()[..16] == *part), "{}", path.display());
        let mode = std::fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_a_team_is_told_of_every_version() {
    both(|world: World| async move {
        let store = world.open().await;
        let beside = Tenants::open(&world.config(), world.clock.clone()).await.expect("opened");
        let mut watch = store.tenants().watch_team("red").await.expect("watched");
        assert_eq!(*watch.borrow_and_update(), None);
        let rules = vec![TeamRules { name: "a.yaml".to_owned(), text: "rules: []".to_owned() }];
        let mut told = async || {
            tokio::time::timeout(Duration::from_secs(30), watch.changed()).await.expect("in time").expect("watched");
            watch.borrow_and_update().clone()
        };
        let set = beside
            .set_team("red", TeamChange { rules: Some(rules.clone()), ..TeamChange::default() })
            .await
            .expect("set");
        assert_eq!(told().await, Some(set.clone()));
        let change = TeamChange { config: Some("max = 1".to_owned()), ..TeamChange::default() };
        let both = beside.set_team("red", change.clone()).await.expect("set");
        assert_eq!((both.rules.as_ref(), both.config.as_deref()), (Some(&rules), Some("max = 1")));
        assert!(both.version > set.version);
        assert_eq!(told().await, Some(both.clone()));
        // Who looked at it before somebody else changed it changes nothing.
        for stale in [0, set.version] {
            let change = TeamChange { expected: Some(stale), ..change.clone() };
            assert_eq!(beside.set_team("red", change).await.expect_err("stale").kind(), StoreErrorKind::Stale);
        }
        let change = TeamChange { expected: Some(both.version), ..change };
        let both = beside.set_team("red", change.clone()).await.expect("set");
        assert_eq!(told().await, Some(both.clone()));
        assert!(beside.clear_team("red").await.expect("cleared") && !beside.clear_team("red").await.expect("asked"));
        assert_eq!(told().await, None);
        let change = TeamChange { expected: Some(0), ..change };
        let again = beside.set_team("red", change.clone()).await.expect("set");
        assert!(again.version > both.version && again.rules.is_none());
        assert_eq!(told().await, Some(again));
        // As JSON each of these is as long as it is allowed to be and more.
        for text in ["x".repeat(crate::store::TEAM_BYTES), "\n".repeat(crate::store::TEAM_BYTES / 2)] {
            let large = TeamChange { config: Some(text), ..TeamChange::default() };
            assert_eq!(beside.set_team("red", large).await.expect_err("too large").kind(), StoreErrorKind::TooLarge);
        }
        assert_eq!(beside.set_team("a b", change).await.expect_err("no name").kind(), StoreErrorKind::Invalid);
    })
    .await;
}
