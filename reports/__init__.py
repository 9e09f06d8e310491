"""Result tables turned into pictures and pages."""

from collections.abc import Mapping

import pandas as pd


def render_report(tables: Mapping[str, pd.DataFrame]) -> str:
    return "<html>" + " ".join(tables) + str(tables["runs"]["run_id"].iloc[0]) + "</html>"
