"""The commands, one a file."""

from flows.cli.commands.demo import demo
from flows.cli.commands.fetch import fetch
from flows.cli.commands.models import models
from flows.cli.commands.report import report
from flows.cli.commands.retry import retry
from flows.cli.commands.run import run
from flows.cli.commands.runs import runs
from flows.cli.commands.serve import serve
from flows.cli.commands.train import train
from flows.cli.commands.validate import validate
from flows.cli.commands.views import views
from flows.cli.commands.what_if import what_if

COMMANDS = (
    demo,
    run,
    retry,
    runs,
    report,
    views,
    what_if,
    validate,
    train,
    fetch,
    models,
    serve,
)

__all__ = ["COMMANDS"]
