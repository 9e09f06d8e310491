"""Sensitivities of positions and books to prices, volatilities, rates and time."""

from risk.greeks.sensitivities import SENSITIVITIES, sensitivities

__all__ = ["SENSITIVITIES", "sensitivities"]
