"""Run a command in a root of its own, as a container does (Linux). A script: ``python -I -S namespace.py PLAN``.

``PLAN`` is JSON: ``root`` (the folder that becomes /), ``binds`` (rows source, target, "ro" or "rw"), ``command``,
``workdir``,
``environment``, ``hostname``, ``user`` (whether a user namespace is needed). The process ends as the command did;
killing it ends
everything that was started inside.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import warnings  # noqa: F401 - os.execvpe imports it, when the folder it is in has gone

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, REMOUNT, BIND, REC, PRIVATE = 1, 32, 4096, 16384, 1 << 18
LOCKED = 2 | 4 | 8 | 1024 | 2048 | (1 << 21)
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> None:
    """Raise the C library's error."""
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error), what)


def mount(source: str, target: str, kind: str | None = None, flags: int = 0) -> None:
    """``mount(2)``."""
    check(
        libc.mount(source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), None),
        target,
    )


def bind(source: str, target: str, mode: str) -> None:
    """Show ``source`` (a file or folder) at ``target``; read-only if ``mode`` is "ro"."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    mount(source, target, flags=BIND)
    if mode == "ro":
        read_only(target)


def read_only(target: str) -> None:
    """Make a mount read-only, keeping the flags an unprivileged namespace may not drop."""
    kept = os.statvfs(target).f_flag & LOCKED
    mount("none", target, flags=BIND | REMOUNT | RDONLY | kept)


def enter(plan: dict) -> None:
    """Build the root, move into it, and start the command's surroundings: /proc, /dev, loopback."""
    root = plan["root"]
    mount("none", "/", flags=REC | PRIVATE)
    mount(root, root, flags=BIND)
    for source, target, mode in plan["binds"]:
        bind(source, root + target, mode)
    os.makedirs(root + "/proc", exist_ok=True)
    mount("proc", root + "/proc", "proc")
    for name in ("null", "zero", "full", "random", "urandom"):
        bind(f"/dev/{name}", f"{root}/dev/{name}", "rw")
    os.makedirs(root + "/dev/shm", exist_ok=True)
    mount("tmpfs", root + "/dev/shm", "tmpfs")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink("/proc/self/fd" + target, f"{root}/dev/{name}")
    libc.sethostname(plan["hostname"].encode(), len(plan["hostname"]))
    loopback()
    os.chdir(root)
    read_only(root)
    check(libc.syscall(PIVOT_ROOT, b".", b"."), "pivot_root") if PIVOT_ROOT else os.chroot(".")
    if PIVOT_ROOT:
        check(libc.umount2(b".", 2), "umount")
    os.chdir(plan["workdir"])


PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(os.uname().machine, 0)


def loopback() -> None:
    """Bring the network namespace's own loopback up; where that fails there is simply none."""
    import fcntl
    import socket
    import struct

    try:
        with socket.socket() as sock:
            fcntl.ioctl(sock, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
    except OSError:
        pass


def wait(child: int) -> int:
    """Reap whatever ends until ``child`` does; its status as a shell gives it."""
    while True:
        process, status = os.wait()
        if process == child:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code


def main() -> None:
    """Enter the namespaces and stay in front of the command until it ends."""
    with open(sys.argv[1], encoding="utf-8") as text:
        plan = json.load(text)
    user, group = os.getuid(), os.getgid()
    check(libc.unshare(NEWNS | NEWPID | NEWUTS | NEWIPC | NEWNET | (NEWUSER if plan["user"] else 0)), "unshare")
    if plan["user"]:
        for name, content in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(content)
    init = os.fork()
    if init:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(init, signal.SIGTERM))
        os._exit(wait(init))
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    enter(plan)
    job = os.fork()
    if job:
        signal.signal(signal.SIGTERM, lambda *_: os.kill(job, signal.SIGTERM))
        os._exit(wait(job))
    os.setsid()
    try:
        os.execvpe(plan["command"][0], plan["command"], plan["environment"])
    except OSError as error:
        sys.stderr.write(f"{plan['command'][0]}: {os.strerror(error.errno or 0)}\n")
        sys.stderr.flush()
        os._exit(127 if error.errno == 2 else 126)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.stderr.write(f"namespace: {error}\n")
        sys.stderr.flush()
        os._exit(125)
