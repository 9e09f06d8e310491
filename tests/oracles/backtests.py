"""Tests of risk figures, one book at a time, as their papers write them."""

import itertools
import math

import numpy as np
from scipy import stats


def log_binomial(calm, beyond, share):
    """Log-likelihood of independent days with this share of exceptions."""
    total = 0.0
    for number, probability in ((calm, 1.0 - share), (beyond, share)):
        if number > 0:
            total += number * math.log(probability)
    return total


def kupiec(hits, level):
    """Kupiec (1995): the likelihood ratio of the share of exceptions."""
    beyond, days = sum(hits), len(hits)
    own = log_binomial(days - beyond, beyond, beyond / days)
    return 2.0 * (own - log_binomial(days - beyond, beyond, 1.0 - level))


def christoffersen(hits):
    """Christoffersen (1998): the likelihood ratio of a Markov chain over independent days."""
    chain = 0.0
    for state in (0, 1):
        after = [now for before, now in itertools.pairwise(hits) if before == state]
        if not after:
            return math.nan
        chain += log_binomial(len(after) - sum(after), sum(after), sum(after) / len(after))
    later = hits[1:]
    alike = log_binomial(len(later) - sum(later), sum(later), sum(later) / len(later))
    return 2.0 * (chain - alike)


def first_failure(hits, level):
    """Kupiec (1995): the likelihood ratio of the day of the first exception."""
    share = 1.0 - level
    if 1 not in hits:
        return -2.0 * len(hits) * math.log(level)
    day = hits.index(1) + 1
    own = log_binomial(day - 1, 1, 1.0 / day)
    return 2.0 * (own - math.log(share) - (day - 1) * math.log(level))


def traffic_light(hits, level):
    """Basel Committee (1996): the probability of at most so many exceptions."""
    return float(stats.binom.cdf(sum(hits), len(hits), 1.0 - level))


def severity_statistics(losses, quantiles, shortfalls, level):
    """Acerbi & Székely (2014), equations 4 and 6."""
    pairs = [(x, es) for x, q, es in zip(losses, quantiles, shortfalls, strict=True) if x > q]
    total = sum(x / es for x, es in pairs)
    first = 1.0 - total / len(pairs) if pairs else math.nan
    return first, 1.0 - total / (len(losses) * (1.0 - level))


def dynamic_quantile(losses, quantiles, level, lags):
    """Engle & Manganelli (2004), theorem 5, by least squares."""
    share = 1.0 - level
    hits = (np.asarray(losses) > np.asarray(quantiles)).astype(float) - share
    rows = [[1.0, *hits[t - lags : t][::-1], quantiles[t]] for t in range(lags, len(hits))]
    regressors, target = np.array(rows), hits[lags:]
    fitted = regressors @ np.linalg.lstsq(regressors, target, rcond=None)[0]
    statistic = float(fitted @ fitted) / (share * level)
    return statistic, float(stats.chi2.sf(statistic, np.linalg.matrix_rank(regressors)))


def joint_score(loss, quantile, shortfall, level):
    """Patton, Ziegel & Chen (2019), equation 6, of returns: their v and e are below zero."""
    share, y, v, e = 1.0 - level, -loss, -quantile, -shortfall
    return -(v - y) * (y <= v) / (share * e) + v / e + math.log(-e) - 1.0


def confidence_set(scores, drawn):
    """Hansen, Lunde & Nason (2011), section 3.1.2: T_R, the worst put out step by step.

    ``scores`` is (n_days, n_methods), ``drawn`` (n_replicates, n_days) the days of each replicate.
    """
    means = scores.mean(axis=0)
    moved = np.array([scores[days].mean(axis=0) for days in drawn]) - means
    p_values, kept, so_far = {}, list(range(scores.shape[1])), 0.0
    while len(kept) > 1:
        pairs = list(itertools.permutations(kept, 2))
        apart = {(i, j): moved[:, i] - moved[:, j] for i, j in pairs}
        deviation = {pair: math.sqrt((own**2).mean()) for pair, own in apart.items()}
        statistics = {(i, j): (means[i] - means[j]) / deviation[i, j] for i, j in pairs}
        by_chance = np.max([apart[pair] / deviation[pair] for pair in pairs], axis=0)
        most = max(statistics, key=statistics.get)
        so_far = max(so_far, float((by_chance >= statistics[most]).mean()))
        p_values[most[0]] = so_far
        kept.remove(most[0])
    p_values[kept[0]] = 1.0
    return np.array([p_values[method] for method in range(scores.shape[1])])
