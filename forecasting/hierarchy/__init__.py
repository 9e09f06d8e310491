"""Demand at every level of the company, coherent: what is above is the sum of what is below."""

from forecasting.hierarchy.frames import aggregate_frame, name_nodes
from forecasting.hierarchy.paths import match_ranks
from forecasting.hierarchy.projection import Projection, make_projection
from forecasting.hierarchy.structure import LEAF, LEVELS, Hierarchy, build_hierarchy
from forecasting.hierarchy.sums import PathSums
from forecasting.hierarchy.weights import METHODS, Method, make_weights

__all__ = [
    "LEAF",
    "LEVELS",
    "METHODS",
    "Hierarchy",
    "Method",
    "PathSums",
    "Projection",
    "aggregate_frame",
    "build_hierarchy",
    "make_projection",
    "make_weights",
    "match_ranks",
    "name_nodes",
]
