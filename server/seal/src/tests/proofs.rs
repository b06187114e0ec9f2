//! Proofs of an identity, and what is none.

use super::scene::context;
use crate::{Challenge, ClientHandshake, Identity, Proof, ProofError, WorkerHandshake, sign_offer};

const HOST: &str = "engine.example.com:443";

fn identity() -> Identity {
    Identity::from_bytes(&[1; 32])
}

/// A challenge that chance did not choose.
fn challenge(byte: u8) -> Challenge {
    use base64ct::Encoding as _;
    base64ct::Base64UrlUnpadded::encode_string(&[byte; 32]).parse().unwrap()
}

#[test]
fn who_holds_an_identity_shows_it() {
    let asked = Challenge::random().unwrap();
    assert_ne!(asked, Challenge::random().unwrap());
    // As both travel.
    let asked: Challenge = asked.to_string().parse().unwrap();
    let proof: Proof = identity().prove(&asked, HOST).to_string().parse().unwrap();
    assert!(identity().public().has_proved(&asked, HOST, &proof));
}

#[test]
fn another_challenge_host_or_identity_is_not_shown() {
    let proof = identity().prove(&challenge(2), HOST);
    let public = identity().public();
    assert!(public.has_proved(&challenge(2), HOST, &proof));
    assert!(!public.has_proved(&challenge(3), HOST, &proof));
    for host in ["", "engine.example.com", "engine.example.com:4430", "Engine.example.com:443"] {
        assert!(!public.has_proved(&challenge(2), host, &proof), "{host}");
    }
    let other = Identity::from_bytes(&[9; 32]);
    assert!(!other.public().has_proved(&challenge(2), HOST, &proof));
    assert!(!public.has_proved(&challenge(2), HOST, &other.prove(&challenge(2), HOST)));
}

#[test]
fn a_proof_with_any_bit_changed_is_none() {
    use base64ct::{Base64UrlUnpadded as Base64, Encoding as _};
    let bytes = Base64::decode_vec(&identity().prove(&challenge(2), HOST).to_string()).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let proof: Proof = Base64::encode_string(&changed).parse().unwrap();
        assert!(!identity().public().has_proved(&challenge(2), HOST, &proof), "bit {bit}");
    }
}

#[test]
fn what_is_cut_off_or_has_something_behind_it_is_not_read() {
    let (asked, proof) = (challenge(2).to_string(), identity().prove(&challenge(2), HOST).to_string());
    for end in 0..proof.len() {
        assert_eq!(proof[..end].parse::<Proof>(), Err(ProofError), "{end}");
    }
    for end in 0..asked.len() {
        assert_eq!(asked[..end].parse::<Challenge>(), Err(ProofError), "{end}");
    }
    for behind in ["A", "AA", "AAAA", "=", " ", "\n"] {
        assert_eq!(format!("{proof}{behind}").parse::<Proof>(), Err(ProofError), "{behind:?}");
        assert_eq!(format!("{asked}{behind}").parse::<Challenge>(), Err(ProofError), "{behind:?}");
    }
    // Another alphabet.
    assert_eq!("+".repeat(43).parse::<Challenge>(), Err(ProofError));
}

/// Whatever an engine signs in a handshake, it shows nothing to who asks for a proof; and the other way round.
#[test]
fn a_signature_of_a_handshake_is_no_proof_and_a_proof_is_none_of_a_handshake() {
    use base64ct::{Base64UrlUnpadded as Base64, Encoding as _};
    let (identity, context) = (identity(), context());
    let (editor, hello) = ClientHandshake::start(&identity.public(), &context, None).unwrap();
    let (_, offer) = WorkerHandshake::offer(&hello, &context, None).unwrap();
    let signed = sign_offer(&identity, &context, &hello, &offer);
    let signature: Proof = Base64::encode_string(&signed[offer.len()..]).parse().unwrap();
    // The challenge is the random part of the hello, and what the front may choose is the host.
    let asked: Challenge = Base64::encode_string(&hello[hello.len() - 32..]).parse().unwrap();
    for host in [HOST, "", &context.session, &context.customer] {
        assert!(!identity.public().has_proved(&asked, host, &signature), "{host}");
    }
    let proof = Base64::decode_vec(&identity.prove(&asked, HOST).to_string()).unwrap();
    let forged = [offer, proof].concat();
    assert_eq!(editor.finish(&forged).err(), Some(crate::HandshakeError::Signature));
}
