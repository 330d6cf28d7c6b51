"""Files that are written whole or not at all, and arrays as such files hold them."""

import io
import os
import secrets
from pathlib import Path

__all__ = ["as_npz", "write_whole"]


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` to a temporary file beside `path` and rename it, so that nobody ever reads half of `path`.

    Text is written in UTF-8 and its line ends stay as they are. Errors: `OSError`; `path` is then as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def as_npz(arrays: dict, compressed: bool = True) -> bytes:
    """The content of an .npz file with these arrays.

    Errors: `ValueError` for an array of Python objects, which would be a pickle. (NumPy 2.1 cannot be
    asked to refuse them: it takes `allow_pickle` for the name of one more array.)
    """
    import numpy as np

    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"{name} holds Python objects; store plain arrays, which allow_pickle=False reads.")
    packed = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(packed, **arrays)
    return packed.getvalue()
