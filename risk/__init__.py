"""Portfolio risk: arrays and frames in, arrays and frames out."""
