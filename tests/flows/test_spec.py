"""Job specs: TOML and model say the same, and a wrong spec is refused in one sentence."""

import json
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from pandera.errors import SchemaError
from pydantic import ValidationError

from flows.errors import ExitCode, JobRefusedError
from flows.spec import AssumedStock, JobSpec, StockPlanSpec, job_as_toml, load_job
from inventory import PolicyKind
from storage import tables
from storage.tables.stock import POLICIES

JOBS = Path(__file__).parents[2] / "jobs"
MINIMAL = """
name = "night"
[inputs.demand]
path = "demand.csv"
[demand]
horizon = 7
"""
# Stock has its inputs before it is planned.
STOCK = """
[inputs.items]
path = "items.csv"
[inputs.stock]
path = "stock.csv"
[stock]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "job.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(JOBS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_job_written_as_toml_reads_back_as_itself(path, tmp_path):
    job = load_job(path)
    again = load_job(write(tmp_path, job_as_toml(job)))
    assert again.model_copy(update={"folder": job.folder}) == job


def test_a_job_survives_the_json_of_a_form():
    job = load_job(JOBS / "sp500.toml")
    assert JobSpec.model_validate(json.loads(job.model_dump_json())) == job


@pytest.mark.parametrize(
    ("frequency", "horizon", "history"),
    [("h", 48, 48), ("D", 28, 14), ("W", 13, 12), ("MS", 6, 12), ("QS", 4, 8)],
)
def test_what_a_job_does_not_say_of_periods_follows_from_their_length(
    frequency, horizon, history, tmp_path
):
    text = MINIMAL.replace("horizon = 7", f'frequency = "{frequency}"')
    demand = load_job(write(tmp_path, text)).demand
    assert (demand.horizon, demand.minimum_history) == (horizon, history)
    said = load_job(write(tmp_path, text + "horizon = 9\nminimum_history = 30\n")).demand
    assert (said.horizon, said.minimum_history) == (9, 30)


@pytest.mark.parametrize(
    ("frequency", "cover"), [("h", 1_080), ("D", 45), ("W", 7), ("MS", 3), ("QS", 2)]
)
def test_how_long_stock_may_last_follows_from_the_length_of_periods(frequency, cover, tmp_path):
    text = MINIMAL.replace("horizon = 7", f'frequency = "{frequency}"') + STOCK
    assert load_job(write(tmp_path, text)).most_cover == cover
    assert load_job(write(tmp_path, f"{text}most_cover = 9.5\n")).most_cover == 9.5


def test_a_frequency_that_there_is_none_of_is_the_only_thing_refused(tmp_path):
    text = MINIMAL.replace("horizon = 7", 'frequency = "X"')
    with pytest.raises(JobRefusedError, match=r"`demand.frequency` is 'X': .*'QS'$"):
        load_job(write(tmp_path, text))


def test_relative_paths_start_at_the_folder_of_the_spec(tmp_path):
    job = load_job(write(tmp_path, MINIMAL))
    assert job.path("demand.csv") == tmp_path / "demand.csv"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (MINIMAL + "horizons = 3\n", "unknown key `demand.horizons`"),
        (MINIMAL.replace("horizon = 7", "horizon = 0"), "`demand.horizon` is 0"),
        (MINIMAL.replace('name = "night"', ""), "key `name` is missing"),
        (MINIMAL.replace('"night"', '"My Shop"'), "`name` is 'My Shop': it may have 64 lower-case"),
        (MINIMAL.replace("[demand]\nhorizon = 7", ""), "at least one of"),
        (MINIMAL + "[risk]\n", r"\[risk\] needs \[inputs.prices\]"),
        (
            MINIMAL + "[risk]\nvariance_reduction = 'control_variate'\nmethods = ['student_t']\n",
            "'control_variate' needs 'gaussian' among the methods; got student_t",
        ),
        (MINIMAL + "[checks]\ngaps = 'average'\n", "`checks.gaps` is 'average'"),
        (MINIMAL.replace('path = "demand.csv"', ""), "`path` for one file"),
        (MINIMAL + "[inputs.calendar]\nkind = 'listed'\n", "inputs.calendar"),
        (
            MINIMAL.replace(
                "[demand]", "[inputs.closures]\npath = 'c.csv'\n[demand]\nfrequency = 'W'"
            ),
            "inputs.closures are days, for demand of days or hours; frequency is 'W'",
        ),
        ("name = ", "is not TOML"),
        (MINIMAL + "[outputs]\nstore = 'mysql:x'\n", "'mysql:x': the address must be duckdb:PATH"),
        (MINIMAL.replace("horizon", "horizn"), "key `demand.horizn`: did you mean `horizon`"),
        (MINIMAL.replace("[demand]", "[demnd]"), "key `demnd`: did you mean `demand`"),
        (MINIMAL + "[inputs.stocks]\npath = 'a.csv'\n", "`inputs.stocks`: did you mean `stock`"),
        (MINIMAL + "[colour]\n", "key `colour`: there are name, as_of, "),
        (
            MINIMAL.replace("path =", "colums = {}\npath ="),
            "key `inputs.demand.colums`: did you mean `columns`",
        ),
        (
            MINIMAL.replace("path =", "encoding = 'ansi'\npath ="),
            "`inputs.demand.encoding`: there is no encoding 'ansi'; there are utf-8, latin-1, ",
        ),
        (MINIMAL.replace("path =", "encoding = 'hex'\npath ="), "is no encoding 'hex'"),
        (MINIMAL.replace("path =", "thousands = '.'\npath ="), r"must differ; got '\.' for both"),
        (MINIMAL.replace("path =", "thousands = 'x'\npath ="), "`inputs.demand.thousands` is 'x'"),
        (
            MINIMAL.replace("path =", "delimiter = ';'\npath ="),
            "demand.delimiter`: there are kind, path, paths, .*, dates$",
        ),
        (
            MINIMAL.replace('path = "demand.csv"', "kind = 'bigquery'\ntable = 'a'\ndecimal = ','"),
            "demand.decimal`: there are kind, table, query, .*, labels",
        ),
        (
            MINIMAL.replace('[inputs.demand]\npath = "demand.csv"', "[inputs]\ndemand = 'a.csv'"),
            "`inputs.demand` is 'a.csv': Input should be a valid table$",
        ),
        (MINIMAL.replace("[demand]", "[[demand]]"), "Input should be a valid table$"),
        (MINIMAL.replace("= 7", "= true"), "`demand.horizon`: it is a number; got true"),
        (MINIMAL.replace('"demand.csv"', '""'), "`inputs.demand.path` is ''"),
        (
            MINIMAL.replace("demand.csv", r"C:\Users\me\demand.csv"),
            r"hex value \(at line 4, column 13\)\); in double quotes write a path with /",
        ),
        (
            MINIMAL.replace("demand.csv", r"C:\data\demand.csv"),
            r"Unescaped .*; in double quotes write a path with /",
        ),
        (
            MINIMAL.replace("path =", "kind = 'file'\npath ="),
            "`inputs.demand.kind` is 'file': it may be 'files', 'bigquery'",
        ),
        (MINIMAL + "[risk.backtst]\n", "key `risk.backtst`: did you mean `backtest`"),
        (MINIMAL + "[demand.line_up]\nsmoth = ['AutoETS']\n", "`demand.line_up.smoth"),
    ],
)
def test_a_wrong_spec_is_refused_in_one_sentence_that_names_it(text, names, tmp_path):
    with pytest.raises(JobRefusedError, match=names) as refusal:
        load_job(write(tmp_path, text))
    assert "\n" not in str(refusal.value)
    assert refusal.value.exit_code is ExitCode.REFUSED


def test_a_path_may_start_at_the_user_s_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    job = load_job(write(tmp_path, MINIMAL))
    assert job.path("~/demand.csv") == tmp_path / "me" / "demand.csv"
    for other in ("a/~/demand.csv", "~nobody/demand.csv"):
        assert job.path(other) == tmp_path / other


SEVERAL = """
name = "My Shop"
sed = 3
[inputs.demand]
constants = { warehouse_id = [] }
pth = "demand.csv"
[demand]
frequency = "X"
line_up.smooth = "AutoETS"
[stock]
shortage = "maybe"
budgets = { north = -1 }
[risk]
methods = ["gausian"]
[[risk.replays]]
name = "crash"
first = 2020-02-20
"""


def test_every_mistake_of_a_spec_is_told_once_with_its_key_and_value(tmp_path):
    with pytest.raises(JobRefusedError) as refusal:
        load_job(write(tmp_path, SEVERAL))
    first, *mistakes = str(refusal.value).splitlines()
    assert first.endswith("job.toml: 10 mistakes:")
    keys = [mistake.split("`")[1] for mistake in mistakes]
    assert keys == [
        "name",
        "inputs.demand.constants.warehouse_id",
        "inputs.demand.pth",
        "demand.frequency",
        "demand.line_up.smooth",
        "stock.shortage",
        "stock.budgets.north",
        "risk.methods.0",
        "risk.replays.0.last",
        "sed",
    ]
    assert mistakes[5].startswith("  `stock.shortage` is 'maybe': Input should be 'lost' or 'back")
    assert mistakes[4].endswith("is 'AutoETS': Input should be a valid list")


def test_a_list_without_items_is_a_mistake_by_itself(tmp_path):
    with pytest.raises(
        JobRefusedError, match=r"`risk.methods` is \[\]: List should have at least 1"
    ):
        load_job(write(tmp_path, MINIMAL + "[risk]\nmethods = []\n"))


REPLAYS = "replays = [{}]\n".format(", ".join([
    '{ name = "crash", first = 2020-02-20, last = 2020-03-23 }'
] * 2))  # fmt: skip


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("[risk]\nlevels = [0.99, 0.99]\n", r"`risk.levels`: each may be there once; 0.99 is"),
        ("[risk]\nhorizons = [1, 10, 1]\n", r"`risk.horizons`: each may be there once; 1 is"),
        ("[risk]\nhorizons = []\n", r"`risk.horizons` is \[\]: List should have at least 1"),
        ("[risk]\nmethods = ['gaussian', 'gaussian']\n", "'gaussian' is there twice"),
        (f"[risk]\n{REPLAYS}", r"`risk.replays`: each may be there once; 'crash' is there twice"),
        (
            "[risk]\n" + REPLAYS.replace("2020-02-20", "2020-04-01"),
            "last must not be before first, 2020-04-01; got 2020-03-23",
        ),
        ("[demand.line_up]\nsmooth = ['Theta', 'Theta']\n", "`demand.line_up.smooth`: each may"),
        ("[demand.line_up]\nsmooth = []\n", r"`demand.line_up.smooth` is \[\]: List should have"),
    ],
)
def test_what_would_fail_at_the_end_of_a_night_is_refused_before_it(told, says, tmp_path):
    """Two of one kind have the same keys in every table; of none nothing is measured."""
    with pytest.raises(JobRefusedError, match=says):
        load_job(write(tmp_path, MINIMAL + told))


def test_all_that_does_not_fit_together_is_told(tmp_path):
    text = MINIMAL.replace("[demand]\nhorizon = 7", "[stock]\n[risk]\n")
    with pytest.raises(JobRefusedError) as refusal:
        load_job(write(tmp_path, text))
    for part in (
        "[stock] needs [inputs.items] and [inputs.stock]",
        "[risk] needs [inputs.prices] and [inputs.instruments] and [inputs.positions]",
        "so it needs [demand] too",
    ):
        assert part in str(refusal.value)


def test_a_spec_may_have_the_mark_that_windows_writes(tmp_path):
    assert load_job(write(tmp_path, f"\ufeff{MINIMAL}")) == load_job(write(tmp_path, MINIMAL))


def test_a_spec_that_is_not_utf_8_is_told_its_line(tmp_path):
    path = tmp_path / "job.toml"
    path.write_bytes(f"{MINIMAL}# caf\xe9\n".encode("latin-1"))
    with pytest.raises(JobRefusedError, match=r"not UTF-8 text \(see line 7\); save it as UTF-8$"):
        load_job(path)


def test_a_missing_spec_is_named(tmp_path):
    with pytest.raises(JobRefusedError, match=r"absent\.toml: cannot be read"):
        load_job(tmp_path / "absent.toml")


def test_one_side_alone_keeps_what_it_rests_on():
    job = load_job(JOBS / "vn1.toml")
    assert job.restricted("stock").demand is not None
    assert job.restricted("demand").stock is None
    with pytest.raises(ValueError, match=r"has no \[risk\] part"):
        job.restricted("risk")


@pytest.mark.parametrize(("told", "kept"), [('"backorder"', "backorder"), ("0.25", 0.25), ("1", 1)])
def test_what_is_short_is_lost_owed_or_a_share_of_each(told, kept, tmp_path):
    job = load_job(write(tmp_path, MINIMAL + STOCK + f"shortage = {told}"))
    assert job.stock.shortage == kept


@pytest.mark.parametrize(
    "told",
    [
        'shortage = "maybe"',
        "shortage = 1.5",
        "shortage = -0.1",
        'target = "all"',
        'policy = "(Q, r)"',
        "capacities = { north = 0 }",
        "capacities = { north = -5 }",
        "capacities = { north = inf }",
        "budgets = { north = -1 }",
    ],
)
def test_a_setting_of_stock_that_is_none_is_refused(told, tmp_path):
    with pytest.raises(JobRefusedError, match=told.partition(" ")[0]):
        load_job(write(tmp_path, MINIMAL + STOCK + told))


@pytest.mark.parametrize("value", [-1, 0, 1])
@pytest.mark.parametrize(
    ("table", "name"),
    [
        *((tables.STOCK, name) for name in ("lead_time_mean", "lead_time_deviation")),
        *((tables.STOCK, name) for name in ("review_period", "ordering_cost")),
        *((tables.ITEMS, name) for name in ("case_pack", "minimum_order")),
    ],
)
def test_what_a_file_of_stock_may_hold_can_be_assumed_and_no_more(table, name, value):
    column = table.column(name)
    allowed = value > 0 if column.positive else value >= column.minimum
    try:
        column.schema().validate(pd.DataFrame({name: [value]}))
    except SchemaError:
        assert not allowed
    else:
        assert allowed
    if allowed:
        assert getattr(AssumedStock(kind="assumed_stock", **{name: value}), name) == value
    else:
        with pytest.raises(ValidationError, match=f"{name}\n  Input should be greater than"):
            AssumedStock(kind="assumed_stock", **{name: value})


def test_an_assumed_lead_time_of_none_or_without_end_is_refused_in_one_sentence(tmp_path):
    assumed = MINIMAL + '[inputs.stock]\nkind = "assumed_stock"\nlead_time_mean = {}\n'
    for value, says in ((0, "0: Input should be greater than 0"), ("inf", "inf: Input should be")):
        with pytest.raises(JobRefusedError, match=f"`inputs.stock.lead_time_mean` is {says}"):
            load_job(write(tmp_path, assumed.format(value)))


def test_a_job_and_its_tables_name_every_policy():
    assert get_args(StockPlanSpec.model_fields["policy"].annotation) == tuple(PolicyKind)
    assert tuple(PolicyKind) == POLICIES
