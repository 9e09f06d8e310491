"""Inputs that are not fit for the night refuse it in one sentence, in a dry run as in a night."""

import pandas as pd
import pytest
from click.testing import CliRunner

from flows.cli import main
from flows.errors import ExitCode, JobRefusedError
from flows.run import prepare_run
from flows.spec import load_job
from flows.steps.check import check, notices_of
from storage.inputs import InputRefusedError
from tests.inventory.night import item_row, stock_row
from tests.storage.inputs import demand_rows, price_rows

JOB = """
name = "unfit"
as_of = 2024-03-31
[inputs.demand]
path = "demand.csv"
[inputs.items]
path = "items.csv"
[inputs.stock]
path = "stock.csv"
[demand]
horizon = 10
"""
WAREHOUSES = ("rotterdam", "antwerp", "hull", "a/b")


def write(folder, more):
    """Write a job of four warehouses, one of which has no row of stock that is sound."""
    demand = [demand_rows(warehouse=name, item="bolt") for name in WAREHOUSES]
    stock = [{**stock_row("bolt"), "warehouse_id": name} for name in WAREHOUSES]
    stock[2]["on_hand"] = -1.0
    pd.concat(demand).to_csv(folder / "demand.csv", index=False)
    pd.DataFrame(stock).to_csv(folder / "stock.csv", index=False)
    pd.DataFrame([item_row("bolt", unit_price=5.0)]).to_csv(folder / "items.csv", index=False)
    path = folder / "job.toml"
    path.write_text(JOB + more)
    return path


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (
            "budgets = { roterdam = 5 }",
            "stock.budgets: stock has no warehouse 'roterdam': did you mean `rotterdam`?",
        ),
        (
            "capacities = { antwerp = 9, xyz = 5 }",
            "stock.capacities: stock has no warehouse 'xyz': there are a, antwerp, hull, rotterdam",
        ),
        (
            "budgets = { roterdam = 5 }\ncapacities = { hul = 5 }",
            (
                "2 limits are of no warehouse: "
                "stock.budgets: stock has no warehouse 'roterdam': did you mean `rotterdam`? "
                "stock.capacities: stock has no warehouse 'hul': did you mean `hull`?"
            ),
        ),
    ],
)
def test_a_limit_of_an_unknown_warehouse_refuses_the_night(tmp_path, limits, says):
    path = write(tmp_path, f"[stock]\n{limits}\n")
    told = CliRunner().invoke(main, ["run", str(path), "--dry-run"])
    assert told.exit_code == ExitCode.REFUSED
    assert says in " ".join(told.output.split())
    with pytest.raises(JobRefusedError) as refusal:
        check(prepare_run(load_job(path)))
    assert " ".join(str(refusal.value).split()) == says


def test_a_limit_of_a_warehouse_whose_stock_is_rejected_tonight_refuses_nothing(tmp_path):
    limits = '[stock]\nbudgets = { hull = 5, "a/b" = 5 }\ncapacities = { antwerp = 5 }\n'
    run = prepare_run(load_job(write(tmp_path, limits)))
    rejects = pd.read_parquet(check(run).shard("rejects"))
    assert "hull/bolt" in set(rejects["entity"])


def test_a_region_of_an_unknown_warehouse_is_a_named_reject(tmp_path):
    regions = '[demand.regions]\nhull = "uk"\n"a/b" = "x"\nroterdam = "benelux"\nosaka = "asia"\n'
    path = write(tmp_path, regions)
    demand = pd.read_csv(tmp_path / "demand.csv")
    demand.loc[demand["warehouse_id"] == "hull", "quantity"] = -1
    demand.to_csv(tmp_path / "demand.csv", index=False)
    told = CliRunner().invoke(main, ["run", str(path), "--dry-run"])
    assert told.exit_code == ExitCode.DONE
    assert "unknown_warehouse" in told.output
    rejects = pd.read_parquet(check(prepare_run(load_job(path))).shard("rejects"))
    named = rejects[rejects["code"] == "unknown_warehouse"]
    assert named[["input", "entity", "severity", "source"]].to_numpy().tolist() == [
        ["demand", "roterdam", "run", "[demand.regions]"],
        ["demand", "osaka", "run", "[demand.regions]"],
    ]
    meant, listed = named["advice"]
    assert meant.endswith("region 'benelux' is without it: did you mean `rotterdam`?")
    assert listed.endswith("there are a, antwerp, hull, rotterdam")
    assert "hull/bolt" in set(rejects["entity"])


def dirty(folder, threshold):
    """Write a job of two series of 91 days that lose 2 and 3 rows, and of one that is unknown."""
    frames = [demand_rows(item=name) for name in ("bolt", "nut", "ghost")]
    demand = pd.concat(frames, ignore_index=True)
    demand.loc[[0, 1], "quantity"] = "-4"
    demand.loc[[95, 96, 97], "quantity"] = "many"
    demand.to_csv(folder / "demand.csv", index=False)
    items = [item_row(name, unit_price=5.0) for name in ("bolt", "nut")]
    pd.DataFrame(items).to_csv(folder / "items.csv", index=False)
    path = folder / "job.toml"
    text = JOB.replace('[inputs.stock]\npath = "stock.csv"\n', "")
    path.write_text(text + (f"[checks]\nreject_threshold = {threshold}\n" if threshold else ""))
    return path


TOO_MANY_ROWS = (
    "inputs.demand: 5 of 273 rows were rejected (1.8%, [checks] reject_threshold allows 1.0%): "
    "3 wrong_type, 2 negative"
)
TOO_MANY_SERIES = (
    "inputs.demand: 1 of 3 entities were rejected (33.3%, [checks] reject_threshold allows 2.0%): "
    "1 unknown_item"
)


@pytest.mark.parametrize(
    ("threshold", "says"), [("0.01", TOO_MANY_ROWS), ("0.02", TOO_MANY_SERIES)]
)
def test_more_rejects_than_a_job_allows_refuse_the_night_with_their_reasons(
    tmp_path, threshold, says
):
    path = dirty(tmp_path, threshold)
    told = CliRunner().invoke(main, ["run", str(path), "--dry-run"])
    assert told.exit_code == ExitCode.REFUSED
    assert says in " ".join(told.output.split())
    with pytest.raises(InputRefusedError) as refusal:
        check(prepare_run(load_job(path)))
    assert str(refusal.value).startswith(says)


@pytest.mark.parametrize("threshold", [None, "0.34"])
def test_rejects_within_the_threshold_or_without_one_refuse_nothing(tmp_path, threshold):
    run = prepare_run(load_job(dirty(tmp_path, threshold)))
    assert len(pd.read_parquet(check(run).shard("rejects"))) == 6


def test_a_threshold_of_rejects_is_a_share(tmp_path):
    with pytest.raises(JobRefusedError, match=r"`checks\.reject_threshold` is 5"):
        load_job(dirty(tmp_path, "5"))


@pytest.mark.parametrize(
    ("as_of", "exit_code", "says"),
    [
        ("2024-04-01", ExitCode.DONE, None),
        ("2024-04-02", ExitCode.DONE, "so that 8 of 10 periods of the horizon are left after"),
        ("2024-04-10", ExitCode.REFUSED, "so that no period is left after 2024-04-10"),
    ],
)
def test_demand_that_ends_before_the_night_is_told_of(tmp_path, as_of, exit_code, says):
    path = write(tmp_path, "")
    path.write_text(path.read_text().replace("2024-03-31", as_of))
    told = CliRunner().invoke(main, ["run", str(path), "--dry-run"])
    assert told.exit_code == exit_code
    assert ("late" in told.output) == (says is not None and exit_code == ExitCode.DONE)
    run = prepare_run(load_job(path))
    if exit_code == ExitCode.REFUSED:
        with pytest.raises(InputRefusedError, match=says):
            check(run)
        return
    record = check(run)
    rejects = pd.read_parquet(record.shard("rejects"))
    found = rejects.loc[rejects["code"] == "late", ["severity", "value", "advice"]]
    assert len(found) == (says is not None)
    assert notices_of(record) == tuple(found["advice"])
    for severity, value, advice in found.to_numpy().tolist():
        assert (severity, value) == ("run", "2024-03-31")
        assert says in advice


def test_demand_whose_later_rows_were_rejected_is_told_of_with_their_number(tmp_path):
    path = write(tmp_path, "")
    demand = pd.read_csv(tmp_path / "demand.csv", dtype=str)
    demand.loc[demand["ds"] > "2024-03-28", "ds"] = "soon"
    demand.to_csv(tmp_path / "demand.csv", index=False)
    record = check(prepare_run(load_job(path)))
    (notice,) = notices_of(record)
    assert notice.startswith("demand ends on 2024-03-28 (12 of 364 rows were rejected), so that")


@pytest.mark.parametrize(("as_of", "late"), [("2024-04-01", False), ("2024-04-02", True)])
def test_demand_of_shops_that_are_shut_on_sundays_is_not_late_on_mondays(tmp_path, as_of, late):
    path = write(tmp_path, "")
    demand = pd.read_csv(tmp_path / "demand.csv", parse_dates=["ds"])
    demand[demand["ds"].dt.day_name() != "Sunday"].to_csv(tmp_path / "demand.csv", index=False)
    path.write_text(path.read_text().replace("2024-03-31", as_of))
    record = check(prepare_run(load_job(path)))
    assert pd.read_parquet(record.shard("repairs"))["code"].eq("gap_filled").any()
    assert [notice.startswith("demand ends on 2024-03-30") for notice in notices_of(record)] == (
        [True] * late
    )


def test_what_is_rejected_for_its_ids_is_told_of_with_one_that_there_is(tmp_path):
    path = write(tmp_path, "[stock]\n")
    stock = pd.read_csv(tmp_path / "stock.csv").assign(item_id="bolt.0", on_hand=5)
    stock.to_csv(tmp_path / "stock.csv", index=False)
    with pytest.raises(
        InputRefusedError, match=r"'a/b/bolt\.0': .*; demand has 'a/b/bolt', for one"
    ):
        check(prepare_run(load_job(path)))


def test_series_without_a_row_of_stock_are_told_of(tmp_path):
    path = write(tmp_path, "[stock]\n")
    stock = pd.read_csv(tmp_path / "stock.csv")
    stock[stock["warehouse_id"] != "a/b"].to_csv(tmp_path / "stock.csv", index=False)
    rejects = pd.read_parquet(check(prepare_run(load_job(path))).shard("rejects"))
    found = rejects[rejects["code"] == "no_stock_row"]
    named = ["input", "entity", "severity", "value"]
    assert found[named].to_numpy().tolist() == [["stock", "a/b/bolt", "run", "1 of 4 series"]]


def write_books(tmp_path, prices, as_of):
    """Write a job of one book, which holds what has prices."""
    prices.to_csv(tmp_path / "prices.csv", index=False)
    instrument = prices["instrument_id"].iloc[0]
    pd.DataFrame([{"instrument_id": instrument, "kind": "equity", "currency": "USD"}]).to_csv(
        tmp_path / "instruments.csv", index=False
    )
    pd.DataFrame([{"portfolio_id": "a", "instrument_id": instrument, "quantity": 1}]).to_csv(
        tmp_path / "positions.csv", index=False
    )
    inputs = "".join(
        f'[inputs.{name}]\npath = "{name}.csv"\n' for name in ("prices", "instruments", "positions")
    )
    path = tmp_path / "job.toml"
    path.write_text(f'name = "unfit"\nas_of = {as_of}\n{inputs}[risk]\n')
    return path


@pytest.mark.parametrize(
    ("as_of", "late"), [("2024-03-31", 0), ("2024-04-01", 0), ("2024-04-02", 4)]
)
def test_prices_that_end_before_the_night_are_told_of(tmp_path, as_of, late):
    path = write_books(tmp_path, price_rows(start="2023-01-02", end="2024-03-29"), as_of)
    rejects = pd.read_parquet(check(prepare_run(load_job(path))).shard("rejects"))
    found = rejects.loc[rejects["code"] == "late", ["input", "severity", "advice"]]
    assert len(found) == (late > 0)
    for name, severity, advice in found.to_numpy().tolist():
        assert (name, severity) == ("prices", "run")
        assert f"{late} days before" in advice


def test_a_benchmark_without_prices_refuses_the_night(tmp_path):
    path = write_books(tmp_path, price_rows(start="2023-01-02", end="2024-03-29"), "2024-03-29")
    path.write_text(path.read_text() + 'benchmark = "SPY"\n')
    with pytest.raises(JobRefusedError, match=r"risk\.benchmark: prices have no 'SPY': there are"):
        check(prepare_run(load_job(path)))


@pytest.mark.parametrize(
    ("day", "factor", "told"),
    [
        ("2023-06-01", 0.5, "was 0.5 times that of the day before on 2023-06-01, and risk"),
        ("2023-06-01", 0.6, None),
        ("2023-06-01", 2.0, "was 2 times"),
        ("2021-06-01", 0.5, None),
    ],
    ids=["split", "fall", "doubled", "before the window"],
)
def test_closes_that_leap_in_the_window_of_risk_are_told_of(tmp_path, day, factor, told):
    prices = price_rows(start="2021-01-04", end="2024-03-29").assign(close=8.0)
    prices.loc[prices["ds"].astype(str) >= day, "close"] *= factor
    notices = notices_of(check(prepare_run(load_job(write_books(tmp_path, prices, "2024-03-29")))))
    assert [told in notice for notice in notices] == [True] * (told is not None)
