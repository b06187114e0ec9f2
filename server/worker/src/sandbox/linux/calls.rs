//! The system calls of a worker, with the reason for each.
//!
//! There are three kinds. A call of [`ALLOWED`] works. A call of [`DEADLY`] ends the process: nothing in a worker makes it, but for
//! code that has taken the worker over, and that is better stopped and seen than answered. Every other is answered as by a
//! kernel that does not have it (`ENOSYS`): the C library and others try calls that they can do without, such as `clone3`, or
//! those that open files to read settings from.
//!
//! A line is added to [`ALLOWED`] only with its reason; `tests/sandbox` tries what must not work.

use libc::c_long;

/// A call, with the arguments it is meant with.
pub(super) struct Line {
    pub(super) call: c_long,
    /// All of these hold. Several lines of one call stand beside each other: one of them holds.
    pub(super) when: &'static [When],
    #[expect(dead_code, reason = "for who reads the list")]
    pub(super) reason: &'static str,
}

/// What an argument, counted from 0, must be.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// This number, of 32 bits.
    Is(u8, u32),
    /// These bits of it as given by the second, of 64 bits.
    Bits(u8, u64, u64),
    /// The number of this process.
    IsSelf(u8),
    /// The number of another process, or of several.
    IsNotSelf(u8),
}

use When::{Bits, Is, IsNotSelf, IsSelf};

const fn line(call: c_long, when: &'static [When], reason: &'static str) -> Line {
    Line { call, when, reason }
}

/// What `pthread_create` asks for. Whoever wants a process, or namespaces, asks for something else. `0x40_0000` is ignored by the
/// kernel and set by musl.
const THREAD: u64 = (libc::CLONE_VM
    | libc::CLONE_FS
    | libc::CLONE_FILES
    | libc::CLONE_SIGHAND
    | libc::CLONE_THREAD
    | libc::CLONE_SYSVSEM
    | libc::CLONE_SETTLS
    | libc::CLONE_PARENT_SETTID
    | libc::CLONE_CHILD_CLEARTID) as u64;
const ANY_FLAG: u64 = !0x40_0000;

const EXECUTABLE: u64 = libc::PROT_EXEC as u64;
const ANONYMOUS: u64 = libc::MAP_ANONYMOUS as u64;

pub(super) const ALLOWED: &[Line] = &[
    // ---- frames
    line(libc::SYS_read, &[], "requests"),
    line(libc::SYS_write, &[], "answers, and the place of a panic"),
    line(libc::SYS_writev, &[], "the same, as musl writes"),
    line(libc::SYS_fcntl, &[Is(1, libc::F_DUPFD_CLOEXEC as u32)], "a handle of its own for standard output"),
    // ---- memory: never such as can be run
    line(libc::SYS_brk, &[], "malloc"),
    line(libc::SYS_mmap, &[Bits(2, EXECUTABLE, 0), Bits(3, ANONYMOUS, ANONYMOUS)], "malloc, stacks of threads"),
    line(libc::SYS_mprotect, &[Bits(2, EXECUTABLE, 0)], "malloc, ends of stacks"),
    line(libc::SYS_munmap, &[], "free, stacks of threads"),
    line(libc::SYS_mremap, &[], "realloc; keeps the protection"),
    line(libc::SYS_madvise, &[Is(2, libc::MADV_DONTNEED as u32)], "free gives memory back"),
    // ---- threads: the analysis, the watchdog, and others that read rules
    line(libc::SYS_clone, &[Bits(0, ANY_FLAG, THREAD)], "a thread, and nothing else; clone3 keeps its flags in memory"),
    line(libc::SYS_set_robust_list, &[], "a thread's start"),
    line(libc::SYS_rseq, &[], "a thread's start"),
    line(libc::SYS_sigaltstack, &[], "a thread's start and end: where an overflow of its stack is told"),
    line(libc::SYS_rt_sigprocmask, &[], "a thread's start, abort"),
    line(libc::SYS_prctl, &[Is(0, libc::PR_SET_NAME as u32)], "a thread's name"),
    line(libc::SYS_sched_getaffinity, &[], "how many arenas malloc makes; on which core a lock is waited for"),
    line(libc::SYS_sched_yield, &[], "locks"),
    line(libc::SYS_futex, &[], "locks, waiting for work, the end of a thread"),
    line(libc::SYS_restart_syscall, &[], "a wait goes on after a stop and a SIGCONT"),
    line(libc::SYS_exit, &[], "a thread's end"),
    // ---- the process
    line(libc::SYS_exit_group, &[], "its end"),
    line(libc::SYS_clock_gettime, &[], "budgets, where the clock cannot be read without a call"),
    line(libc::SYS_getrandom, &[], "keys of hash tables, and of the sealed link"),
    line(libc::SYS_rt_sigaction, &[], "an overflow of the stack is told, then the default is put back; abort"),
    line(libc::SYS_rt_sigreturn, &[], "the end of that"),
    line(libc::SYS_getpid, &[], "abort"),
    line(libc::SYS_gettid, &[], "abort, names of threads in messages"),
    line(libc::SYS_tgkill, &[IsSelf(0)], "abort"),
];

pub(super) const DEADLY: &[Line] = &[
    // ---- other programs
    line(libc::SYS_execve, &[], "starts a program"),
    line(libc::SYS_execveat, &[], "starts a program"),
    #[cfg(target_arch = "x86_64")]
    line(libc::SYS_fork, &[], "starts a process"),
    #[cfg(target_arch = "x86_64")]
    line(libc::SYS_vfork, &[], "starts a process"),
    line(libc::SYS_clone, &[Bits(0, libc::CLONE_THREAD as u64, 0)], "starts a process"),
    // ---- other processes
    line(libc::SYS_ptrace, &[], "takes a process over"),
    line(libc::SYS_process_vm_readv, &[], "reads the memory of another"),
    line(libc::SYS_process_vm_writev, &[], "writes into the memory of another"),
    line(libc::SYS_pidfd_open, &[], "gets hold of another"),
    line(libc::SYS_pidfd_getfd, &[], "takes the open files of another"),
    line(libc::SYS_pidfd_send_signal, &[], "signals to another"),
    line(libc::SYS_kill, &[], "signals to others; abort does not use it"),
    line(libc::SYS_tkill, &[IsNotSelf(0)], "signals to others; abort of musl uses it, and ends here as well"),
    line(libc::SYS_tgkill, &[IsNotSelf(0)], "signals to others"),
    line(libc::SYS_rt_sigqueueinfo, &[], "signals to others"),
    line(libc::SYS_rt_tgsigqueueinfo, &[], "signals to others"),
    // ---- the network
    line(libc::SYS_socket, &[], "the network, and daemons of this machine"),
    line(libc::SYS_socketpair, &[], "nobody is on its other side"),
    line(libc::SYS_connect, &[], "the network"),
    line(libc::SYS_bind, &[], "the network"),
    line(libc::SYS_listen, &[], "the network"),
    line(libc::SYS_accept4, &[], "the network"),
    line(libc::SYS_sendto, &[], "the network"),
    line(libc::SYS_sendmsg, &[], "the network, and handing on descriptors"),
    // ---- where most holes of the kernel were
    line(libc::SYS_io_uring_setup, &[], "calls without calls: no filter sees them"),
    line(libc::SYS_io_uring_enter, &[], "the same"),
    line(libc::SYS_io_uring_register, &[], "the same"),
    line(libc::SYS_bpf, &[], "programs in the kernel"),
    line(libc::SYS_perf_event_open, &[], "watches others"),
    line(libc::SYS_userfaultfd, &[], "stops the kernel half-way, to win races in it"),
    line(libc::SYS_keyctl, &[], "keys of the user"),
    line(libc::SYS_add_key, &[], "keys of the user"),
    line(libc::SYS_request_key, &[], "keys of the user"),
    line(libc::SYS_memfd_create, &[], "a file without a name: memory to be run, in the end"),
    // ---- what a container is made of, and left by
    line(libc::SYS_unshare, &[], "namespaces"),
    line(libc::SYS_setns, &[], "namespaces"),
    line(libc::SYS_mount, &[], "file systems"),
    line(libc::SYS_umount2, &[], "file systems"),
    line(libc::SYS_pivot_root, &[], "file systems"),
    line(libc::SYS_chroot, &[], "file systems"),
    line(libc::SYS_open_by_handle_at, &[], "opens files past their folders"),
    line(libc::SYS_personality, &[], "makes all that is read such as can be run"),
    // ---- the machine
    line(libc::SYS_init_module, &[], "the kernel"),
    line(libc::SYS_finit_module, &[], "the kernel"),
    line(libc::SYS_delete_module, &[], "the kernel"),
    line(libc::SYS_kexec_load, &[], "the kernel"),
    line(libc::SYS_reboot, &[], "the machine"),
];
