"""What a written history says: rates computed from its tables alone."""

from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

YEAR = 365.25
_CODING_DAYS = 70  # admissions of the last weeks are not coded yet
_GROUPS = {
    "pneumonia": r"J1[2-8]", "urine infection": r"N390", "fractures": r"S[0-9][238]|T0[2358]|T1[02]",
    "acute chest infection": r"J2[0-2]", "aspiration": r"J69", "COPD": r"J4[0-4]", "intestinal infection": r"A0[2-9]",
    "diabetes": r"E1[0-4]", "food and drink": r"R63[0-4680]", "pressure sores": r"L89",
}  # fmt: skip


class Measures:
    """Reads a history once; older people's homes are residential and nursing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.homes = self._read("homes")
        self.residents = self._read("residents")
        self.spells = self._read("spells")
        self.stays = self._read("stays")

    def _read(self, table: str) -> pd.DataFrame:
        frame = pq.read_table(self.root / f"{table}.parquet").to_pandas()
        for name in frame.columns[frame.dtypes.astype(str).str.startswith("datetime64")]:
            frame[name] = frame[name].dt.tz_localize(None)
        return frame

    @cached_property
    def period(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """From the first care record to the time from which admissions are not coded yet."""
        events = ds.dataset(self.root / "events.parquet")
        observed = events.to_table(columns=["time"], filter=ds.field("code") == "fluid_intake_ml")["time"]
        ends = pc.min_max(observed)
        first, last = (pd.Timestamp(ends[k].as_py()).tz_localize(None) for k in ("min", "max"))
        return first.normalize(), last.normalize() - pd.Timedelta(days=_CODING_DAYS)

    def figures(self) -> dict[str, float]:
        """Every figure by name."""
        return self._admissions() | self._care() | self._people() | self._causes() | self._outcomes()

    # person-time ------------------------------------------------------------------------------------------

    @cached_property
    def living(self) -> pd.DataFrame:
        """Stays within the period with their home's type and length in years."""
        start, end = self.period
        stays = self.stays.merge(self.homes[["home_id", "home_type"]], on="home_id")
        left = stays["moved_out"].fillna(end)
        left = left.where(left < end, end)
        came = stays["moved_in"].where(stays["moved_in"] > start, start)
        stays["years"] = (left - came).dt.total_seconds() / 86400 / YEAR
        return stays[stays["years"] > 0].reset_index(drop=True)

    def years(self, *kinds: str) -> float:
        return float(self.living.loc[self.living["home_type"].isin(kinds), "years"].sum())

    def _place(self, frame: pd.DataFrame, time: str) -> pd.DataFrame:
        """Rows with the stay (moved_in, home_type) that the resident was in at that time; others are left out."""
        stays = self.living[["resident_id", "moved_in", "moved_out", "home_type"]]
        rows = frame.merge(stays, on="resident_id")
        start, end = self.period
        inside = (rows[time] >= rows["moved_in"]) & ~(rows[time] > rows["moved_out"])
        return rows[inside & (rows[time] >= start) & (rows[time] < end)]

    @cached_property
    def emergencies(self) -> pd.DataFrame:
        """Emergency spells of the period while living in an older people's home, transfers left out."""
        spells = self.spells[self.spells["admission_method"].str.match(r"2[^B]")]
        placed = self._place(spells, "admitted_at")
        return placed[placed["home_type"] != "learning_disability"]

    def _by_type(self, rows: pd.DataFrame, name: str) -> dict[str, float]:
        return {
            f"{name}, {kind}": len(rows[rows["home_type"] == kind]) / max(self.years(kind), 1e-9)
            for kind in ("residential", "nursing")
        }

    # figures ----------------------------------------------------------------------------------------------

    def _admissions(self) -> dict[str, float]:
        ea = self.emergencies
        attended = self._place(self._events("ed_attendance"), "time")
        older = self.years("residential", "nursing")
        first_year = self.living[self.living["moved_in"] >= self.period[0]]
        first_year = first_year[first_year["home_type"] != "learning_disability"]
        since = (ea["admitted_at"] - ea["moved_in"]).dt.days
        newly = ea[(since < 365) & (ea["moved_in"] >= self.period[0])]
        entrant_rate = len(newly) / max(first_year["years"].clip(upper=1).sum(), 1e-9)
        return (
            self._by_type(ea, "emergency admissions")
            | self._by_type(attended, "A&E attendances")
            | {
                "potentially avoidable share": float(self._avoidable(ea).mean()),
                "new entrants over all residents": entrant_rate / (len(ea) / max(older, 1e-9)),
                "length of an emergency stay": float(self._nights(ea).mean()),
                "emergency stays without a night": float((self._nights(ea) < 1).mean()),
                "emergency readmission within 30 days": self._readmitted(),
            }
        )

    @staticmethod
    def _avoidable(spells: pd.DataFrame) -> pd.Series:
        return spells["primary_diagnosis"].fillna("").str.match("|".join(_GROUPS.values()))

    @staticmethod
    def _nights(spells: pd.DataFrame) -> pd.Series:
        return (spells["discharged_at"].dt.normalize() - spells["admitted_at"].dt.normalize()).dt.days

    def _readmitted(self) -> float:
        ea = self.emergencies.sort_values(["resident_id", "admitted_at"])
        home = ea[ea["discharge_destination"] != "79"]
        following = ea.groupby("resident_id")["admitted_at"].shift(-1).loc[home.index]
        gap = (following - home["discharged_at"]).dt.total_seconds() / 86400
        return float((gap < 30).mean())

    def _causes(self) -> dict[str, float]:
        codes = self.emergencies["primary_diagnosis"].fillna("")
        codes = codes[codes.str.match("|".join(_GROUPS.values()))]
        return {f"{name} within avoidable": float(codes.str.match(p).mean()) for name, p in _GROUPS.items()}

    def _outcomes(self) -> dict[str, float]:
        start, end = self.period
        ea = self.emergencies
        older = self.living[self.living["home_type"] != "learning_disability"]
        died = self.residents.merge(older.drop_duplicates("resident_id")[["resident_id"]], on="resident_id")
        died = died[(died["died_on"] >= start) & (died["died_on"] < end)]
        last_week = ea.merge(died[["resident_id", "died_on"]], on="resident_id", how="left")
        near = (last_week["died_on"] - last_week["admitted_at"]).dt.total_seconds() < 7 * 86400
        return {
            "deaths": len(died) / self.years("residential", "nursing"),
            "admissions in the last week of life": float(near.mean()),
            "avoidable admission within 28 days": self._within(older, ea[self._avoidable(ea)]),
        }

    def _within(self, stays: pd.DataFrame, spells: pd.DataFrame) -> float:
        """Share of residents with such an admission in 28 days, over every fourth Monday."""
        start, end = self.period
        asked = happened = 0
        for as_of in pd.date_range(start, end - pd.Timedelta(days=28), freq="28D"):
            there = set(stays.loc[(stays["moved_in"] < as_of) & ~(stays["moved_out"] <= as_of), "resident_id"])
            soon = (spells["admitted_at"] >= as_of) & (spells["admitted_at"] < as_of + pd.Timedelta(days=28))
            asked += len(there)
            happened += len(there & set(spells.loc[soon, "resident_id"]))
        return happened / max(asked, 1)

    def _events(self, *codes: str) -> pd.DataFrame:
        """First versions of events of these codes, retracted ones left out."""
        keep = ds.field("code").isin(codes) & ~ds.field("retracted")
        table = ds.dataset(self.root / "events.parquet").to_table(
            columns=["resident_id", "time", "code", "value"], filter=keep
        )
        frame = table.to_pandas().drop_duplicates(["resident_id", "time", "code"])
        frame["time"] = frame["time"].dt.tz_localize(None)
        return frame

    def _care(self) -> dict[str, float]:
        older = self.years("residential", "nursing")
        out = {}
        for name, code in (("falls", "fall"), ("antibiotic courses", "antibiotic")):
            rows = self._place(self._events(code), "time")
            out[name] = len(rows[rows["home_type"] != "learning_disability"]) / older
        start, end = self.period
        when = ds.dataset(self.root / "events.parquet").to_table(columns=["time"])["time"].to_numpy()
        inside = ((when >= np.datetime64(start)) & (when < np.datetime64(end))).sum()
        out["events"] = float(inside) / (older + self.years("learning_disability"))
        return out

    def _people(self) -> dict[str, float]:
        """Who lives in older people's homes at the end of the period."""
        _, end = self.period
        now = self.living[~(self.living["moved_out"] < end) & (self.living["moved_in"] < end)]
        now = now.drop_duplicates("resident_id", keep="last").merge(self.residents, on="resident_id")
        now["age"] = (end - pd.to_datetime(now["date_of_birth"])).dt.days / YEAR
        older = now[now["home_type"] != "learning_disability"]
        out = {"dementia": self._ever("dementia", older), "urinary catheter": self._flagged("catheter", older)}
        counted = self._last("medicine_count", older)
        out["regular medicines"] = float(counted.mean())
        for kind in ("residential", "nursing"):
            here = now[now["home_type"] == kind]
            out[f"age, {kind}"] = float(here["age"].mean())
            out[f"women, {kind}"] = float((here["sex"] == "F").mean())
            out[f"residents per home, {kind}"] = len(here) / max((self.homes["home_type"] == kind).sum(), 1)
        return out

    def _last(self, code: str, people: pd.DataFrame) -> pd.Series:
        """The last value of a code before the end of the period for these people."""
        rows = self._events(code)
        rows = rows[rows["resident_id"].isin(people["resident_id"]) & (rows["time"] < self.period[1])]
        return rows.sort_values("time").groupby("resident_id")["value"].last()

    def _flagged(self, code: str, people: pd.DataFrame) -> float:
        return float((self._last(code, people) > 0).sum() / max(len(people), 1))

    def _ever(self, code: str, people: pd.DataFrame) -> float:
        return float(people["resident_id"].isin(self._events(code)["resident_id"]).mean())
