"""Writing the sample: demand as Parquet, the rest as CSV that anyone can open."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.run import write_text
from flows.sample.demand import make_demand_side
from flows.sample.dirt import SPOTS, dirty_demand, dirty_market
from flows.sample.market import make_market_side
from flows.sample.sizes import AS_OF, SampleSize


def write_sample(folder: Path, seed: int, *, size: SampleSize | None = None) -> None:
    """Write every input of the bundled sample; the same seed and size give the same bytes.

    Parameters
    ----------
    folder : where the files go
    seed : of every number
    size : how big, the full sample by default
    """
    chosen = size or SampleSize()
    demand_draws, market_draws = (
        np.random.Generator(np.random.PCG64(child))
        for child in np.random.SeedSequence(seed).spawn(2)
    )
    folder.mkdir(parents=True, exist_ok=True)
    demand_side = dirty_demand(make_demand_side(chosen, demand_draws))
    table = pa.Table.from_pandas(demand_side.demand, preserve_index=False)
    pq.write_table(table, folder / "demand.parquet", compression="zstd")
    market_side = dirty_market(make_market_side(chosen.portfolios, market_draws))
    for side in (demand_side, market_side):
        for field in fields(side):
            if field.name != "demand":
                frame = getattr(side, field.name)
                frame.to_csv(folder / f"{field.name}.csv", index=False, lineterminator="\n")
    write_text(folder / "README.md", _readme(seed))


def _readme(seed: int) -> str:
    lines = [
        "# The bundled sample",
        "",
        f"Made by `almanac demo` with seed {seed} for the night of {AS_OF:%d %B %Y}. Every number",
        "is generated; no real warehouse, company or person is meant.",
        "",
        "## Dirt, on purpose",
        "",
        "| table | what | what the run says |",
        "| --- | --- | --- |",
        *(f"| {spot.table} | {spot.what} | {spot.outcome} |" for spot in SPOTS),
        "",
    ]
    return "\n".join(lines)
