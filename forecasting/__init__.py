"""Demand forecasts: arrays and frames in, arrays and frames out."""
