"""The models that know drivers, entered into a line-up."""

from collections.abc import Mapping
from dataclasses import replace

from forecasting.classes import CLASSES
from forecasting.drivers.vintages import DriverEffects
from forecasting.models import Forecaster, find_model
from forecasting.models.regression_model import RegressionModel
from forecasting.plan import WITH_GROUPS, ForecastPlan

# By name, the model of what drivers leave, whose place it takes: where drivers do nothing the two
# are one, and a line-up of both weighed what it has twice. Beside them the plain ones gained a
# point more on promotions and lost the whole of a Christmas that no backtest had seen.
WITHIN: Mapping[str, str] = {
    "RegressionTheta": "DynamicOptimizedTheta",
    "RegressionSmoothing": "SimpleExponentialSmoothing",
    "RegressionYearlyTheta": "YearlyTheta",
}
# Of rare demand too few periods sell for effects to tell, and forecasts lost by them.
ENTERED = ("smooth", "erratic")


def enter_regression(plan: ForecastPlan, effects: DriverEffects) -> ForecastPlan:
    """Return a plan in whose line-ups models that know what drivers do stand for plain ones.

    They stand for those around which the season of a kind is taken out, too.

    A line-up without any of the plain ones ends with the first of those that know. Where no driver
    ever moved there is nothing to know, and the plan stays.

    Parameters
    ----------
    plan : settings
    effects : of the drivers that the panel will have
    """
    if not effects.names:
        return plan
    trained = {name: RegressionModel(find_model(own), effects) for name, own in WITHIN.items()}
    line_up = {name: plan.models_for(name) for name in CLASSES}
    knowing = {own: name for name, own in WITHIN.items()}
    knowing |= {WITH_GROUPS[own]: name for own, name in knowing.items() if own in WITH_GROUPS}
    for demand_class in ENTERED:
        plain = line_up[demand_class]
        driven = tuple(knowing.get(name, name) for name in plain)
        line_up[demand_class] = driven if driven != plain else (*plain, next(iter(WITHIN)))
    return replace(plan, line_up=line_up, trained={**plan.trained, **trained})


def enter_model(plan: ForecastPlan, name: str, model: Forecaster) -> ForecastPlan:
    """Return a plan in which a model competes for every class.

    Parameters
    ----------
    plan : settings
    name : the model's
    model : learnt beforehand from all series
    """
    line_up = {demand_class: (*plan.models_for(demand_class), name) for demand_class in CLASSES}
    return replace(plan, line_up=line_up, trained={**plan.trained, name: model})
