"""What crosses between the grader and a student's process: plain data in JSON, checked on arrival.

Both sides use this module. Numbers, booleans, texts, lists, tuples and arrays of numbers cross as they are; of
everything else only its kind does, so no object of the student's ever lives in the grader.
"""

import base64
import inspect
import json
import math
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

__all__ = ["LARGEST", "Channel", "Closed", "Foreign", "Malformed", "decode", "encode", "generator_state", "word"]

LARGEST = 16 * 2**20  # bytes of one message
MOST_NUMBERS = 10**6  # in the arrays of one value
DEEPEST, MOST_PARTS = 12, 100_000  # of nested lists
LONGEST_TEXT = 10_000  # characters
LONGEST_LISTED = 20  # characters of a text in a list: NumPy would give all of them the room of the longest
DIGITS = 300  # of a whole number
GENERATORS = ("PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM")
_PLAIN = "biuf"
_OTHER = "cUSOMmV"


class Closed(Exception):
    """The other side has gone, or did not speak in time (`late`)."""

    def __init__(self, late: bool = False) -> None:
        super().__init__("no answer in time" if late else "the other side has gone")
        self.late = late


class Malformed(Exception):
    """What arrived is none of the things that may cross."""


class Foreign:
    """Stands in the grader for an object that did not cross; its type's name is that of the object's type."""


class Channel:
    """Messages over a connected socket, each a JSON object behind four bytes that tell its length."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.deadline = math.inf  # of time.monotonic()

    def send(self, message: dict) -> None:
        """Errors: `Closed`; `Malformed` when the message is too large."""
        content = json.dumps(message).encode("ascii")
        if len(content) > LARGEST:
            raise Malformed(f"a message of {len(content):,} bytes")
        try:
            self._wait()
            self._connection.sendall(struct.pack("!I", len(content)) + content)
        except TimeoutError as error:
            raise Closed(late=True) from error
        except OSError as error:
            raise Closed from error

    def receive(self) -> dict:
        """The next message. Errors: `Closed`, `Malformed`."""
        (length,) = struct.unpack("!I", self._exactly(4))
        if length > LARGEST:
            raise Malformed(f"a message of {length:,} bytes")
        try:
            message = json.loads(self._exactly(length))
        except (ValueError, RecursionError) as error:
            raise Malformed("a message that is not JSON") from error
        if not isinstance(message, dict):
            raise Malformed("a message that is no JSON object")
        return message

    def _exactly(self, length: int) -> bytes:
        content = bytearray()
        while len(content) < length:
            try:
                self._wait()
                part = self._connection.recv(min(length - len(content), 2**20))
            except TimeoutError as error:
                raise Closed(late=True) from error
            except OSError as error:
                raise Closed from error
            if not part:
                raise Closed
            content += part
        return bytes(content)

    def _wait(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(None if left == math.inf else left)

    def close(self) -> None:
        self._connection.close()


# Out


def encode(value: object, keep: Callable[[Callable], int] | None = None) -> object:
    """`value` as JSON. `keep` takes a function, which then crosses as a number that it can be called by.

    With it, an object that is not plain crosses as its public methods.
    """
    return _encode(value, keep, 0)


def _encode(value: object, keep: Callable | None, depth: int) -> object:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if issubclass(kind, (int, np.integer, np.bool_)) and kind is not bool:
        return _scalar(value, kind)
    if issubclass(kind, (float, np.floating)):
        return _scalar(value, kind)
    if issubclass(kind, str):
        return str(value)[:LONGEST_TEXT]
    if issubclass(kind, (list, tuple)):
        return _encode_parts(value, keep, depth)
    if issubclass(kind, np.random.Generator):
        return {"generator": _plain_state(value.bit_generator.state)}
    if inspect.isgenerator(value) or inspect.iscoroutine(value):
        return {"unfinished": "generator" if inspect.isgenerator(value) else "coroutine"}
    if keep is not None and callable(value):
        return {"function": keep(value)}
    if issubclass(kind, np.ndarray) or hasattr(value, "__array__"):
        return _array(np.asarray(value), kind)
    if keep is not None:
        return {"methods": {name: keep(getattr(value, name)) for name in _methods(value)}}
    return {"other": kind.__name__[:80]}


def _methods(value: object) -> list[str]:
    return [name for name in dir(value) if not name.startswith("_") and callable(getattr(value, name))]


def _scalar(value: object, kind: type) -> object:
    if kind is int:
        return value if abs(value) < 10**DIGITS else {"digits": len(hex(value))}
    if kind is float:
        return {"real": repr(value)}
    if issubclass(kind, np.generic):
        return _array(np.asarray(value), kind) | {"scalar": True}
    return _scalar(int(value), int) if issubclass(kind, int) else _scalar(float(value), float)


def _encode_parts(value: list | tuple, keep: Callable | None, depth: int) -> object:
    name = "list" if issubclass(type(value), list) else "tuple"
    if depth >= DEEPEST or len(value) > MOST_PARTS:
        return {"other": name}
    return {name: [_encode(part, keep, depth + 1) for part in value]}


def _array(array: np.ndarray, kind: type) -> dict:
    if array.dtype.kind not in _PLAIN:
        return {"contents": array.dtype.kind, "kind": kind.__name__[:80]}
    if array.size > MOST_NUMBERS:
        return {"other": f"array of more than {MOST_NUMBERS:,} numbers"}
    # Asked of the array, not of what `kind` has made of it: a subclass may say anything.
    plain = np.array(array, subok=False, order="C").astype(array.dtype.newbyteorder("="))
    return {
        "dtype": plain.dtype.str,
        "shape": list(plain.shape),
        "bytes": base64.b64encode(plain.tobytes()).decode("ascii"),
        "strided": [stride < 0 for stride in array.strides] if not array.flags.c_contiguous else [],
    }


def _plain_state(state: object) -> object:
    if isinstance(state, dict):
        return {name: _plain_state(part) for name, part in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state if isinstance(state, str) else int(state)


# In


def decode(content: object, function: Callable[[int], Callable] | None = None) -> object:
    """The value that `encode` made `content` of, or a stand-in that tells its kind.

    `function` makes something that can be called of a function's number. Errors: `Malformed`.
    """
    try:
        return _decode(content, function, 0, _Left())
    except Malformed:
        raise
    except Exception as error:
        raise Malformed(f"{type(error).__name__} in a value that crossed") from error


@dataclass
class _Left:
    """What may still cross in one value."""

    parts: int = MOST_PARTS
    numbers: int = MOST_NUMBERS
    gaps: int = MOST_NUMBERS  # numbers' room in arrays that are laid out wide


def _decode(content: object, function: Callable | None, depth: int, left: _Left) -> object:
    left.parts -= 1
    if left.parts < 0 or depth > DEEPEST:
        raise Malformed("a value of too many parts")
    if isinstance(content, str):
        return content[:LONGEST_LISTED] if depth else content[:LONGEST_TEXT]
    if content is None or isinstance(content, bool):
        return content
    if isinstance(content, int) and abs(content) < 10**DIGITS:
        return content
    if not isinstance(content, dict) or not content:
        raise Malformed("a value of no known kind")
    if "real" in content:
        return float(content["real"])
    for name, kind in (("list", list), ("tuple", tuple)):
        if name in content:
            return kind([_decode(part, function, depth + 1, left) for part in content[name]])
    if "bytes" in content:
        return _numbers(content, left)
    if "generator" in content:
        return _generator(content["generator"])
    if "function" in content and function is not None:
        return function(int(content["function"]))
    if "methods" in content and function is not None:
        return SimpleNamespace(**{name: function(int(number)) for name, number in content["methods"].items()})
    return _stand_in(content)


def _numbers(content: dict, left: _Left) -> object:
    dtype = np.dtype(str(content["dtype"]))
    shape = tuple(int(length) for length in content["shape"])
    left.numbers -= math.prod(shape)
    if dtype.kind not in _PLAIN or len(shape) > 16 or left.numbers < 0 or min(shape, default=0) < 0:
        raise Malformed("an array of a type or size that may not cross")
    data = base64.b64decode(content["bytes"], validate=True)
    if len(data) != math.prod(shape) * dtype.itemsize or (dtype.kind == "b" and data.strip(b"\0\1")):
        raise Malformed("an array whose bytes do not fit its shape")
    array = np.frombuffer(data, dtype).reshape(shape).copy()
    if content.get("scalar"):
        return array[()]
    return _laid_out(array, content.get("strided") or [], left)


def _laid_out(array: np.ndarray, backwards: list[bool], left: _Left) -> np.ndarray:
    """An array that lies in memory with gaps, and backwards where the original did: answers must not rely on either."""
    room = array.size * 2**array.ndim
    if not backwards or len(backwards) != array.ndim or room > left.gaps:
        return array
    left.gaps -= room
    wide = np.zeros([2 * length for length in array.shape], array.dtype)
    view = wide[tuple(slice(None, None, -2 if turned else 2) for turned in backwards)]
    view[...] = array
    return view


def generator_state(content: dict) -> dict:
    """The state of a NumPy generator, as it crossed. Errors: `Malformed`."""
    if not isinstance(content, dict) or content.get("bit_generator") not in GENERATORS:
        raise Malformed("a generator of an unknown kind")
    return content


def _generator(content: dict) -> np.random.Generator:
    generator = np.random.Generator(getattr(np.random, generator_state(content)["bit_generator"])())
    generator.bit_generator.state = content
    return generator


def _stand_in(content: dict) -> object:
    if "unfinished" in content:
        return _coroutine() if content["unfinished"] == "coroutine" else (part for part in ())
    if "digits" in content:
        return 10 ** (DIGITS + 1)
    if content.get("contents") in tuple(_OTHER):
        return np.zeros(1, {"U": "U1", "S": "S1", "V": "V1"}.get(content["contents"], content["contents"]))
    return type(_name(content.get("other")), (Foreign,), {})()


async def _coroutine() -> None:
    pass


def _name(text: object) -> str:
    fits = isinstance(text, str) and text.isprintable() and 0 < len(text) <= 80
    return text if fits else "object"


def word(text: object) -> str:
    """`text` where it can be the name of a type or function, else `object`."""
    return text if isinstance(text, str) and text.isidentifier() and len(text) <= 80 else "object"
