"""What a call is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..cases import Arrays

ARRAYS = ("numpy", "torch", "jax")
"""What a function can be handed."""

LOST = 70
"""The exit status of a function's process where its connection to the caller does not work any more."""


class UnusableError(ValueError):
    """The function cannot be called as what it is said to be; the message says why, in one line."""


class EndedError(UnusableError):
    """The function's process ended, or had to be ended, while the function was loaded."""


@dataclass(frozen=True)
class Call:
    """The inputs of an operation, with the classes on the last axis, and how they are handed over.

    ``layout`` is how they lie in memory (see ``crosscheck.layouts``), ``axis`` where the function finds the
    classes.
    """

    inputs: Arrays
    layout: str = "contiguous"
    axis: int = -1


@dataclass(frozen=True)
class Outcome:
    """What came of a call: the quantities as NumPy arrays, or the ``error`` that came instead.

    ``refused``  whether the error is one by which a function declines arguments (TypeError, ValueError, …)
    ``ended``    whether the process ended, or was ended because the time was up
    ``shows``    what was seen apart from numbers: ``crosscheck.mistake.CHANGED`` and its neighbours → where
    ``ignored``  names that were returned and mean nothing to the operation
    """

    results: Arrays = field(default_factory=dict)
    error: str = ""
    refused: bool = False
    ended: bool = False
    shows: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def with_results(self, results: Arrays) -> Outcome:
        """The same outcome with other results."""
        return Outcome(results, self.error, self.refused, self.ended, self.shows, self.ignored)


PYTHON_2 = {
    **{"xrange": "range", "raw_input": "input", "unicode": "str", "basestring": "str", "unichr": "chr"},
    **{"long": "int", "reduce": "functools.reduce", "reload": "importlib.reload", "execfile": "exec"},
    **{"cmp": "(a > b) - (a < b)", "file": "open", "iteritems": "items", "itervalues": "values"},
    **{"iterkeys": "keys", "has_key": "in", "cPickle": "pickle", "StringIO": "io", "cStringIO": "io"},
    **{"urllib2": "urllib.request", "Queue": "queue", "ConfigParser": "configparser", "Tkinter": "tkinter"},
}
"""Names of Python 2 that Python 3 has not, and what stands for them."""


def first_line(error: BaseException) -> str:
    """The first line of an error's message, at most 200 characters; what a terminal would obey is written out."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # an error may be somebody's own class
        return ""
    line = lines[0][:200] if lines else ""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def told(error: BaseException) -> str:
    """An error in a line: its name and what it says.

    >>> told(ValueError("shapes differ"))
    'ValueError: shapes differ'
    >>> told(NameError("name 'xrange' is not defined", name="xrange"))
    "NameError: name 'xrange' is not defined (a name of Python 2; in Python 3: range)"
    """
    said = ": ".join(filter(None, (type(error).__name__, first_line(error))))
    return said + of_python_2(error) if isinstance(error, NameError | AttributeError) else said


def of_python_2(error: NameError | AttributeError | ImportError) -> str:
    """What Python 3 calls the name that is missing, where it is one of Python 2."""
    name = error.name or ""
    return f" (a name of Python 2; in Python 3: {PYTHON_2[name]})" if name in PYTHON_2 else ""


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays have the same bits, NaN included."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
