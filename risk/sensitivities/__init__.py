"""Sensitivities of positions and books to prices, volatilities, rates and time."""

from risk.sensitivities.sensitivities import SENSITIVITIES, sensitivities

__all__ = ["SENSITIVITIES", "sensitivities"]
