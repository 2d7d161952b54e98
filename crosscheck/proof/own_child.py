"""The process in which a derivation of one's own is run: the file is code, and may do anything.

``python -m crosscheck.proof.own_child FILE OUT SEED SECONDS`` writes to OUT, as JSON, the line that it has come
to, {"at": …}, then what it found, {"found": …}, or {"error": …, "status": …}.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from typing import Any

from . import check_derivation, plain
from .own import FAILED, OwnError, load, names, told
from .own_reading import RANDOM_SHAPES, require_readable

_GRACE = 10  # seconds after its time at which a process that nobody ended ends itself


def main(path: str, out: str, seed: int, seconds: float) -> None:
    """Judge the file, and write what was found to ``out``."""
    faulthandler.dump_traceback_later(seconds + _GRACE, exit=True)

    def write(data: dict[str, Any]) -> None:
        with open(f"{out}.new", "w", encoding="utf-8") as file:
            json.dump(data, file)
        os.replace(f"{out}.new", out)

    try:
        derivation = load(path)
        where = names(derivation)
        require_readable(derivation, path, lambda at: write({"at": at}))
        found = check_derivation(derivation, seed, RANDOM_SHAPES, lambda i: write({"at": where[i - 1]}))
        write({"found": plain(found)})
    except OwnError as error:
        write({"error": str(error), "status": error.status})
    except BaseException as error:
        write({"error": " ".join(told(error, path).split()), "status": FAILED})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
