"""`almanac views`: the views that dashboards read."""

import click

from storage.stores import TerminalStoreError, open_existing
from storage.views import VIEWS


@click.command()
@click.argument("store")
def views(store: str) -> None:
    """Create or renew the views for dashboards in STORE (an address, as a job's outputs.store).

    They say what is ordered and served, how accurate forecasts were, and how much of each risk
    limit is used, for every night that is published. A view waits for the tables it reads.
    """
    with open_existing(store) as opened:
        made = opened.create_views()
    if not made:
        raise TerminalStoreError(
            f"store {store}: none of the tables that views read has been published to"
        )
    for name in made:
        click.echo(f"{name}: ready")
    for name in sorted(set(VIEWS) - set(made)):
        click.echo(f"{name}: waits for {', '.join(VIEWS[name])}")
