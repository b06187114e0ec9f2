//! Known answers: RFC 9180's for what HPKE does, our own for what we say by it. Where one of our own changes, what is
//! spoken changed, and needs another version.

use super::scene::context;
use crate::{
    Challenge, ClientHandshake, Identity, WorkerHandshake,
    handshake::{Entropy, Once},
    secret::Secret,
    sign_offer,
};
use hpke::{
    Deserializable, Kem as _, OpModeR, OpModeS, PskBundle, Serializable, aead::AesGcm128, kdf::HkdfSha256,
    kem::X25519HkdfSha256 as Kem, setup_receiver, setup_sender_with_rng,
};

fn secret(byte: u8) -> Secret {
    Secret::filled(|bytes| bytes.fill(byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// RFC 9180, appendix A.1: what is derived is the same for our AEAD but for its number, which goes into it.
struct Known {
    sender: &'static str,
    receiver: &'static str,
    psk: Option<(&'static str, &'static str)>,
    encapsulated: &'static str,
    /// For three contexts: empty, one byte of zero, and a word.
    exported: [&'static str; 3],
}

const RFC_9180: [Known; 2] = [
    Known {
        sender: "7268600d403fce431561aef583ee1613527cff655c1343f29812e66706df3234",
        receiver: "6db9df30aa07dd42ee5e8181afdb977e538f5e1fec8a06223f33f7013e525037",
        psk: None,
        encapsulated: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
        exported: [
            "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee",
            "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5",
            "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931",
        ],
    },
    Known {
        sender: "78628c354e46f3e169bd231be7b2ff1c77aa302460a26dbfa15515684c00130b",
        receiver: "d4a09d09f575fef425905d2ab396c1449141463f698f8efdb7accfaff8995098",
        psk: Some((
            "0247fd33b913760fa1fa51e1892d9f307fbe65eb171e8132c2af18555a738b82",
            "456e6e796e20447572696e206172616e204d6f726961",
        )),
        encapsulated: "0ad0950d9fb9588e59690b74f1237ecdf1d775cd60be2eca57af5a4b0471c91b",
        exported: [
            "dff17af354c8b41673567db6259fd6029967b4e1aad13023c2ae5df8f4f43bf6",
            "6a847261d8207fe596befb52928463881ab493da345b10e1dcc645e3b94e2d95",
            "8aff52b45a1be3a734bc7a41e20b4e055ad4c4d22104b0c20285a7c4302401cd",
        ],
    },
];

#[test]
fn hpke_is_that_of_rfc_9180() {
    let info = bytes("4f6465206f6e2061204772656369616e2055726e");
    for known in RFC_9180 {
        let psk = known.psk.map(|(psk, id)| (bytes(psk), bytes(id)));
        let bundle = psk.as_ref().map(|(psk, id)| PskBundle::new(psk, id).unwrap());
        let (secret, public) = Kem::derive_keypair(&bytes(known.receiver));
        let mode = bundle.map_or(OpModeS::Base, OpModeS::Psk);
        let chance = bytes(known.sender);
        let (encapsulated, sender) =
            setup_sender_with_rng::<AesGcm128, HkdfSha256, Kem>(&mode, &public, &info, &mut Once(&chance)).unwrap();
        assert_eq!(hex(&encapsulated.to_bytes()), known.encapsulated);
        let mode = bundle.map_or(OpModeR::Base, OpModeR::Psk);
        let encapsulated = Deserializable::from_bytes(&bytes(known.encapsulated)).unwrap();
        let receiver = setup_receiver::<AesGcm128, HkdfSha256, Kem>(&mode, &secret, &encapsulated, &info).unwrap();
        for (name, exported) in [&b""[..], &[0], b"TestContext"].into_iter().zip(known.exported) {
            let mut out = [[0; 32]; 2];
            sender.export(name, &mut out[0]).unwrap();
            receiver.export(name, &mut out[1]).unwrap();
            assert_eq!(out.map(|out| hex(&out)), [exported, exported]);
        }
    }
}

/// What is said if all that is left to chance is known, and the first frame of each direction.
const GOLDEN: &str = "\
hello 0101000202020202020202020202020202020202020202020202020202020202020202
signed offer 01002000010002000404040404040404040404040404040404040404040404040404040404040404402802aae25501861e6d\
a002ef9f3e105b9296c3e3c90c92e600ec9a0ff52657d65c82926839e51dceb51e08c898e4fbc83fa0261f320e4884c5c0fc\
2fcbaec5821e049025491a88ce8faa1d34b12e20ac75a9c856f796c57663ffcf6ac7fb03
accept 90ab790ecbf0704232ffe9436faeccc913b66a60e99c688a40bba4d5e2e61450251778c6d4852db1b746d0c0cc5ede7b
up 7192e4bb0c4dd6832b11432959796340abd31e2130b337
down da917c47264ccaae28cca9d767c7dcf483d6e3a8b9a352ff3e
resuming hello 0101010606060606060606060606060606060606060606060606060606060606060606ab0956d200c172b69cd1b3fcb14999\
30
";

#[test]
fn what_is_said_stays_what_it_is() {
    let (identity, context) = (Identity::from_bytes(&[1; 32]), context());
    let chance = Entropy { hello: [2; 32], key: secret(3) };
    let (editor, hello) = ClientHandshake::start_with(&identity.public(), &context, None, chance).unwrap();
    let (worker, offer) = WorkerHandshake::offer_with(&hello, &context, None, [4; 32], &secret(5)).unwrap();
    let signed = sign_offer(&identity, &context, &hello, &offer);
    let (accept, mut editor) = editor.finish(&signed).unwrap();
    let mut worker = worker.accept(&accept).unwrap();
    let chance = Entropy { hello: [6; 32], key: secret(7) };
    let (_, resuming) =
        ClientHandshake::start_with(&identity.public(), &context, Some(&worker.resumption), chance).unwrap();
    for end in [&mut editor, &mut worker] {
        end.sealer.set_padding(crate::Padding::Off);
    }
    let said = [
        ("hello", hello),
        ("signed offer", signed),
        ("accept", accept),
        ("up", editor.sealer.seal(b"up").unwrap().concat()),
        ("down", worker.sealer.seal(b"down").unwrap().concat()),
        ("resuming hello", resuming),
    ];
    let said = said.iter().fold(String::new(), |said, (name, bytes)| said + &format!("{name} {}\n", hex(bytes)));
    assert_eq!(said, GOLDEN);
}

/// Ed25519 leaves nothing to chance: the same challenge has one proof.
#[test]
fn a_proof_stays_what_it_is() {
    let challenge: Challenge = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI".parse().unwrap();
    let proof = Identity::from_bytes(&[1; 32]).prove(&challenge, "engine.example.com:443");
    assert_eq!(
        proof.to_string(),
        "nuMbHMNGXyc5RxFcv0dDh980bRkCplQzU94px8PwudpHRzav6PS6f0JsuIXTUWhFQeygzwmnTd38-2s_s3I9Ag"
    );
}
