"""Stock decisions: arrays and frames in, arrays and frames out."""
