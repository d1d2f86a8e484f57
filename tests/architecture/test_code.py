"""What a reader may rely on in every module: short, whole, without hidden imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from documents.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("documents", "workflow", "search", "cms")
Function = ast.FunctionDef | ast.AsyncFunctionDef
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")


def modules(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree(path)):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def name(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if isinstance(node, ast.stmt) else ""
    return f"{path.relative_to(ROOT)}{line}"


def test_functions_are_short():
    lengths = {
        name(path, function): length(function)
        for path in modules(*PACKAGES)
        for function in functions(path)
    }

    assert {where: n for where, n in lengths.items() if n > 60} == {}
    assert median(lengths.values()) <= 12


def test_modules_are_short():
    lines = {
        name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in modules(*PACKAGES)
    }

    assert {where: n for where, n in lines.items() if n > 400} == {}


def test_imports_stand_at_the_top():
    """`ready` alone imports late: before it there are no models."""
    hidden = [
        name(path, node)
        for path in modules(*PACKAGES)
        for function in functions(path)
        if function.name != "ready"
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert hidden == []


def test_nothing_is_left_for_later():
    unfinished = [
        f"{name(path)}:{number}"
        for path in modules(*PACKAGES)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]

    assert unfinished == []


def test_no_function_is_a_stub():
    """A body that is only `pass` or `...` promises what it does not do."""
    stubs = [
        name(path, function)
        for path in modules(*PACKAGES)
        for function in set(functions(path)) - set(declarations(path))
        if is_empty(function) and not ast.get_docstring(function)
    ]

    assert stubs == []


def declarations(path: Path) -> Iterator[Function]:
    """The members of protocols, which say what is there and do nothing."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ClassDef) and "Protocol" in map(
            ast.unparse, node.bases
        ):
            yield from (item for item in node.body if isinstance(item, Function))


def is_empty(function: Function) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )


def test_every_test_asserts_something():
    silent = [
        name(path, function)
        for path in modules("tests")
        for function in functions(path)
        if function.name.startswith("test_") and not asserts(function)
    ]

    assert silent == []


def asserts(function: Function) -> bool:
    """By `assert`, `pytest.raises`, or a helper that is called after it."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if re.search(r"raises|assert|expect|check_call", called):
            return True
    return False


def test_no_test_replaces_a_part_of_ours():
    mocking = [
        name(path, node)
        for path in modules("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom) and "mock" in ast.unparse(node)
    ]

    assert mocking == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_module_a_template_folder_and_a_test_module(kind: str):
    assert (ROOT / f"documents/kinds/{kind}.py").is_file()
    assert list((ROOT / "templates/documents" / kind).glob("*.html"))
    assert list((ROOT / "tests/documents/kinds").glob(f"test_{kind}*.py"))
