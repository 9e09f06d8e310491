"""Libraries that a test needs and a machine may not have."""

from importlib import import_module

import pytest


def library_or_skip(name, extra):
    """Return a library of an extra; skip where it, or what it needs of the system, is missing."""
    try:
        return import_module(name)
    except (ImportError, OSError) as error:
        pytest.skip(f"the extra `{extra}` cannot be loaded: {error}", allow_module_level=True)
