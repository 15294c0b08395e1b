"""Turns every `await` written in chosen modules into a place where a process can be made to end.

A finder compiles those modules with each `await x` as `await at(place, x)`, and with a place at the beginning and the
end of each `async with` and `async for`. Unarmed, nothing changes; armed with a place, the process ends there as by a
power cut: `os._exit`, no cleanup.
"""

import ast
import os
import sys
from collections.abc import Awaitable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeVar

T = TypeVar("T")
EXIT_CODE = 99
_MOST_TOLD = 80

_places: list[str] = []
_armed: list[str] = []
_countdown: list[int] = [1]


def arm(place: str, occurrence: int) -> None:
    _armed[:] = [place]
    _countdown[0] = occurrence


def places() -> list[str]:
    """Every place of every instrumented module imported so far, in the order of the source."""
    return list(_places)


def places_in(module: str, path: Path) -> list[str]:
    """Of a module that nobody need import."""
    instrument = _Instrument(module)
    instrument.visit(ast.parse(path.read_bytes()))
    return instrument.places


def passing(place: str) -> None:
    if _armed and _armed[0] == place:
        _countdown[0] -= 1
        if _countdown[0] == 0:
            os._exit(EXIT_CODE)


async def at(place: str, awaitable: Awaitable[T]) -> T:
    passing(f"{place} before")
    result = await awaitable
    passing(f"{place} after")
    return result


class _Instrument(ast.NodeTransformer):
    def __init__(self, module: str) -> None:
        self.module = module
        self.scope: list[str] = []
        self.places: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._inside(node)

    def _inside(self, node: ast.ClassDef | ast.AsyncFunctionDef) -> ast.AST:
        self.scope.append(node.name)
        self.generic_visit(node)
        self.scope.pop()
        return node

    def visit_Await(self, node: ast.Await) -> ast.AST:
        place = f"{self._place(node)} {ast.unparse(node)[:_MOST_TOLD]}"
        self.generic_visit(node)
        self.places.extend((f"{place} before", f"{place} after"))
        call = ast.Call(_name("__at__"), [ast.Constant(place), node.value], [])
        return ast.copy_location(ast.Await(call), node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        return self._with_ends(node, "with")

    def visit_AsyncFor(self, node: ast.AsyncFor) -> ast.AST:
        return self._with_ends(node, "for")

    def _with_ends(self, node: ast.AsyncWith | ast.AsyncFor, kind: str) -> ast.AST:
        self.generic_visit(node)
        place = f"{self._place(node)} {kind}"
        self.places.append(f"{place} begins")
        node.body = [_passing(f"{place} begins", node), *node.body]
        return node

    def _place(self, node: ast.expr | ast.stmt) -> str:
        return f"{self.module}.{'.'.join(self.scope)}:{node.lineno}:{node.col_offset}"


def _name(identifier: str) -> ast.Name:
    return ast.Name(identifier, ast.Load())


def _passing(place: str, where: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.Expr(ast.Call(_name("__passing__"), [ast.Constant(place)], [])), where)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        """Never from a cached file, and never into one."""
        path = self.get_filename(fullname)
        instrument = _Instrument(fullname)
        tree = instrument.visit(ast.parse(self.get_data(path)))
        _places.extend(instrument.places)
        return compile(ast.fix_missing_locations(tree), path, "exec")

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(__at__=at, __passing__=passing)
        super().exec_module(module)


class _Finder(MetaPathFinder):
    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = frozenset(modules)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.modules:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


def instrument(modules: Sequence[str]) -> None:
    """Before their first import."""
    already = [each for each in modules if each in sys.modules]
    if already:
        raise RuntimeError(f"{already[0]} is imported already; instrument it first")
    sys.meta_path.insert(0, _Finder(modules))
