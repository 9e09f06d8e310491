"""Secrets in addresses: none may be there, and none is ever repeated."""

import re

_HIDDEN = "***"
# An empty password is none; one may hold any sign, "@" and "/" too, so it reaches to the last "@".
_BEFORE_HOST = re.compile(r"(?<=//)(?P<user>[^:/@?#]*):(?P<secret>.+)@", re.DOTALL)
_AS_OPTION = re.compile(
    r"(?P<name>(?:pass(?:word|wd|phrase)?|pwd|secret|token)\s*=\s*)(?P<secret>'[^']*'|[^&\s]+)",
    re.IGNORECASE,
)


def has_secret(address: str) -> bool:
    """Return whether an address has a password or the like in it."""
    return without_secrets(address) != address


def without_secrets(address: str) -> str:
    """Return an address as it may be shown: what looks like a secret is three asterisks."""
    shown = _BEFORE_HOST.sub(lambda found: f"{found['user']}:{_HIDDEN}@", address)
    return _AS_OPTION.sub(lambda found: f"{found['name']}{_HIDDEN}", shown)
