"""A pytest plugin: one module under test has another text than its file, as FIDELIO_MUTANT says in JSON.

Proves of a test file that it would notice: it is run on what it must not accept.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

TOLD = "FIDELIO_MUTANT"


@dataclass(frozen=True, slots=True)
class SourceMutant:
    """In `module`, `old` stands once and becomes `new`."""

    module: str
    old: str
    new: str

    @property
    def told(self) -> str:
        return json.dumps(asdict(self))


class _Loader(SourceFileLoader):
    def __init__(self, mutant: SourceMutant, path: str) -> None:
        super().__init__(mutant.module, path)
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        """Never from a cached file, and never into one."""
        path = self.get_filename(fullname)
        text = self.get_data(path).decode()
        if text.count(self.mutant.old) != 1:
            raise AssertionError(f"{fullname} has not once {self.mutant.old!r}; write the mutant anew")
        return compile(text.replace(self.mutant.old, self.mutant.new), path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, mutant: SourceMutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(self.mutant, spec.origin)
        return spec


if told := os.environ.get(TOLD):
    sys.meta_path.insert(0, _Finder(SourceMutant(**json.loads(told))))
