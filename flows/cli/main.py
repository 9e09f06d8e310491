"""`almanac`: the command and how its errors become exit codes."""

import sys
import traceback
from typing import Any

import click
from rich.console import Console

from flows.cli.commands import COMMANDS
from flows.cli.terminal import as_text
from flows.errors import AlmanacError, ExitCode
from storage.inputs import InputRefusedError
from storage.stores import StorageError


class Almanac(click.Group):
    """A group whose known errors end in one sentence and an exit code, not in a traceback.

    Any other error ends in its traceback and the code of a run that failed: Python's own code for
    it, and click's for an interruption, say that a run is done.
    """

    def invoke(self, context: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Invoke a command."""
        try:
            return super().invoke(context)
        except AlmanacError as error:
            _say(error)
            sys.exit(error.exit_code)
        except InputRefusedError as error:
            _say(error)
            sys.exit(ExitCode.REFUSED)
        except StorageError as error:
            _say(error)
            sys.exit(ExitCode.FAILED)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except (KeyboardInterrupt, click.Abort):
            click.echo("almanac: interrupted; what was finished is kept", err=True)
            sys.exit(ExitCode.FAILED)
        except Exception:  # noqa: BLE001 - whatever it is, the code must not be that of success
            traceback.print_exc()
            sys.exit(ExitCode.FAILED)


def _say(error: Exception) -> None:
    console = Console(stderr=True)
    console.print(f"[bold red]almanac:[/] {as_text(error)}", soft_wrap=True)


@click.group(cls=Almanac, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="almanac")
def main() -> None:
    """Turn last night's data into this morning's decisions."""


for command in COMMANDS:
    main.add_command(command)
