"""Numerics: one scalar function is the truth of each recursion.

Compiled code is cached by a fingerprint of all kernels: Numba looks at a function's own file
alone, and would go on using code compiled from an older version of what the function calls.
"""

import hashlib
import os
from pathlib import Path

from numba import config


def _cache_folder() -> str:
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted(here.rglob("*.py")):
        digest.update(source.read_bytes())
    chosen = getattr(config, "CACHE_DIR", "")
    beside = here / "__pycache__"
    own = beside if os.access(here, os.W_OK) else Path.home() / ".cache" / "almanac"
    return str(Path(chosen or own) / f"kernels-{digest.hexdigest()[:12]}")


config.CACHE_DIR = _cache_folder()
