"""Running out before an order arrives, path by path and lead time by lead time."""

import numpy as np


def walk_until_arrival(on_hand, receipts, paths, chances, lost_share):
    """Return each path's probability of a shortage, and its expected units short, until arrival."""
    risks, shorts = np.zeros(len(paths)), np.zeros(len(paths))
    for n, path in enumerate(paths):
        for lead_time, chance in enumerate(chances):
            net, out, short = on_hand, False, 0.0
            for t in range(min(lead_time, len(path))):
                net += receipts[t]
                lacking = path[t] - min(max(net, 0.0), path[t])
                net -= path[t] - lost_share * lacking
                out = out or lacking > 0.0
                short += lacking
            risks[n] += chance * out
            shorts[n] += chance * short
    return risks, shorts
