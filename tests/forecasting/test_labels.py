"""Ids and names as codes: the texts, their order and nothing more."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from forecasting.labels import LabelColumn, Labels
from forecasting.panel import find_series

TEXTS = st.lists(st.sampled_from(["", "b", "a", "é", "Z", "10", "9", "a/b"]), max_size=30)


@given(TEXTS, st.booleans())
def test_labels_are_their_texts_and_codes_are_in_their_order(texts, coded):
    series = pd.Series(texts, dtype=object)
    # Categories as they come: neither in order nor all of them used.
    known = pd.CategoricalDtype([*dict.fromkeys(texts), "unused", "0"])
    labels = Labels.of(series.astype(known) if coded else series)
    assert list(labels) == labels.texts().tolist() == texts
    assert labels.names.tolist() == sorted(set(texts))
    column = labels.categorical()
    assert column.tolist() == texts
    assert column.categories.tolist() == sorted(set(texts))
    assert series[np.argsort(labels.codes, kind="stable")].tolist() == sorted(texts)


@given(TEXTS, st.lists(st.integers(0, 29)))
def test_some_labels_are_those_of_the_texts(texts, places):
    rows = np.array([place % len(texts) for place in places if texts], np.int64)
    labels = Labels.of(texts)
    assert list(labels.take(rows)) == [texts[row] for row in rows]
    assert labels.are("a").tolist() == [text == "a" for text in texts]
    assert labels.among(["a", "Z", "?"]).tolist() == [text in ("a", "Z") for text in texts]
    names = ["Z", "?", "a"]
    expected = [names.index(text) if text in names else -1 for text in texts]
    assert labels.places_in(names).tolist() == expected


def test_a_column_keeps_what_its_rows_were_given_last():
    column = LabelColumn(5)
    column.fill(np.array([0, 1, 3]), "kept")
    column.fill(np.array([3, 4]), Labels.of(["new", "kept"]))
    assert list(column.of(slice(None))) == ["kept", "kept", "", "new", "kept"]
    assert column.are("kept").tolist() == [True, True, False, False, True]
    assert not column.are("gone").any()
    assert column.of(np.array([3, 0])).names.tolist() == ["kept", "new"]


@given(st.lists(st.tuples(st.sampled_from("XYZ"), st.sampled_from("abc")), unique=True), TEXTS)
def test_series_are_found_by_both_their_ids(known, more):
    asked = [("Y", "c"), ("X", "a"), ("?", "a"), *[("Z", text) for text in more]]

    def ids(pairs):
        return tuple(Labels.of([pair[n] for pair in pairs]) for n in range(2))

    places = find_series(ids(known), ids(asked))
    assert places.tolist() == [known.index(pair) if pair in known else -1 for pair in asked]
