//! An engine with a certificate, and its clients.

use super::authority::Authority;
use super::person::Person;
use super::{Engine, Sealer};
use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};
use serde_json::{Value, json};
use weir_tests::lsp_client::{LspClient, capabilities};
use weir_tests::waiting::wait_until;

/// The address that tests listen at, as a certificate names it.
const HOST: &str = "127.0.0.1";

/// What is said of a certificate that nobody vouches for.
const UNTRUSTED: &str = "`weir login --ca FILE` trusts who has";

#[test]
fn who_trusts_its_authority_is_served_over_tls() {
    let authority = Authority::new("ours");
    let engine = Engine::with_tls(&authority.issue(HOST), &authority);
    assert!(engine.url.starts_with("https://127.0.0.1:"), "{}", engine.url);

    // A client of the contract.
    let sealer = Sealer::new(1);
    let text = "import os, flask\nos.system(flask.request.args['x'])\n";
    let answer = engine.analyze(&sealer, &sealer.request(&[("a.py", text)])).ok();
    assert_eq!(answer["results"][0]["findings"][0]["type"], "command_injection", "{answer}");
    let session = answer["session"]["sessionId"].as_str().unwrap();
    assert_eq!(engine.delete(&format!("/api/v1/ast/sessions/{session}")).status, 204);

    // A scan.
    let person = Person::new();
    person.logged_in_at(&engine.url, &engine.key, &["--ca", &authority.path()]);
    let (remote, said) = person.scan(&["--engine", &engine.url]);
    assert!(said.contains(&format!("{} analyses", engine.url)), "{said}");
    let (local, _) = person.scan(&[]);
    assert_eq!(remote["results"], local["results"]);

    // An editor.
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &engine.url]);
    editor.initialize(&capabilities(), None, &Value::Null);
    editor.open("untitled:app.py", "python", text);
    assert_eq!(editor.diagnostics("untitled:app.py", 1).len(), 1);
    editor.wait("the engine analyses", |message| {
        message["params"]["message"].as_str().is_some_and(|text| text.contains("analyses what you type"))
    });
    assert_eq!(editor.request("shutdown", &json!(null)), Value::Null);
}

/// Nothing is sent, it is said why, and nothing is lost.
#[test]
fn a_certificate_that_is_not_trusted_or_of_another_host_is_refused() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("a stranger's"));
    let person = Person::new();
    let old = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let early = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
    let issuer = |params: &mut CertificateParams| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for (certificate, trusted, reason) in [
        (authority.issue(HOST), None, UNTRUSTED),
        (authority.issue(HOST), Some(stranger.file()), UNTRUSTED),
        (authority.issue("engine.example.com"), Some(authority.file()), "not for 127.0.0.1 but for"),
        (authority.issue_with(HOST, old), Some(authority.file()), "has expired"),
        (authority.issue_with(HOST, early), Some(authority.file()), "not valid yet"),
        (authority.issue_with(HOST, issuer), Some(authority.file()), "CA:FALSE"),
    ] {
        let engine = Engine::with_tls(&certificate, &authority);
        let ca: Vec<_> = trusted.iter().flat_map(|ca| ["--ca", ca.to_str().unwrap()]).collect();
        let refused = person.login(&engine, &ca);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("TLS") && said.contains(reason), "{said}");
        assert!(!said.contains(&engine.key), "{said}");
    }
    // One who has logged in, and finds another certificate there than that of the authority.
    let engine = Engine::with_tls(&authority.issue(HOST), &authority);
    let url = engine.url.clone();
    person.logged_in_at(&url, &engine.key, &["--ca", &authority.path()]);
    let (local, _) = person.scan(&[]);
    let (_, stopped) = engine.kill();
    let impostor = stopped.start_again_with_tls(&url, &stranger.issue(HOST), &stranger);
    assert_eq!(impostor.url, url);
    let (report, said) = person.scan(&["--engine", &url]);
    assert!(said.contains("is not used, this machine analyses") && said.contains(UNTRUSTED), "{said}");
    assert_eq!(report["results"], local["results"]);
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &url]);
    editor.initialize(&capabilities(), None, &Value::Null);
    editor.open("untitled:app.py", "python", "import os, flask\nos.system(flask.request.args['x'])\n");
    assert_eq!(editor.diagnostics("untitled:app.py", 1).len(), 1);
    editor.wait("the engine is not used", |message| {
        message["method"] == "window/showMessage"
            && message["params"]["message"].as_str().is_some_and(|text| text.contains(UNTRUSTED))
    });
    assert!(impostor.live_bytes() == 0 && !impostor.was_asked_for_a_link());
}

/// Whoever has got hold of a certificate for its name is still not the engine.
#[test]
fn a_certificate_alone_makes_nobody_the_engine() {
    let authority = Authority::new("ours");
    let engine = Engine::with_tls(&authority.issue(HOST), &authority);
    let (url, person) = (engine.url.clone(), Person::new());
    person.logged_in_at(&url, &engine.key, &["--ca", &authority.path()]);
    assert!(engine.was_asked_for_a_link());
    let (_, stopped) = engine.kill();
    std::fs::remove_file(stopped.data.path().join("identity.key")).unwrap();
    let impostor = stopped.start_again_with_tls(&url, &authority.issue(HOST), &authority);
    let (report, said) = person.scan(&["--engine", &url]);
    assert!(said.contains("is not used") && said.contains("its identity is not the one that was pinned"), "{said}");
    assert!(report["results"].as_array().unwrap().len() > 100, "nothing is lost");
    assert!(impostor.live_bytes() == 0 && !impostor.was_asked_for_a_link());
}

/// Who connects after a certificate was renewed sees the new one; who is connected stays so.
#[test]
fn a_certificate_is_renewed_while_the_engine_runs() {
    let (before, after) = (Authority::new("before"), Authority::new("after"));
    let files = before.issue(HOST);
    let engine = Engine::with_tls(&files, &before);
    let person = Person::new();
    person.logged_in_at(&engine.url, &engine.key, &["--ca", &before.path()]);
    let mut editor = LspClient::start_with(person.weir(), &["--engine", &engine.url]);
    editor.initialize(&capabilities(), None, &Value::Null);
    let uri = "untitled:app.py";
    editor.open(uri, "python", "import os, flask\n");
    assert!(editor.diagnostics(uri, 1).is_empty());
    editor.wait("the engine analyses", |message| {
        message["params"]["message"].as_str().is_some_and(|text| text.contains("analyses what you type"))
    });
    // Half of a pair is not taken, and the engine goes on with what it has.
    std::fs::write(&files.cert, after.pem()).unwrap();
    engine.get("/health").ok();
    after.renew(HOST, &files);
    let engine = engine.trusting(&after);
    wait_until("the new certificate is shown", || engine.try_get("/health").is_ok());
    let before = engine.live_bytes();
    editor.change(uri, 2, [1, 0, 1, 0], "os.system(flask.request.args['x'])\n");
    assert_eq!(editor.diagnostics(uri, 2).len(), 1);
    assert!(engine.live_bytes() > before, "over the connection there was");
    let away = |message: &Value| message["params"]["message"].as_str().is_some_and(|text| text.contains("is away"));
    assert!(!editor.pending.iter().any(away), "{:?}", editor.pending);
    let (_, log, _) = engine.end();
    assert!(log.contains("the certificate was renewed") && !log.contains('\u{1b}'), "in plain text: {log}");
}
