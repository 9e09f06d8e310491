"""Parses SQL with GoogleSQL's own grammar: paths on standard input, a verdict a line."""

import json
import sys
from pathlib import Path

from zetasql.api import Parser
from zetasql.types import LanguageOptions


def verdict(parser, path):
    """Return what is wrong with a script, or None."""
    try:
        parser.parse_script(Path(path).read_text(encoding="utf-8"))
    except Exception as error:  # noqa: BLE001 - each error is a verdict
        return str(error).splitlines()[0]
    return None


parser = Parser(LanguageOptions.maximum_features())
json.dump({path: verdict(parser, path) for path in sys.stdin.read().splitlines()}, sys.stdout)
