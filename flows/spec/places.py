"""Where in a job spec an error is, in the words of the TOML file, and which keys are there."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

Model = type[BaseModel]
# All models that a line-up may name are listed, and not every warehouse.
MOST_LISTED = 60


def key_at(root: Model, content: Any, place: Sequence[str | int]) -> str:  # noqa: ANN401 - raw TOML
    """Return the key that ``place`` is of, as a file writes it.

    Parameters
    ----------
    root : model of the whole
    content : of the file
    place : of an error of pydantic's, which also names the kind of a source by its tag, and what
        a value may be
    """
    models: list[Model] = [root]
    parts = []
    for part in place:
        known, held = _inside(models, part), _holds(content, part)
        if held or known is not None:
            parts.append(str(part))
            content = content[part] if held else None
            models = models if isinstance(part, int) else known or []
    return ".".join(parts)


def _holds(content: Any, part: str | int) -> bool:  # noqa: ANN401 - raw TOML
    if isinstance(content, dict):
        return part in content
    return isinstance(content, list) and isinstance(part, int)


def keys_beside(root: Model, place: Sequence[str | int]) -> list[str]:
    """Return the keys that may stand where the last one of ``place`` does."""
    models: list[Model] = [root]
    for part in place[:-1]:
        known = _inside(models, part)
        models = [m for m in models if _is_kind(m, part)] if known is None else known
    return list(dict.fromkeys(name for model in models for name in model.model_fields))


def _is_kind(model: Model, tag: str | int) -> bool:
    """Return whether a tag of pydantic's, which is no key, is that of a model, or of none."""
    kind = model.model_fields.get("kind")
    return kind is None or tag in get_args(kind.annotation)


def say_nearest(found: str, known: Sequence[str]) -> str:
    """Return what was meant by a name that is none of ``known``, or else what there is."""
    nearest = get_close_matches(found, known, n=1)
    if nearest:
        return f"did you mean `{nearest[0]}`?"
    more = len(known) - MOST_LISTED
    others = f" and {more} others" if more > 0 else ""
    return f"there are {', '.join(known[:MOST_LISTED])}{others}"


def _inside(models: Sequence[Model], part: str | int) -> list[Model] | None:
    """Return the models that a key of ``models`` holds; None where none of them has the key."""
    found = [model.model_fields[part] for model in models if part in model.model_fields]
    if not found:
        return None
    return [model for field in found for model in _models_in(field.annotation)]


def _models_in(annotation: Any) -> list[Model]:  # noqa: ANN401 - any annotation
    return [each for each in _types_in(annotation) if issubclass(each, BaseModel)]


def types_in(annotation: Any) -> set[type]:  # noqa: ANN401 - any annotation
    """Return the types that a field's annotation is made of."""
    return set(_types_in(annotation))


def _types_in(annotation: Any) -> Iterator[type]:  # noqa: ANN401 - any annotation
    if isinstance(annotation, type):
        yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)
