"""What JAX compiles for a run is kept where the user's caches are, and changes no verdict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosscheck import compiled, workers
from crosscheck.matrix import Selection, plan

DIR, SECONDS = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"


@pytest.fixture
def unset(monkeypatch):
    """The suite has set them for itself."""
    for name in (DIR, SECONDS, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("unset")
def test_it_is_kept_in_the_folder_for_caches(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert Path(compiled.variables()[DIR]).parent == tmp_path / ".cache" / "softmax-crosscheck"
    monkeypatch.setattr("sys.platform", "darwin")
    assert Path(compiled.variables()[DIR]).parent == tmp_path / "Library" / "Caches" / "softmax-crosscheck"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert Path(compiled.variables()[DIR]).parent == tmp_path / "elsewhere" / "softmax-crosscheck"
    assert not [*tmp_path.iterdir()]  # it is JAX that makes it


@pytest.mark.usefixtures("unset")
def test_what_the_user_has_set_is_left_alone(monkeypatch):
    monkeypatch.setenv(DIR, "mine")
    assert set(compiled.variables()) == {SECONDS}


@pytest.mark.usefixtures("unset")
def test_where_there_is_no_home_nothing_is_kept(monkeypatch):
    def none():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    assert compiled.variables() == {}


@pytest.mark.usefixtures("unset")
def test_programs_that_are_read_again_or_cannot_be_give_the_same_verdicts(monkeypatch, tmp_path):
    pytest.importorskip("jax")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv(SECONDS, "0")
    monkeypatch.setattr(workers, "FEW", 0)  # cells that this process would judge itself
    chosen = Selection(operations=("sigmoid",), implementations=("jax.jit",), dtypes=("float64", "float32"))
    cells = plan(chosen).cells
    first = dict(workers.run(cells, jobs=2))
    kept = sorted(Path(tmp_path, "softmax-crosscheck").glob("*/*-cache"))
    assert len(kept) == 2  # one operation in two formats
    kept[0].write_bytes(kept[0].read_bytes()[:100])
    kept[1].write_bytes(b"")
    assert dict(workers.run(cells, jobs=2)) == first


def test_the_command_keeps_what_it_compiles_without_workers(tmp_path):
    """In a process of its own: what JAX keeps is settled when it is imported."""
    pytest.importorskip("jax")
    known = {name: value for name, value in os.environ.items() if name != DIR}
    command = [sys.executable, "-m", "crosscheck", "sigmoid", "-i", "jax.jit", "--dtype", "float32"]
    environment = {**known, "XDG_CACHE_HOME": str(tmp_path), SECONDS: "0"}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    assert [*Path(tmp_path, "softmax-crosscheck").glob("*/*-cache")]
