"""The process in which a derivation of one's own is run: the file is code, and may do anything.

``python -m crosscheck.proof.own_child FILE OUT SEED SECONDS`` writes to OUT, as JSON, the line that it has come
to, {"at": …}, then what it found, {"found": …}, or {"error": …, "status": …}.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from . import check_derivation, plain
from .own import FAILED, OwnError, load, names, told
from .own_reading import RANDOM_SHAPES, require_readable

_GRACE = 10  # seconds after its time at which a process that nobody ended ends itself


def answer(path: str, seed: int, come_to: Callable[[str], None]) -> dict[str, Any]:
    """What is found of the file, or why it cannot be judged; ``come_to`` is told of every line before it is run.

    >>> answer("missing.py", 0, print)
    {'error': 'missing.py: No such file or directory; expected a Python file', 'status': 2}
    """
    try:
        derivation = load(path)
        where = names(derivation)
        require_readable(derivation, path, come_to)
        return {"found": plain(check_derivation(derivation, seed, RANDOM_SHAPES, lambda i: come_to(where[i - 1])))}
    except OwnError as error:
        return {"error": str(error), "status": error.status}
    except BaseException as error:
        return {"error": " ".join(told(error, path).split()), "status": FAILED}


def main(path: str, out: str, seed: int, seconds: float) -> None:
    """Judge the file, and write what was found to ``out``."""
    faulthandler.dump_traceback_later(seconds + _GRACE, exit=True)

    def write(data: dict[str, Any]) -> None:
        with open(f"{out}.new", "w", encoding="utf-8") as file:
            json.dump(data, file)
        os.replace(f"{out}.new", out)

    write(answer(path, seed, lambda at: write({"at": at})))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
