"""Imports run one way, and the frameworks are imported lazily."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (
    # each may import those before it, and modules of its own line
    {"formats", "graph", "spent", "processes"},
    {"numbers"},
    {"enclosure", "shapes", "cases", "blocks"},
    {"layouts", "differentiate", "regimes", "chain", "mistake"},
    {"operation", "digits"},
    {"operations", "implementation", "truth"},
    {"implementations", "judge", "guest"},
    {"known", "matrix", "proof", "accuracy_forms", "environment", "compiled"},
    {"accuracy"},
    {"run", "workers"},
    {"checking"},
    {"judges", "third_parties", "bench"},
    {"kill"},
    {"report"},
    {"api", "asserting", "testing"},
    {"commands", "pytest_plugin"},
    {"conformance"},
    {"cli", "__init__", "__main__"},
)
LAZY = ("torch", "jax", "optax", "sympy", "sklearn", "mpmath", "scipy", "autograd", "matplotlib")
MAY_IMPORT = {"crosscheck/numbers/symbol.py": ("sympy",)}  # the proofs' arithmetic, itself imported lazily
SOURCES = [*ROOT.glob("reference/**/*.py"), *ROOT.glob("crosscheck/**/*.py")]


def _imports(path, top_level=False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = list(path.relative_to(ROOT).with_suffix("").parts[: -node.level]) if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _layer(module):
    return next((i for i, layer in enumerate(LAYERS) if module in layer), None)


def _part(name):
    """The name of a module or package directly under crosscheck, or '' for another."""
    parts = name.split(".")
    if parts[0] != "crosscheck":
        return ""
    return parts[1] if len(parts) > 1 and _layer(parts[1]) is not None else "__init__"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path):
    relative = path.relative_to(ROOT)
    ours = [name for name in _imports(path) if name.split(".")[0] == "crosscheck"]
    if relative.parts[0] == "reference":
        assert not ours
        return
    here = relative.parts[1].removesuffix(".py")
    assert _layer(here) is not None, f"{here} has no layer"
    back = [name for name in ours if _layer(_part(name)) > _layer(here)]
    # ``str(run)`` is the report, and records are matched with the operations there are: imported when called.
    assert not [
        name
        for name in back
        if (here, _part(name)) not in {("run", "report"), ("checking", "report"), ("kill", "report")}
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_constant_is_given_two_values(path):
    """Of two definitions the second counts, and the first is what is read: linters look at functions only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assigned = (node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign))
    targets = [t for node in assigned for t in (node.targets if isinstance(node, ast.Assign) else [node.target])]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_frameworks_are_imported_lazily(path):
    may = MAY_IMPORT.get(str(path.relative_to(ROOT)), ())
    names = {name.split(".")[0] for name in _imports(path, top_level=True)}
    assert not names.intersection(LAZY) - set(may)


def test_the_check_itself_can_fail(tmp_path):
    planted = ROOT / "crosscheck" / "formats.py"
    assert "crosscheck.judge" not in list(_imports(planted))
    assert _layer("judge") > _layer("formats")
    assert _part("crosscheck.judge.Cell") == "judge"
    assert list(_imports(ROOT / "crosscheck" / "truth.py"))  # relative imports are resolved
    assert "crosscheck.numbers.ball.Ball" in list(_imports(ROOT / "crosscheck" / "truth.py"))


def test_every_source_has_a_test_of_its_name():
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests").rglob("test_*.py")}
    covered_by = {  # modules that another test exercises as its subject
        "operation": "shapes",
        "implementation": "matrix",
        "numpy_": "matrix",
        "torch_modes": "torch_",
        "torch_programs": "torch_",
        "_driver": "matrix",
        "truth": "judge",
        "run": "cli",
        "environment": "cli",
        "array": "ball",
        "workers": "matrix",
        "accuracy_forms": "accuracy",
        **dict.fromkeys(("claims", "gradients", "points", "prove", "verdict"), "proof"),
        **dict.fromkeys(("own_text", "own_reading"), "own"),
        "own_child": "own_run",
        **dict.fromkeys(("of_reference", "of_torch", "of_torch_compile", "of_jax", "prepared"), "programs"),
        "process": "turns",
        "meter": "ceilings",
        "errata": "derivations",
        "regimes": "cases",
        "plain": "terminal",
        "gaps": "summary",
        **dict.fromkeys(("record", "match", "live", "torch_digits", "jax_digits"), "known"),
        **dict.fromkeys(("_labels", "_label_cases"), "labels"),
        "_networks": "two_layer",
        "label_cross_entropy_sum": "label_cross_entropy",
        "label_cross_entropy_mean": "label_cross_entropy",
        **{path.stem: "mistakes" for path in SOURCES if path.stem.endswith("_mistakes")},
        **dict.fromkeys(("mistake", "_two_layer_forward", "_two_layer_backward"), "mistakes"),
        "log_sigmoid": "softplus",
        **dict.fromkeys(("_arrays", "_rows"), "softmax"),
        "_blocks": "blocks",
        "_few": "few",
        "log_softmax": "softmax",
        "logsumexp": "softmax",
        "conformance": "pytest_plugin",
        "candidate": "testing",
        **dict.fromkeys(("__main__", "shared"), "cli"),
        **dict.fromkeys(("options", "reduction", "findings", "examples", "notes"), "run"),
        **dict.fromkeys(("call", "child"), "isolated"),
        **dict.fromkeys(("mpf", "oracle_tasks"), "oracle"),
        "_sigmoid_grad": "conventions",
        **dict.fromkeys(("party", "of_autograd", "of_jax", "of_scipy", "of_sklearn", "of_torch"), "third_parties"),
    }
    for path in SOURCES:
        name = path.stem
        if name != "__init__":
            assert name in tests or covered_by.get(name) in tests, path
