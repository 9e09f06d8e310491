"""Where compiled kernels are kept, and when they are stale.

Numba looks at a function's own file alone, and would go on using code compiled from an older
version of what the function calls. Here the stamp of a kernel covers its module and every kernel
module that it imports, however far away; an edit recompiles what depends on it and nothing else.
"""

import ast
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

from numba import config
from numba.core import dispatcher, event
from numba.core.caching import UserProvidedCacheLocator

from kernels.compile_garbage import RareCollection
from kernels.compile_parts import compile_parts_for_linking
from kernels.compile_turns import SharedCache

HERE = Path(__file__).parent
# What numba would have tried; ours comes first, and declines what is not a kernel.
_LOCATORS = (
    "kernels.compile_cache.KernelLocator",
    "UserProvidedCacheLocator",
    "InTreeCacheLocator",
    "UserWideCacheLocator",
    "IPythonCacheLocator",
    "ZipCacheLocator",
)


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return []


def _source(name: str, root: Path) -> Path | None:
    parts = name.split(".")
    if parts[0] != "kernels" or len(parts) == 1:
        return None
    path = root.joinpath(*parts[1:]).with_suffix(".py")
    return path if path.is_file() else None


# A module that many others stand on is parsed once in a process.
@cache
def _imported_by(path: Path, root: Path) -> frozenset[Path]:
    names = (name for node in ast.walk(ast.parse(path.read_text())) for name in _names(node))
    return frozenset(found for name in names if (found := _source(name, root)))


def imported_sources(path: Path, root: Path = HERE) -> set[Path]:
    """Return the kernel modules that ``path`` imports, near or far, and itself.

    Parameters
    ----------
    path : the module to begin with
    root : the folder of package ``kernels``
    """
    seen: set[Path] = set()
    waiting = [path]
    while waiting:
        here = waiting.pop()
        seen.add(here)
        waiting += _imported_by(here, root) - seen
    return seen


@cache
def source_stamp(path: Path, root: Path = HERE) -> str:
    """Return the digest of ``path`` and of all kernel modules it stands on."""
    digest = hashlib.sha256()
    for source in sorted(imported_sources(path, root)):
        digest.update(source.relative_to(root).as_posix().encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


class KernelLocator(UserProvidedCacheLocator):  # type: ignore[misc]
    """Keeps a kernel's compiled code under a stamp of all the source it was compiled from."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "KernelLocator | None":  # noqa: ANN401 - numba's own
        """Return a locator for a kernel, None for a function of somebody else's."""
        if HERE not in Path(py_file).parents:
            return None
        found: KernelLocator | None = super().from_function(py_func, py_file)
        return found

    def get_source_stamp(self) -> str:
        """Return what the compiled code must have been made from."""
        return source_stamp(Path(self._py_file))


def keep_compiled_kernels() -> None:
    """Let numba keep kernels beside their source, or in the user's cache where that is read-only.

    ``NUMBA_CACHE_DIR`` and ``NUMBA_CACHE_LOCATOR_CLASSES`` win where they are set. Processes that
    share the folder compile a kernel once.
    """
    beside = HERE / "__pycache__"
    own = beside if os.access(HERE, os.W_OK) else Path.home() / ".cache" / "almanac"
    config.CACHE_DIR = config.CACHE_DIR or str(own / "kernels")
    config.CACHE_LOCATOR_CLASSES = config.CACHE_LOCATOR_CLASSES or ",".join(_LOCATORS)
    dispatcher.FunctionCache = SharedCache  # type: ignore[attr-defined]
    event.register("numba:compile", RareCollection())
    compile_parts_for_linking()
