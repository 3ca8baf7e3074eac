"""OMOP in a database: the same history as from files, streamed, and no word of the address in what is said."""

import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from postgres import SECRET
from sqlalchemy import create_engine, text

from features.problems import HistoryError, UsageError
from features.sources.database import open_database
from features.sources.importing import import_history
from features.sources.options import Options
from features.sources.tables import whole
from features.sources.tally import Tally

LARGE = 9_007_199_254_740_993
COLUMNS = {
    "person": "person_id bigint, gender_concept_id integer, year_of_birth integer, birth_datetime timestamp",
    "observation_period": "person_id bigint, observation_period_start_date date, observation_period_end_date date",
    "visit_occurrence": "visit_occurrence_id bigint, person_id bigint, visit_concept_id integer, visit_start_date date, "
    "visit_start_datetime timestamp, visit_end_date date",
    "measurement": "measurement_id bigint, person_id bigint, visit_occurrence_id bigint, measurement_concept_id integer, "
    "measurement_source_value varchar(50), measurement_date date, value_as_number numeric(20, 4), unit_source_value varchar(9)",
}
ROWS = {
    "person": [(1, 8532, 1938, datetime(1938, 7, 14)), (-LARGE, 8507, 1940, None), (LARGE, 8507, 1941, None)],
    "observation_period": [(one, date(2020, 1, 6), date(2022, 5, 2)) for one in (1, -LARGE, LARGE)],
    "visit_occurrence": [
        (7, 1, 9203, date(2021, 3, 1), datetime(2021, 3, 1, 9, 30), date(2021, 3, 1)),
        (LARGE + 1, 1, 9201, date(2021, 3, 1), datetime(2021, 3, 1, 14), date(2021, 3, 4)),
        (9, -LARGE, 9201, date(2749, 3, 1), None, date(2749, 3, 2)),
    ],
    "measurement": [
        (1, 1, LARGE + 1, 0, "29463-7", date(2021, 3, 2), Decimal("61.5"), "kg"),
        (2, LARGE, None, 0, "29463-7", date(2021, 3, 2), Decimal("70"), "kg"),
        (3, LARGE, None, 0, "29463-7", date(2021, 3, 3), None, None),
    ],
}


def fill(address, schema=""):
    """The tables with their rows, as a site would have made them."""
    engine = create_engine(address)
    with engine.begin() as connection:
        for name, columns in COLUMNS.items():
            place = f"{schema}.{name}" if schema else name
            connection.execute(text(f"create table {place} ({columns})"))
            for row in ROWS[name]:
                cells = ", ".join(_cell(one) for one in row)
                connection.execute(text(f"insert into {place} values ({cells})"))
    engine.dispose()


def _cell(value):
    return "null" if value is None else str(value) if isinstance(value, int | Decimal) else f"'{value}'"


def files(folder):
    """The same rows as CSV."""
    folder.mkdir()
    for name, columns in COLUMNS.items():
        heading = ",".join(one.split()[0] for one in columns.replace("(20, 4)", "").split(", "))
        rows = [",".join("" if one is None else str(one) for one in row) for row in ROWS[name]]
        (folder / f"{name}.csv").write_text("\n".join([heading, *rows]) + "\n", encoding="utf-8")
    return folder


def tables(history):
    return {path.stem: pq.read_table(path) for path in history.glob("*.parquet")}


def imported(tmp_path, name, options):
    import_history("omop", tmp_path, tmp_path / name, options)
    return tables(tmp_path / name)


@pytest.fixture
def lite(tmp_path):
    address = f"sqlite:///{tmp_path / 'cdm.db'}"
    fill(address)
    return address


def test_a_database_gives_the_history_of_the_same_rows_in_files(tmp_path, lite):
    import_history("omop", files(tmp_path / "files"), tmp_path / "of_files")
    assert imported(tmp_path, "history", Options(database=lite)) == tables(tmp_path / "of_files")


def test_names_of_tables_and_columns_may_be_in_any_case_and_views_are_tables(tmp_path):
    with closing(sqlite3.connect(tmp_path / "upper.db")) as connection:
        connection.executescript(
            'create table raw ("Person_ID" bigint); insert into raw values (5); create view "PERSON" as select * from raw;'
        )
    with closing(open_database(f"sqlite:///{tmp_path / 'upper.db'}")) as database:
        assert "person" in database
        assert database.columns("person") == {"person_id"}
        read = whole(database, "person", ("person_id", "year_of_birth"), Tally()).table
        assert read.to_pylist() == [{"person_id": "5", "year_of_birth": None}]
        assert whole(database, "person", ("year_of_birth",), Tally()).table.to_pylist() == [{"year_of_birth": None}]
        assert "death" not in database
        assert not len(whole(database, "death", ("person_id",), Tally()))


def test_values_of_several_kinds_in_one_column_are_each_as_they_were(tmp_path):
    with closing(sqlite3.connect(tmp_path / "mixed.db")) as connection:
        connection.execute("create table person (person_id)")
        connection.executemany(
            "insert into person values (?)", [(LARGE,), (2.5,), ("x y",), (b"raw",), (None,), ("NULL",)]
        )
        connection.commit()
    with closing(open_database(f"sqlite:///{tmp_path / 'mixed.db'}")) as database:
        read = whole(database, "person", ("person_id",), Tally()).table["person_id"].to_pylist()
    assert read == [str(LARGE), "2.5", "x y", "raw", None, None]


def test_memory_does_not_grow_with_a_table(tmp_path):
    with closing(sqlite3.connect(tmp_path / "large.db")) as connection:
        connection.execute("create table note (note_id bigint, words text)")
        rows = ((n, f"{n:0100d}") for n in range(400_000))
        connection.executemany("insert into note values (?, ?)", rows)
        connection.commit()
    seen, tally = 0, Tally()
    with closing(open_database(f"sqlite:///{tmp_path / 'large.db'}")) as database:
        tracemalloc.start()
        for batch in database.batches("note", ("note_id", "words"), tally):
            assert batch.first == seen + 1
            seen += len(batch)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert seen == tally.read["note"] == 400_000
    assert peak < 40 << 20, "the table is 60 MiB as Python values"


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (f"sqlite:////no/such/{SECRET}/cdm.db", HistoryError),
        (f"postgresql://reader:{SECRET}@127.0.0.1:1/cdm-{SECRET}", HistoryError),
        (f"nodialect://reader:{SECRET}@127.0.0.1/cdm", UsageError),
        (f"{SECRET} is no address", UsageError),
        (f"mysql+nodriver://reader:{SECRET}@127.0.0.1/cdm", UsageError),
    ],
)
def test_a_database_that_does_not_answer_is_told_without_its_address(tmp_path, address, error):
    if address.startswith("postgresql"):
        pytest.importorskip("psycopg")
    with pytest.raises(error) as caught:
        import_history("omop", tmp_path, tmp_path / "history", Options(database=address))
    assert SECRET not in str(caught.value)
    assert "reader" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert SECRET not in repr(Options(database=address))
    assert not (tmp_path / "history").exists()


def test_a_schema_that_is_not_there_is_named_with_the_nearest(lite):
    with pytest.raises(HistoryError, match="Did you mean 'main'"):
        open_database(lite, "mian")


def test_a_table_that_breaks_off_is_named(tmp_path):
    with closing(sqlite3.connect(tmp_path / "broken.db")) as connection:
        connection.executescript(
            "create table raw (a); create view person as select a as person_id from raw; drop table raw;"
        )
    with pytest.raises(HistoryError, match=r"person.*cannot be read"):
        import_history("omop", tmp_path, tmp_path / "h", Options(database=f"sqlite:///{tmp_path / 'broken.db'}"))


@pytest.fixture(scope="module")
def cdm(postgres_server):
    address = postgres_server.replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text('create schema "CDM"'))
    engine.dispose()
    fill(address, '"CDM"')
    return postgres_server


def test_postgresql_gives_the_same_history_too(tmp_path, cdm):
    import_history("omop", files(tmp_path / "files"), tmp_path / "of_files")
    found = imported(tmp_path, "history", Options(database=cdm, schema="cdm"))
    assert found == tables(tmp_path / "of_files")
    assert found["residents"]["resident_id"].to_pylist() == ["1", str(-LARGE), str(LARGE)]
    assert found["spells"]["spell_id"].to_pylist() == [str(LARGE + 1), "9"]


def test_postgresql_times_with_a_zone_keep_it(cdm):
    engine = create_engine(cdm.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("create view moments as select timestamptz '2021-06-01 10:00+02' as told, "
                                "1e20::float8 as large, 12.50::numeric as price, 300::numeric(9,2) as round, true as yes"))  # fmt: skip
    engine.dispose()
    with closing(open_database(cdm)) as database:
        [row] = whole(database, "moments", ("told", "large", "price", "round", "yes"), Tally()).table.to_pylist()
    told = datetime.fromisoformat(row.pop("told"))
    assert told == datetime(2021, 6, 1, 8, tzinfo=UTC)
    assert row == {"large": "1e+20", "price": "12.50", "round": "300", "yes": "true"}


def test_postgresql_streams_and_reads_one_moment_of_the_database(cdm):
    """What is written while an import runs does not come in by halves."""
    engine = create_engine(cdm.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("create table many as select generate_series(1, 120000) as note_id"))
    with closing(open_database(cdm)) as database:
        batches = database.batches("many", ("note_id",), Tally())
        rows = [len(next(batches))]
        with engine.begin() as connection:
            connection.execute(text("delete from many"))
        rows += [len(batch) for batch in batches]
        assert rows == [50_000, 50_000, 20_000]
        assert len(whole(database, "many", ("note_id",), Tally())) == 120_000
    engine.dispose()


def test_a_wrong_password_is_refused_without_showing_it(tmp_path, cdm):
    wrong = cdm.replace(SECRET, "an-other-word")
    with pytest.raises(HistoryError) as caught:
        import_history("omop", tmp_path, tmp_path / "history", Options(database=wrong))
    assert "cannot be reached" in str(caught.value)
    assert "word" not in str(caught.value).replace("password", "")


def test_a_table_that_may_not_be_read_is_named(tmp_path, cdm):
    engine = create_engine(cdm.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        for command in ("create role other login password 'other-word'", "create schema small",
                        "create table small.person (person_id bigint)", "grant usage on schema small to other"):  # fmt: skip
            connection.execute(text(command))
    engine.dispose()
    other = cdm.replace("reader", "other").replace(SECRET, "other-word")
    with pytest.raises(HistoryError, match=r"person: cannot be read.*InsufficientPrivilege 42501"):
        import_history("omop", tmp_path, tmp_path / "h", Options(database=other, schema="small"))
