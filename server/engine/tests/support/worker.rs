//! A sealed worker, and what is none, for the tests of live links: `weir-engine-test-worker MODE [PIDFILE]`.

use std::io::Write as _;

fn main() {
    let mut args = std::env::args().skip(1);
    let mode = args.next().unwrap_or_default();
    if let Some(file) = args.next() {
        std::fs::write(file, std::process::id().to_string()).expect("a file for the process id");
    }
    match mode.as_str() {
        "local" => weir_worker::child_main(),
        "burn" => loop {
            std::hint::spin_loop();
        },
        "babble" => {
            // A frame of a kind that only the front sends.
            let _ = std::io::stdout().write_all(&[1, 0, 0, 0, 4]).and_then(|()| std::io::stdout().flush());
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        }
        _ => weir_worker::sealed_main(),
    }
}
