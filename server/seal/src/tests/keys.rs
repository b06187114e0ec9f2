//! Keys as text, and what shows of them.

use crate::{Identity, KeyError, PublicIdentity, SessionKey};

#[test]
fn an_identity_is_read_as_it_is_written() {
    let identity = Identity::generate().unwrap();
    let again = Identity::from_bytes(&identity.to_bytes());
    let public = identity.public();
    assert_eq!(again.public(), public);
    assert_eq!(public.to_string().parse(), Ok(public));
    assert_eq!(format!("  {public}\n").parse(), Ok(public));
    assert_eq!(PublicIdentity::from_bytes(&public.to_bytes()), Ok(public));
    assert_ne!(Identity::generate().unwrap().public(), public);
}

#[test]
fn a_text_that_is_no_identity_says_what_is_wrong_with_it() {
    for (text, error) in [
        ("", KeyError::Prefix),
        ("ssh-ed25519 AAAA", KeyError::Prefix),
        ("weir-ed25519:", KeyError::Length(0)),
        ("weir-ed25519:AAAA", KeyError::Length(3)),
        ("weir-ed25519:A*AA", KeyError::Base64),
        ("weir-ed25519:AA", KeyError::Base64),
        // A point of low order: any message can be signed under it.
        ("weir-ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", KeyError::Point),
        // No point of the curve.
        ("weir-ed25519:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", KeyError::Point),
    ] {
        assert_eq!(text.parse::<PublicIdentity>(), Err(error), "{text}");
    }
}

#[test]
fn a_fingerprint_is_for_people_to_compare() {
    let fingerprint = Identity::from_bytes(&[7; 32]).public().fingerprint();
    let groups: Vec<_> = fingerprint.split('-').collect();
    assert_eq!(groups.len(), 8);
    assert!(groups.iter().all(|group| group.len() == 4));
    assert_ne!(fingerprint, Identity::from_bytes(&[8; 32]).public().fingerprint());
}

#[test]
fn a_session_key_is_read_as_it_is_written() {
    let key = SessionKey::generate().unwrap();
    assert!(SessionKey::from_base64(&key.to_base64()).unwrap() == key);
    assert!(SessionKey::from_bytes(*key.as_bytes()) == key);
    assert!(SessionKey::generate().unwrap() != key);
    for (text, error) in [("", KeyError::Length(0)), ("AAAA", KeyError::Length(3)), ("not base64", KeyError::Base64)] {
        assert_eq!(SessionKey::from_base64(text).err(), Some(error), "{text}");
    }
}

#[test]
fn nothing_secret_shows() {
    let (key, identity) = (SessionKey::from_bytes([0x5a; 32]), Identity::from_bytes(&[0x5a; 32]));
    let (editor, _) = super::scene::linked();
    for shown in
        [format!("{key:?}"), format!("{identity:?}"), format!("{editor:?}"), format!("{:?}", editor.resumption)]
    {
        assert!(!shown.contains("5a5a") && !shown.contains("90, 90") && !shown.contains("WlpaWl"), "{shown}");
    }
}
