"""What every test shares: Prefect without a network, and where real data is."""

import gc
import os
from pathlib import Path

# Before Prefect is imported, or its server waits on the network.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")

import pytest
from hypothesis import settings

from tests.scratch import UNTIL_END

# The gate tries the same examples every time; by itself pytest looks for new ones. How long one
# takes is no law: it may compile, and a busy machine may take any time.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.register_profile("new examples", deadline=None)
settings.load_profile("new examples")

ROOT = Path(__file__).parents[1]
# Begun first, in this order: the first of them compiles what later nights find compiled while the
# next, which have nothing to compile or something else, keep another process busy.
LONGEST = (
    "tests/flows/test_nightly.py",
    "tests/storage/test_stores.py",
    "tests/storage/test_bigquery_store.py",
    "tests/kernels/test_arima.py",
    "tests/survival/test_store_faults.py",
    "tests/survival/test_killed.py",
    "tests/survival/test_torn.py",
    "tests/flows/test_stock_sharing.py",
    "tests/flows/test_registry.py",
    "tests/flows/test_stored_champions.py",
    "tests/risk/test_scenarios_laws.py",
    "tests/kernels/test_ets.py",
    "tests/forecasting/test_roll_forward.py",
    "tests/forecasting/test_models.py",
)
# Those whose nights have a Prefect server, which takes some ten seconds of a processor to start.
SERVED = {
    "tests/flows/test_commands.py",
    "tests/flows/test_devices.py",
    "tests/flows/test_nightly.py",
    "tests/flows/test_training.py",
}


def pytest_addoption(parser):
    parser.addoption(
        "--bigquery-live",
        metavar="ADDRESS",
        help="an empty BigQuery dataset of your own, bigquery://PROJECT/DATASET?location=EU: "
        "runs the tests marked for it against Google, at your cost",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage among what stays: tests and modules, by the hundred thousand."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest, so that processes that share them end together."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish():
    """End servers and remove folders here: a process of pytest-xdist is soon killed after it."""
    UNTIL_END.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give one process all tests that share what takes long: a cradle and its nights, a server."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndWhatIsShared(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            if file in SERVED:
                return "prefect"
            return "tests/survival" if file.startswith("tests/survival/") else file

    return ByFileAndWhatIsShared(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def prefect():
    """Start one Prefect server for the whole session."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture(scope="session")
def real_data():
    """Return the folder of real data sets, or skip where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data is not here: {folder} does not exist")
    return folder
