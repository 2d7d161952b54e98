"""A C function, compiled at import into a temporary folder, and called through ctypes: softmax and its VJP."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

_COMPILER = shutil.which("cc") or shutil.which("gcc")
_ARRAY = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")


def _compiled():
    if _COMPILER is None:
        raise RuntimeError("no C compiler: neither cc nor gcc is there")
    source = Path(__file__).with_suffix(".c")
    with tempfile.TemporaryDirectory() as folder:  # the library stays loaded once its file is gone
        library = Path(folder) / "c_softmax.so"
        subprocess.run([_COMPILER, "-O2", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
        return ctypes.CDLL(str(library))


_LIBRARY = _compiled()
for _name, _arrays in (("softmax", 2), ("softmax_vjp", 3), ("softmax_vjp_diagonal", 3)):
    getattr(_LIBRARY, _name).argtypes = [_ARRAY] * _arrays + [ctypes.c_size_t] * 2
    getattr(_LIBRARY, _name).restype = None


def _call(name, *arrays):
    arrays = [np.ascontiguousarray(a, dtype=np.float64) for a in arrays]
    out = np.empty_like(arrays[0])
    n = out.shape[-1]
    getattr(_LIBRARY, name)(*arrays, out, out.size // n, n)
    return out


def softmax(x, cotangent):
    y = _call("softmax", x)
    return {"value": y, "vjp": _call("softmax_vjp", y, cotangent)}


def diagonal(x, cotangent):
    """Wrong at vjp."""
    y = _call("softmax", x)
    return {"value": y, "vjp": _call("softmax_vjp_diagonal", y, cotangent)}
