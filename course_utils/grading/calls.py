"""System calls that no answer needs, refused by the kernel (seccomp): what they reach, no other wall closes.

Keys, shared memory and queues outlive a process and belong to the user or to all, memory that no limit counts among
them; other calls reach into other processes, set up walls anew, or are new and large parts of the kernel.
Numbers: Linux, `asm/unistd_64.h` and `asm-generic/unistd.h`.
"""

import ctypes
import errno
import platform
import struct
import sys

__all__ = ["refuse"]

REFUSED = {  # x86-64, AArch64
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195),
    "semget": (64, 190), "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192),
    "msgget": (68, 186), "msgsnd": (69, 189), "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438), "kcmp": (312, 272), "open_by_handle_at": (304, 265),
    "unshare": (272, 97), "setns": (308, 268), "pivot_root": (155, 41), "mount": (165, 40), "umount2": (166, 39),
    "open_tree": (428, 428), "move_mount": (429, 429), "mount_setattr": (442, 442),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "fanotify_init": (300, 262),
}  # fmt: skip
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above; how the kernel calls it
_FOREIGN_NUMBERS = 0x40000000  # from here on x86-64 counts the calls of another calling convention
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of a packet filter
_NUMBER, _MACHINE = 0, 4  # where a filter finds them
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_SET_SECCOMP, _FILTER = 22, 2


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def refuse() -> bool:
    """From now on, the calls above fail here and in all that this process starts; true where the system can do that.

    The process must have given up gaining privileges (`PR_SET_NO_NEW_PRIVS`).
    """
    if not sys.platform.startswith("linux") or platform.machine() not in MACHINES or sys.maxsize < 2**32:
        return False
    content = _filter(*MACHINES[platform.machine()])
    program = _Program(len(content) // 8, content)
    return ctypes.CDLL(None).prctl(_SET_SECCOMP, ctypes.c_ulong(_FILTER), ctypes.byref(program), 0, 0) == 0


def _filter(column: int, machine: int) -> bytes:
    """Calls of another machine's convention are refused altogether; their numbers mean other calls."""
    tests = [(_IF_AT_LEAST, _FOREIGN_NUMBERS), *((_IF_EQUAL, numbers[column]) for numbers in REFUSED.values())]
    steps = [
        _step(_LOAD, _MACHINE),
        _step(_IF_EQUAL, machine, otherwise=len(tests) + 2),
        _step(_LOAD, _NUMBER),
        *(_step(test, number, then=len(tests) - k) for k, (test, number) in enumerate(tests)),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _FAIL | errno.EPERM),
    ]
    return b"".join(steps)


def _step(instruction: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction; `then` and `otherwise` say how many of those that follow are passed over."""
    return struct.pack("HBBI", instruction, then, otherwise, value)
