"""Killed at any moment, a night leaves the models of an undisturbed one, or none yet."""

import pytest

from flows.run import list_versions, read_champion, read_models
from tests.lanes import slow
from tests.survival.jobs import job_in

WISHES = {"only": "demand", "registry": True}
# The changes to the disk at the end of a night, in which its models are stored and promoted.
LAST = 48
FILES = {
    "champion.json",
    "manifest.json",
    "models.parquet",
    "champions.parquet",
    "calibration_levels.parquet",
    "model_weighings.parquet",
    "error_dependence.parquet",
    "forecast_coverage.parquet",
    "forecast_horizons.parquet",
}


@pytest.fixture(scope="module")
def whole(cradle, sample, tmp_path_factory):
    """The version of an undisturbed night, and the changes to the disk that it made."""
    folder = tmp_path_factory.mktemp("kept") / "job"
    job_in(folder, sample)
    end = cradle.live(folder, **WISHES)
    assert end.code == 0, end.said
    return read_champion(folder / "models" / "states"), end.events


def kill_at(cradle, sample, whole, folder, change):
    job_in(folder, sample)
    models = folder / "models" / "states"
    end = cradle.live(folder, fault="kill", at=change, **WISHES)
    assert end.code == -9
    champion = read_champion(models)
    assert champion in {None, whole[0]}
    if champion is not None:
        assert read_models(models, champion)
    again = cradle.live(folder, **WISHES)
    assert again.code == 0, again.said
    assert read_champion(models) == whole[0]
    assert [name for name, _ in list_versions(models)] == [whole[0]]
    left = {path.name for path in models.rglob("*") if path.is_file()}
    assert left == FILES
    return champion


# After the models were promoted, and before.
@pytest.mark.parametrize("back", [14, 23, *map(slow, (17, 20, 27, 32))])
def test_a_night_killed_while_it_keeps_its_models_is_finished_by_the_next_start(
    cradle, sample, whole, tmp_path, back
):
    kill_at(cradle, sample, whole, tmp_path / "job", whole[1] - back)


@pytest.mark.slow
def test_a_night_killed_at_any_change_near_its_end_is_finished_by_the_next_start(
    cradle, sample, whole, tmp_path
):
    found = [
        kill_at(cradle, sample, whole, tmp_path / f"{back}", whole[1] - back)
        for back in range(LAST)
    ]
    # Some were killed before the models were promoted, and some after.
    assert None in found
    assert whole[0] in found
