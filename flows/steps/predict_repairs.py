"""What stood out of demand histories, as rows of the table of repairs."""

import numpy as np
import pandas as pd

from flows.run import SERIES, entity_names
from forecasting.anomalies import OUTLIER
from forecasting.labels import Labels

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
    kind, capped = Labels.of(anomalies["kind"]), anomalies["capped"].to_numpy(np.bool_)
    # Outliers alone are capped.
    done = [_DONE[name, own and name == OUTLIER] for name in kind.names for own in (False, True)]
    whole = np.zeros(len(anomalies), np.int64)
    return pd.DataFrame(
        {
            "input": Labels.coded(whole, ("demand",)).categorical(),
            "entity": Labels.of(entity_names(anomalies, SERIES)).categorical(),
            "ds": pd.to_datetime(anomalies["ds"]).to_numpy(),
            "periods": 1,
            "code": Labels.coded(
                kind.codes, [name.replace(" ", "_") for name in kind.names]
            ).categorical(),
            "column": Labels.coded(whole, ("quantity",)).categorical(),
            "detail": Labels.coded(2 * kind.codes + capped, done).categorical(),
        }
    )
