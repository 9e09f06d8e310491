"""The device, from the job spec down: placed once a run, recorded, and shared."""

import threading
import time
from contextlib import contextmanager

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate

from flows import tasks
from flows.demo import write_demo
from flows.device_slot import SLOT, device_slot, open_slot
from flows.errors import ExitCode, JobRefusedError
from flows.nightly import nightly
from flows.run import devices, load_run, prepare_run
from flows.sample import SampleSize
from flows.spec import BacktestSpec, DecisionBacktestSpec, load_job
from flows.steps import decision_backtest
from forecasting import counts
from forecasting.classes import CLASSES
from forecasting.models import ets_model, intermittent_model, theta_model
from inventory import proposal, simulation
from kernels import device as kernel_device
from kernels import on_device
from kernels.device import DeviceError, missing_for_cuda, resolve_device
from risk import requested_error
from risk.market import revalue
from risk.measures import incremental, portfolios
from risk.scenarios import normal_mixtures
from risk.volatility import fit as volatility_fit
from storage.stores import open_store

SMALL = SampleSize(warehouses=2, items=8, days=400, portfolios=6)


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    folder = tmp_path_factory.mktemp("device") / "job"
    folder.mkdir()
    write_demo(folder, SMALL)
    found = load_job(folder / "demo.toml")
    smaller = {
        "scenarios": 1_000,
        "history": 250,
        "backtest": None,
        "methods": ("historical", "gaussian"),
    }
    stock = found.stock.model_copy(update={"paths": 20, "backtest": None})
    return found.model_copy(update={"risk": found.risk.model_copy(update=smaller), "stock": stock})


def asking(job, device, **without):
    execution = job.execution.model_copy(update={"device": device})
    return job.model_copy(update={"execution": execution, **without})


def naive(job):
    """The job's forecasts, by a model that has no kernel for a GPU."""
    return job.demand.model_copy(update={"line_up": dict.fromkeys(CLASSES, ("SeasonalNaive",))})


@pytest.fixture
def nothing_installed(monkeypatch):
    monkeypatch.setattr(kernel_device, "find_spec", lambda _: None)


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(devices, "missing_for_cuda", lambda: None)
    monkeypatch.setattr(devices, "resolve_device", lambda _: "cuda")


def test_what_is_missing_is_named_the_package_before_the_device(nothing_installed, monkeypatch):
    assert "numba-cuda is not installed (pip install almanac[cuda13]" in missing_for_cuda()
    monkeypatch.setattr(kernel_device, "find_spec", lambda name: name == "numba_cuda" or None)
    assert "CuPy is not installed" in missing_for_cuda()


def test_a_device_that_is_not_there_is_an_error_and_never_the_processor(nothing_installed):
    with pytest.raises(DeviceError, match="device 'cuda': numba-cuda is not installed"):
        resolve_device("cuda")
    assert resolve_device("auto") == "cpu"
    assert resolve_device("cpu") == "cpu"


def test_a_job_that_asks_for_a_device_that_is_not_there_is_refused(job, nothing_installed):
    with pytest.raises(JobRefusedError, match="device 'cuda': numba-cuda is not installed"):
        prepare_run(asking(job, "cuda"))


def test_auto_records_that_it_took_the_processor_and_why(job, nothing_installed):
    run = prepare_run(asking(job, "auto"))
    assert run.device == "cpu"
    assert run.device_words.startswith("cpu (numba-cuda is not installed")
    run.save()
    assert load_run(run.uri).device_reason == run.device_reason


def test_a_named_device_needs_no_reason(job):
    assert prepare_run(asking(job, "cpu")).device_words == "cpu"


def test_a_job_of_which_nothing_runs_on_a_gpu_is_refused_one(job, gpu):
    with pytest.raises(JobRefusedError, match="nothing of this job runs on a GPU"):
        prepare_run(asking(job, "cuda", stock=None, risk=None, demand=naive(job)))
    run = prepare_run(asking(job, "auto", stock=None, risk=None, demand=naive(job)))
    assert run.device_words == "cpu (nothing of this job runs on a GPU)"


def test_forecasts_by_models_with_kernels_for_it_are_work_for_a_device(job, gpu):
    run = prepare_run(asking(job, "auto", stock=None, risk=None))
    assert run.device == "cuda"
    assert "fitted in [demand]" in run.device_reason


def test_kernels_are_asked_for_on_the_device_of_the_run(job, gpu, prefect, monkeypatch):
    asked, unplaced, places = set(), set(), []

    @contextmanager
    def placed(device):
        with device_slot(device):
            places.append(device)
            yield
            places.remove(device)

    for module in (tasks, decision_backtest):
        monkeypatch.setattr(module, "device_slot", placed)

    def recording(name):
        kernel = getattr(on_device, f"{name}_on")

        def named(device):
            asked.add((name, device))
            if device != "cpu" and device not in places:
                unplaced.add(name)
            # No device is here: the processor's kernel stands for the device's.
            return kernel("cpu")

        return named

    for model, name in (
        (simulation, "walk_items"),
        (proposal, "walk_all"),
        (revalue, "option_values"),
        (revalue, "american_values"),
        (portfolios, "keep_losses"),
        (portfolios, "book_losses"),
        (incremental, "largest_without"),
        (incremental, "changes_without"),
        (requested_error, "keep_losses"),
        (requested_error, "book_losses"),
        (revalue, "future_values"),
        (revalue, "forward_values"),
        (revalue, "bond_values"),
        (ets_model, "fit_ets"),
        (ets_model, "refit_ets"),
        (ets_model, "forecast_ets"),
        (normal_mixtures, "gaussian_moves"),
        (volatility_fit, "fit_garch"),
        (theta_model, "fit_thetas"),
        (intermittent_model, "intermittent_rates"),
        (counts, "fit_counts"),
    ):
        monkeypatch.setattr(model, f"{name}_on", recording(name))
    past = DecisionBacktestSpec(periods=4, refresh=4, series=3, window=7, windows=1, paths=20)
    days = BacktestSpec(days=20, window=120, scenarios=500)
    own = asking(
        job,
        "cuda",
        stock=job.stock.model_copy(update={"backtest": past}),
        risk=job.risk.model_copy(update={"backtest": days}),
    )
    # One task at a time, so that the place there is is its own.
    alone = own.execution.model_copy(update={"workers": 1})
    own = own.model_copy(update={"execution": alone})
    outcome = nightly(own)
    assert outcome.exit_code is ExitCode.DONE
    names = ["walk_all", "option_values", "fit_ets", "refit_ets", "fit_thetas", "forecast_ets"]
    names += ["intermittent_rates", "fit_garch", "fit_counts", "gaussian_moves", "keep_losses"]
    names += ["book_losses", "largest_without", "changes_without"]
    assert {(name, "cuda") for name in names} <= asked
    assert not unplaced
    with open_store(prepare_run(own).store_url) as store:
        assert store.read("runs", run_id=outcome.run_id)["device"].tolist() == ["cuda"]


@pytest.mark.parametrize("places", [2, 1])
def test_as_many_tasks_are_on_the_device_as_it_has_places(prefect, places):
    open_slot("cuda")
    with get_client(sync_client=True) as client:
        client.update_global_concurrency_limit(SLOT, GlobalConcurrencyLimitUpdate(limit=places))
    inside, most = [], []

    def work():
        with device_slot("cuda"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(1.0)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == places


def test_the_processor_needs_no_slot_and_no_server(monkeypatch):
    monkeypatch.setattr("prefect.concurrency.sync.concurrency", None)
    monkeypatch.setattr("prefect.client.orchestration.get_client", None)
    open_slot("cpu")
    with device_slot("cpu"):
        reached = True
    assert reached
