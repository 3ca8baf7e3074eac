"""The distinct words of a column, however its rows lie in memory."""

import pyarrow as pa
import pytest

from features._hashing import dictionary

WORDS = [["fall", None, "news2"], [], ["news2", "pain"], [None], ["fall", "weight_kg", "pain"]]
ROWS = [word for chunk in WORDS for word in chunk]
PLAIN = pa.chunked_array([pa.array(chunk, pa.string()) for chunk in WORDS])


@pytest.mark.parametrize(
    "values",
    [
        PLAIN,
        PLAIN.dictionary_encode(),
        pa.chunked_array([chunk.dictionary_encode() for chunk in PLAIN.chunks]),  # each chunk has words of its own
        PLAIN.combine_chunks(),
        PLAIN.combine_chunks().dictionary_encode(),
        PLAIN.slice(0, 3),
    ],
)
def test_every_row_has_its_word_and_every_word_is_there_once(values):
    words, at = dictionary(values)
    assert [*words.to_pylist(), None] == [*dict.fromkeys(word for word in ROWS[: len(values)] if word), None]
    assert [[*words.to_pylist(), None][i] for i in at] == values.to_pylist() == ROWS[: len(values)]


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_without_a_row_there_is_no_word(kind):
    for values in (pa.chunked_array([], kind), pa.chunked_array([pa.array([], kind)])):
        words, at = dictionary(values)
        assert (len(words), len(at)) == (0, 0)
