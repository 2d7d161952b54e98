"""The matrix is judged beside the other tests: its processes start as soon as the tests are collected.

Where pytest-xdist divides the tests, by files, one process has those of the matrix, and starts with them.
"""

import threading

import pytest

from crosscheck import workers
from crosscheck.known import with_known
from crosscheck.pytest_plugin import matrix_plan, record

_MATRIX = pytest.StashKey["Matrix"]()


class Matrix:
    """The verdicts of the cells with the given numbers, from as many processes as there are cores."""

    def __init__(self, cells, numbers):
        self.cells = [cells[number] for number in numbers]
        self.numbers = numbers
        self.judged = {}
        self.error = None
        self.given_up = threading.Event()
        self.thread = threading.Thread(target=self._judge, daemon=True)
        # In few cells, or on a GPU, this process judges itself, and tests beside it would take turns with it.
        self.beside = len(numbers) > workers.FEW and all(cell.device == "cpu" for cell in self.cells)

    def _judge(self):
        running = workers.run(self.cells)
        try:
            for i, found in running:
                self.judged[self.numbers[i]] = found
                if self.given_up.is_set():
                    return
        except Exception as error:
            self.error = error
        finally:
            running.close()

    def start(self):
        if self.beside:
            self.thread.start()

    def wait(self):
        if self.beside:
            if self.thread.ident is None:
                self.start()
            self.thread.join()
        else:
            self._judge()
        if self.error is not None:
            raise self.error
        marked = iter(with_known(verdict for found in self.judged.values() for verdict in found))
        return {number: [next(marked) for _ in found] for number, found in self.judged.items()}

    def give_up(self):
        self.given_up.set()
        if self.thread.is_alive():
            self.thread.join()


def pytest_collection_finish(session):
    numbers = sorted({item.callspec.params["number"] for item in session.items if _is_of_matrix(item)})
    if numbers and not session.config.option.collectonly:
        session.config.stash[_MATRIX] = Matrix(matrix_plan(session.config).cells, numbers)
        if not hasattr(session.config, "workerinput"):
            session.config.stash[_MATRIX].start()


def pytest_sessionfinish(session):
    if _MATRIX in session.config.stash:
        session.config.stash[_MATRIX].give_up()


def _is_of_matrix(item):
    return hasattr(item, "callspec") and {"number", "quantity"} <= set(item.callspec.params)


@pytest.fixture(scope="session")
def verdicts(request):
    """Number of the cell → verdicts, of every cell that the collected tests ask for."""
    matrix = request.config.stash.get(_MATRIX, None)
    judged = matrix.wait() if matrix else {}
    record(request.config, (verdict for number in sorted(judged) for verdict in judged[number]))
    return judged
