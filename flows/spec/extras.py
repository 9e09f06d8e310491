"""Optional parts of the package, and what to say where one is missing."""

from importlib.util import find_spec


def need_extra(library: str, extra: str) -> None:
    """Refuse a setting that needs an extra where its library is not installed.

    Raises
    ------
    ValueError
        Which says what to install.
    """
    if find_spec(library) is None:
        msg = f'needs the extra `{extra}`: pip install "almanac[{extra}]"'
        raise ValueError(msg)
