"""Demand at every level of the company, coherent: what is above is the sum of what is below."""

from forecasting.hierarchy.dependence import DEPENDENCE, SharedErrors, learn_dependence
from forecasting.hierarchy.frames import aggregate_frame, name_nodes
from forecasting.hierarchy.paths import match_ranks
from forecasting.hierarchy.projection import Projection, make_projection
from forecasting.hierarchy.structure import LEVELS, Hierarchy, build_hierarchy
from forecasting.hierarchy.sums import PathSums
from forecasting.hierarchy.weights import METHODS, Method, make_weights

__all__ = [
    "DEPENDENCE",
    "LEVELS",
    "METHODS",
    "Hierarchy",
    "Method",
    "PathSums",
    "Projection",
    "SharedErrors",
    "aggregate_frame",
    "build_hierarchy",
    "learn_dependence",
    "make_projection",
    "make_weights",
    "match_ranks",
    "name_nodes",
]
