"""What stood out of demand histories, as rows of the table of repairs."""

import pandas as pd

from flows.run import entity_names
from flows.steps.absent_models import SERIES

# By the kind of anomaly: the code of the repair, and what was done.
_DONE = {
    ("outlier", True): "stood out of the demand around it, and models were given less of it",
    ("outlier", False): "stood out of the demand around it, and was kept",
    ("level shift", False): "the level of demand shifted here; the history before was kept",
    ("anomaly", False): "the newest demand stands out of what was before it, and was kept",
}


def repairs_of(anomalies: pd.DataFrame) -> pd.DataFrame:
    """Return a repair for each anomaly of a forecast.

    Parameters
    ----------
    anomalies : of `forecasting.ForecastResult`

    Returns
    -------
    Frame of input, entity, ds, periods, code, column and detail.
    """
    kinds = zip(anomalies["kind"], anomalies["capped"].astype(bool), strict=True)
    return pd.DataFrame(
        {
            "input": "demand",
            "entity": entity_names(anomalies, SERIES),
            "ds": pd.to_datetime(anomalies["ds"]),
            "periods": 1,
            "code": anomalies["kind"].str.replace(" ", "_"),
            "column": "quantity",
            "detail": [_DONE[kind] for kind in kinds],
        }
    )
