//! A worker that was taken over: `weir-test-worker attack NAME [ARGUMENT]` is confined as its environment says, tries one thing
//! that a worker must not do, and says on standard output what came of it: `done`, or the number of the error.
//!
//! What takes a process over does not stop at what is safe, so this calls the kernel by number.

use libc::{SYS_clone, c_long};
use std::ffi::CString;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, exit};
use std::sync::mpsc;
use std::thread;
use weir_worker::sandbox::{self, Confinement};

pub(crate) fn main() -> ! {
    let mut args = std::env::args().skip(2);
    let (name, argument) = (args.next().expect("a name"), args.next().unwrap_or_default());
    if name == "where-filters-are-forbidden" {
        forbid_filters();
        // Nothing after it comes back from there.
        panic!("{}", Command::new(std::env::current_exe().expect("a path")).exec());
    }
    // A thread that runs before is bound as well.
    let (ask, asked) = mpsc::channel::<Attempt>();
    let early = thread::spawn(move || asked.recv().map(|attempt| attempt()));
    let told = Confinement::from_env().expect("a confinement");
    if let Err(lack) = sandbox::enter(&told) {
        println!("{lack}");
        exit(2);
    }
    let attempt = attempt(&name, argument);
    let outcome = match name.strip_prefix("early-") {
        Some(_) => {
            ask.send(attempt).expect("a thread that waits");
            early.join().expect("no panic").expect("an attempt")
        }
        None => attempt(),
    };
    match outcome {
        Ok(_) => println!("done"),
        Err(errno) => println!("{errno}"),
    }
    exit(0)
}

type Outcome = Result<c_long, i32>;
type Attempt = Box<dyn FnOnce() -> Outcome + Send>;

/// A call of the kernel, by its number.
#[expect(unsafe_code, reason = "an attacker's code is not safe")]
fn call(number: c_long, with: [c_long; 6]) -> Outcome {
    // SAFETY: none is claimed. What is passed here points to memory that outlives the call; a new process ends at once.
    match unsafe { libc::syscall(number, with[0], with[1], with[2], with[3], with[4], with[5]) } {
        -1 => Err(std::io::Error::last_os_error().raw_os_error().expect("an error of the kernel")),
        answer => Ok(answer),
    }
}

/// The same with fewer arguments.
fn brief(number: c_long, arguments: &[c_long]) -> Outcome {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    call(number, all)
}

fn io<T>(outcome: std::io::Result<T>) -> Outcome {
    outcome.map(|_| 0).map_err(|error| error.raw_os_error().expect("an error of the kernel"))
}

fn attempt(name: &str, argument: String) -> Attempt {
    let own = || c_long::from(std::process::id());
    let parent = || c_long::from(std::os::unix::process::parent_id());
    match name.trim_start_matches("early-") {
        "nothing" => Box::new(|| Ok(0)),
        // ---- files
        "read" => Box::new(move || io(std::fs::read(argument))),
        "write" => Box::new(move || io(std::fs::write(argument, "x"))),
        "stat" => Box::new(move || io(std::fs::metadata(argument))),
        "list" => Box::new(move || io(std::fs::read_dir(argument))),
        "remove" => Box::new(move || io(std::fs::remove_file(argument))),
        "make-folder" => Box::new(move || io(std::fs::create_dir(argument))),
        "change-folder" => Box::new(move || io(std::env::set_current_dir(argument))),
        "readlink" => Box::new(move || io(std::fs::read_link(argument))),
        "inherited" => Box::new(move || {
            let mut byte = [0_u8; 1];
            let number = argument.parse().expect("a descriptor");
            brief(libc::SYS_read, &[number, byte.as_mut_ptr() as c_long, 1])
        }),
        "memfd" => Box::new(|| brief(libc::SYS_memfd_create, &[c"x".as_ptr() as c_long, 0])),
        // ---- the network
        "tcp" => Box::new(|| brief(libc::SYS_socket, &[libc::AF_INET.into(), libc::SOCK_STREAM.into(), 0])),
        "udp" => Box::new(|| brief(libc::SYS_socket, &[libc::AF_INET.into(), libc::SOCK_DGRAM.into(), 0])),
        "unix-socket" => Box::new(|| brief(libc::SYS_socket, &[libc::AF_UNIX.into(), libc::SOCK_STREAM.into(), 0])),
        // ---- processes
        "start" => Box::new(|| io(Command::new("/bin/true").status())),
        "exec" => Box::new(|| {
            let (program, none): (CString, c_long) = (c"/bin/echo".into(), 0);
            let arguments = [program.as_ptr(), c"done".as_ptr(), std::ptr::null()];
            brief(libc::SYS_execve, &[program.as_ptr() as c_long, arguments.as_ptr() as c_long, none])
        }),
        "fork" => Box::new(|| or_end(brief(SYS_clone, &[libc::SIGCHLD.into()]))),
        #[cfg(target_arch = "x86_64")]
        "old-fork" => Box::new(|| or_end(brief(libc::SYS_fork, &[]))),
        "thread-in-a-namespace" => {
            let flags = libc::CLONE_THREAD | libc::CLONE_SIGHAND | libc::CLONE_VM | libc::CLONE_NEWUSER;
            Box::new(move || brief(SYS_clone, &[flags.into()]))
        }
        "clone3" => Box::new(|| {
            // struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls
            let wanted = [0_u64, 0, 0, 0, libc::SIGCHLD as u64, 0, 0, 0];
            or_end(brief(libc::SYS_clone3, &[wanted.as_ptr() as c_long, 8 * 8]))
        }),
        // ---- other processes
        "ptrace" => Box::new(|| brief(libc::SYS_ptrace, &[libc::PTRACE_TRACEME.into()])),
        "read-memory" => Box::new(move || {
            let (from, mut to) = ([1_u8; 8], [0_u8; 8]);
            let (source, target) = ([from.as_ptr() as usize, 8], [to.as_mut_ptr() as usize, 8]);
            let (source, target) = (source.as_ptr() as c_long, target.as_ptr() as c_long);
            brief(libc::SYS_process_vm_readv, &[own(), target, 1, source, 1, 0])
        }),
        "write-memory" => Box::new(move || {
            let (from, mut to) = ([1_u8; 8], [0_u8; 8]);
            let (source, target) = ([from.as_ptr() as usize, 8], [to.as_mut_ptr() as usize, 8]);
            let (source, target) = (source.as_ptr() as c_long, target.as_ptr() as c_long);
            brief(libc::SYS_process_vm_writev, &[own(), source, 1, target, 1, 0])
        }),
        "kill" => Box::new(move || brief(libc::SYS_kill, &[parent(), 0])),
        "tkill" => Box::new(move || brief(libc::SYS_tkill, &[parent(), 0])),
        "tgkill" => Box::new(move || brief(libc::SYS_tgkill, &[parent(), parent(), 0])),
        "pidfd" => Box::new(move || brief(libc::SYS_pidfd_open, &[parent(), 0])),
        "priority" => Box::new(|| brief(libc::SYS_setpriority, &[libc::PRIO_PROCESS.into(), 0, 1])),
        // ---- memory to be run
        "map-executable" => Box::new(|| map(libc::PROT_READ | libc::PROT_EXEC)),
        "make-executable" => Box::new(|| {
            let page = map(libc::PROT_READ)?;
            brief(libc::SYS_mprotect, &[page, 4096, (libc::PROT_READ | libc::PROT_EXEC).into()])
        }),
        "personality" => Box::new(|| brief(libc::SYS_personality, &[0xffff_ffff])),
        // ---- out of the limits
        "raise-limits" => Box::new(|| {
            let wanted = [100_u64, 100];
            let nofile = c_long::from(libc::RLIMIT_NOFILE);
            brief(libc::SYS_prlimit64, &[0, nofile, wanted.as_ptr() as c_long, 0])
        }),
        "allow-dumps" => Box::new(|| brief(libc::SYS_prctl, &[libc::PR_SET_DUMPABLE.into(), 1])),
        "memory" => Box::new(move || {
            let bytes = argument.parse().expect("a number");
            Vec::<u8>::new().try_reserve_exact(bytes).map(|()| 0).map_err(|_| libc::ENOMEM)
        }),
        "filter" => Box::new(|| brief(libc::SYS_seccomp, &[1, 0, 0])),
        // ---- the kernel
        "unshare" => Box::new(|| brief(libc::SYS_unshare, &[libc::CLONE_FS.into()])),
        "mount" => Box::new(|| brief(libc::SYS_mount, &[0, 0, 0, 0, 0])),
        "chroot" => Box::new(|| brief(libc::SYS_chroot, &[c"/".as_ptr() as c_long])),
        "io-uring" => Box::new(|| {
            let mut parameters = [0_u8; 120];
            brief(libc::SYS_io_uring_setup, &[1, parameters.as_mut_ptr() as c_long])
        }),
        "bpf" => Box::new(|| brief(libc::SYS_bpf, &[0, 0, 0])),
        "perf" => Box::new(|| brief(libc::SYS_perf_event_open, &[0, 0, -1, -1, 0])),
        "userfaultfd" => Box::new(|| brief(libc::SYS_userfaultfd, &[0])),
        "keyctl" => Box::new(|| brief(libc::SYS_keyctl, &[0, -2, 1])),
        "add-key" => Box::new(|| {
            let (kind, name) = (c"user".as_ptr() as c_long, c"weir".as_ptr() as c_long);
            brief(libc::SYS_add_key, &[kind, name, name, 4, -2])
        }),
        // ---- what must work
        "thread" => Box::new(|| {
            let thread =
                thread::Builder::new().name("late".to_owned()).stack_size(64 << 20).spawn(|| vec![1; 1 << 20].len());
            thread.expect("a thread").join().map(|_| 0).map_err(|_| 0)
        }),
        "abort" => Box::new(|| std::process::abort()),
        "wait" => Box::new(|| {
            println!("ready");
            io(std::io::stdin().read(&mut [0]))
        }),
        "free" => Box::new(move || {
            free_all_kinds(argument.parse().expect("a number"));
            println!("ready");
            io(std::io::stdin().read(&mut [0]))
        }),
        unknown => panic!("no attack is called {unknown}"),
    }
}

/// The new process has nothing to do.
fn or_end(outcome: Outcome) -> Outcome {
    if outcome == Ok(0) {
        exit(0);
    }
    outcome
}

fn map(protection: i32) -> Outcome {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    brief(libc::SYS_mmap, &[0, 4096, protection.into(), flags.into(), -1, 0])
}

/// Frees pieces of all kinds that an allocator knows: each was full of what the number stands for (`sandbox::secret`).
fn free_all_kinds(seed: u8) {
    let fill = |bytes: &mut Vec<u8>, len: usize| {
        for at in 0..len {
            bytes.push((at as u8 & 15).wrapping_mul(37).wrapping_add(seed));
        }
    };
    let mut held = Vec::new();
    for len in [48, 160, 1000, 5000, 50_000, 300_000, 3_000_000] {
        // Many small ones, so that every list of freed pieces is full.
        for _ in 0..(200_000 / len).clamp(2, 20) {
            let mut exact = Vec::with_capacity(len);
            fill(&mut exact, len);
            held.push(exact);
            // One that has moved as it grew.
            let mut grown = Vec::new();
            fill(&mut grown, len);
            grown.shrink_to(len / 3);
            held.push(grown);
        }
    }
    // Some of its neighbours at a time, as they come.
    let (odd, even): (Vec<_>, Vec<_>) = held.into_iter().enumerate().partition(|(at, _)| at % 2 == 1);
    drop(odd);
    drop(even);
}

/// As a container whose profile does not know `seccomp`.
fn forbid_filters() {
    use seccompiler::{SeccompAction, SeccompFilter, TargetArch};
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let processor = TargetArch::try_from(std::env::consts::ARCH).expect("a processor with filters");
    let calls = [(libc::SYS_seccomp, Vec::new())].into();
    let filter = SeccompFilter::new(calls, SeccompAction::Allow, refused, processor).expect("a filter");
    let program: seccompiler::BpfProgram = filter.try_into().expect("a program");
    seccompiler::apply_filter(&program).expect("filters can be installed here");
}
