"""Walls around a student's process, each put up where the system has it; what was put up is told.

Runs inside the child, before any code of the student's. Linux has namespaces: no network, no other processes, a file
system that is read-only and lacks what must not be seen. Elsewhere limits and, for root, another user remain.
"""

import contextlib
import ctypes
import errno
import os
import re
import resource
import socket
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.grading import calls

__all__ = ["Limits", "Walls", "already_counted", "build", "enter", "lower", "unused_user"]

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PIDS, _NEW_NET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE, _NO_ATIME, _NO_DIR_ATIME, _REL_ATIME = (
    32,
    4096,
    16384,
    1 << 18,
    1024,
    2048,
    1 << 21,
)
_NO_NEW_PRIVILEGES, _DUMPABLE, _DIE_WITH_PARENT = 38, 4, 1
_FIRST_USER, _USERS = 20_000, 40_000
_DEVICES = ("null", "zero", "full", "random", "urandom")
_UNLIMITED = () if sys.platform.startswith("linux") else (OSError, ValueError)  # macOS takes not every limit


@dataclass(frozen=True)
class Limits:
    """What one student's process may use."""

    memory: int = 2**30  # bytes of address space
    cpu_seconds: int = 20
    processes: int = 4  # threads count
    file_bytes: int = 2**20
    open_files: int = 64
    disk_bytes: int = 16 * 2**20  # of its folder


@dataclass
class Walls:
    """What holds: true where the system gave it."""

    network: bool = False  # none is left
    files: bool = False  # read-only but for the own folder, and the hidden ones are hidden
    processes: bool = False  # sees and reaches none but its own
    user: bool = False  # an id of its own, without privileges
    calls: bool = False  # system calls that reach around the others are refused
    hidden: list[str] = field(default_factory=list)


def _call(name: str, *arguments: object) -> None:
    if getattr(_LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _unshare(flags: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        _call("unshare", flags)
    except OSError:
        return False
    return True


def _mount(source: str, target: str | bytes, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = (None if text is None else os.fsencode(text) for text in (source, target, kind))
    source, target, kind = encoded
    _call("mount", source, target, kind, ctypes.c_ulong(flags), None if options is None else options.encode())


# Once, around the template that all students' processes are forked from


def build(hidden: list[str], needed: list[str]) -> Walls:
    """Leave the network, and hide the folders `hidden` but for what is `needed` below them.

    What the system refuses is left as it is and told.
    """
    walls, user, group = Walls(), os.getuid(), os.getgid()
    if user and not _unshare(_NEW_USER):
        return walls
    if user:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    walls.network = _unshare(_NEW_NET) and not _reaches_out()
    if _unshare(_NEW_MOUNTS):
        with contextlib.suppress(OSError):
            _mount("none", "/", None, _RECURSIVE | _PRIVATE)
            for folder in hidden:
                hide(folder, needed)
                walls.hidden.append(folder)
            _keep_few_devices()
            walls.files = True
            _open_the_way(needed)
    walls.user = user == 0 and not any(map(_closed_folder, needed))
    return walls


def _write(path: str, text: str) -> None:
    with contextlib.suppress(OSError), open(path, "w") as file:
        file.write(text)


def _reaches_out() -> bool:
    with contextlib.suppress(OSError):
        return any(
            name != "lo" and not name.startswith(("sit", "tunl", "ip6", "gre", "erspan"))
            for _, name in socket.if_nameindex()
        )
    return True


def hide(place: str, needed: list[str]) -> None:
    """Lay an empty folder over the folder `place`, in which only what is `needed` shows; a file becomes empty."""
    place = os.path.realpath(place)
    if place == "/":
        return
    if not os.path.isdir(place):
        if os.path.exists(place):
            _mount("/dev/null", place, None, _BIND)
        return
    kept = [path for path in map(os.path.realpath, needed) if path.startswith(place + "/")]
    kept = [path for path in kept if not any(path.startswith(other + "/") for other in kept)]
    if place in map(os.path.realpath, needed):
        return
    handles = {path: os.open(path, os.O_PATH) for path in kept}
    _mount("none", place, "tmpfs", _NO_SUID | _NO_DEVICES, "size=64k,mode=755")
    for path, handle in handles.items():
        os.makedirs(path, exist_ok=True)
        _mount(f"/proc/self/fd/{handle}", path, None, _BIND | _RECURSIVE)
        os.close(handle)


def _keep_few_devices() -> None:
    """Of /dev only what gives or takes bytes of no one's: neither terminals nor shared memory."""
    handles = {path: os.open(path, os.O_PATH) for path in (f"/dev/{name}" for name in _DEVICES)}
    _mount("none", "/dev", "tmpfs", _NO_SUID | _NO_EXEC, "size=4k,mode=755")
    for path, handle in handles.items():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o666))
        _mount(f"/proc/self/fd/{handle}", path, None, _BIND)
        os.close(handle)


def _open_the_way(needed: list[str]) -> None:
    """Where root's own folder holds Python itself, another user gets through to that and sees nothing else."""
    if os.getuid() == 0:
        for path in needed:
            closed = _closed_folder(path)
            if closed:
                hide(closed, needed)


def _closed_folder(path: str) -> str:
    """The first folder on the way to `path` that other users may not pass, or ""."""
    for folder in reversed(Path(os.path.realpath(path)).parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            return str(folder)
    return ""


# Once for each student's process, as its keeper and as itself


def enter(walls: Walls) -> bool:
    """As the keeper: the next process forked is the first of a world of its own. True where there is such a thing."""
    if walls.files:
        walls.files = _unshare(_NEW_MOUNTS)
    walls.processes = walls.files and _unshare(_NEW_PIDS) and _unshare(_NEW_IPC)
    return walls.processes


def lower(walls: Walls, folder: str, limits: Limits, user: int) -> None:
    """As the student's process: give everything up but an empty `folder` and what `limits` allow.

    `user`: the id to take on where the process is root's.
    """
    if walls.files:
        mounts = _mounts()
        # A folder in memory, of limited size, that ends with the process; then all else becomes read-only.
        options = f"size={limits.disk_bytes},nr_inodes=1000,mode=777"
        _mount("none", folder, "tmpfs", _NO_SUID | _NO_DEVICES, options)
        walls.files = _make_read_only(mounts)
        if walls.processes:
            _renew_proc()
    os.chdir(folder)
    os.umask(0o077)
    _limit(limits)
    _drop_rights(walls, user)


def _renew_proc() -> None:
    """/proc of this world alone; where a container forbids that, none: the old one shows the grader's memory."""
    flags = _NO_SUID | _NO_DEVICES | _NO_EXEC | _READ_ONLY
    try:
        _mount("proc", "/proc", "proc", flags)
    except OSError:
        _mount("none", "/proc", "tmpfs", flags, "size=4k")


def _mounts() -> list[tuple[bytes, int]]:
    """Where something writable is mounted, with the flags that it must keep."""
    flags = {"nosuid": _NO_SUID, "nodev": _NO_DEVICES, "noexec": _NO_EXEC, "noatime": _NO_ATIME,
             "nodiratime": _NO_DIR_ATIME, "relatime": _REL_ATIME}  # fmt: skip
    # Bytes, and split at spaces alone: a name may hold whatever else a text would be split at, or be no text.
    rows = [line.split(b" ") for line in Path("/proc/self/mountinfo").read_bytes().split(b"\n") if line]
    rows = [(row[4], row[5].decode().split(",")) for row in rows]
    return [(_unescaped(place), sum(flags.get(option, 0) for option in has)) for place, has in rows if "ro" not in has]


def _unescaped(place: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), place)


def _make_read_only(mounts: list[tuple[bytes, int]]) -> bool:
    """True when none of `mounts` can be written to any more."""
    refused = False
    for place, kept in mounts:
        try:
            _mount("none", place, None, _REMOUNT | _BIND | _READ_ONLY | kept)
        except OSError as error:
            refused |= error.errno not in (errno.ENOENT, errno.EINVAL, errno.ENOTDIR)  # lies below another mount
    return not refused


def already_counted(walls: Walls) -> int:
    """How many processes and threads a limit on their number counts beside the student's own.

    Root's students have a user id each. Since Linux 5.14 a user namespace counts by itself; else all of the user's
    count.
    """
    if walls.user:
        return 0
    if walls.processes and tuple(map(int, os.uname().release.split(".")[:2])) >= (5, 14):
        return 4  # the template, its keeper, and what they have just ended
    try:
        mine = [entry.path for entry in os.scandir("/proc") if entry.name.isdecimal() and _is_mine(entry)]
    except OSError:
        return 10_000  # who knows
    return sum(_threads(path) for path in mine)


def _is_mine(entry: os.DirEntry) -> bool:
    with contextlib.suppress(OSError):
        return entry.stat().st_uid == os.getuid()
    return False


def _threads(path: str) -> int:
    with contextlib.suppress(OSError):
        return len(os.listdir(f"{path}/task"))
    return 0


def _limit(limits: Limits) -> None:
    wanted = {
        "RLIMIT_AS": limits.memory,
        "RLIMIT_CPU": limits.cpu_seconds,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_CORE": 0,
    }
    for name, most in wanted.items():
        if hasattr(resource, name):
            _, hard = resource.getrlimit(getattr(resource, name))
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with contextlib.suppress(*_UNLIMITED):
                resource.setrlimit(getattr(resource, name), (most, most))


def _drop_rights(walls: Walls, user: int) -> None:
    if os.getuid() == 0:
        if walls.user:
            os.setgroups([])
            os.setgid(user)  # for root, these set all three ids, and there is no way back
            os.setuid(user)
    elif sys.platform.startswith("linux"):
        # In its own user namespace it could undo the walls. Version 3 of the call, no process id, no rights.
        _LIBC.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    if sys.platform.startswith("linux"):
        _LIBC.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        _LIBC.prctl(_DIE_WITH_PARENT, 9, 0, 0, 0)
    walls.calls = calls.refuse()


def unused_user(number: int) -> int:
    """A user id that nobody has, another one for each `number`, so that no process counts among another's."""
    import pwd

    user = _FIRST_USER + number % _USERS
    while True:
        try:
            pwd.getpwuid(user)
        except KeyError:
            return user
        user += 1
