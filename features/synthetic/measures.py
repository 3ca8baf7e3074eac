"""What a written history says: rates computed from its tables alone."""

from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds

from ..datasets import files_of

YEAR = 365.25
LEARNING = "learning_disability"
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
        frame = ds.dataset(files_of(self.root, table)).to_table().to_pandas()
        for name in frame.columns[frame.dtypes.astype(str).str.startswith("datetime64")]:
            frame[name] = frame[name].dt.tz_localize(None)
        return frame

    @cached_property
    def period(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """From the first care record to the time from which admissions are not coded yet."""
        events = ds.dataset(files_of(self.root, "events"))
        observed = events.to_table(columns=["time"], filter=ds.field("code") == "fluid_intake_ml")["time"]
        ends = pc.min_max(observed)
        first, last = (pd.Timestamp(ends[k].as_py()).tz_localize(None) for k in ("min", "max"))
        return first.normalize(), last.normalize() - pd.Timedelta(days=_CODING_DAYS)

    def figures(self) -> dict[str, float]:
        """Admissions, care, people and causes by name; `measures_clinical.clinical` has the others."""
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

    def place(self, frame: pd.DataFrame, time: str) -> pd.DataFrame:
        """Rows with the stay (moved_in, home_type) that the resident was in at that time; others are left out."""
        stays = self.living[["resident_id", "moved_in", "moved_out", "home_id", "home_type"]]
        rows = frame.merge(stays, on="resident_id")
        start, end = self.period
        inside = (rows[time] >= rows["moved_in"]) & ~(rows[time] > rows["moved_out"])
        return rows[inside & (rows[time] >= start) & (rows[time] < end)]

    @cached_property
    def emergencies(self) -> pd.DataFrame:
        """Emergency spells of the period while living in an older people's home, transfers left out."""
        spells = self.spells[self.spells["admission_method"].str.match(r"2[^B]")]
        placed = self.place(spells, "admitted_at")
        return placed[placed["home_type"] != LEARNING]

    def _by_type(self, rows: pd.DataFrame, name: str) -> dict[str, float]:
        return {
            f"{name}, {kind}": len(rows[rows["home_type"] == kind]) / max(self.years(kind), 1e-9)
            for kind in ("residential", "nursing")
        }

    # figures ----------------------------------------------------------------------------------------------

    def _admissions(self) -> dict[str, float]:
        ea = self.emergencies
        attended = self.place(self.events("ed_attendance"), "time")
        return (
            self._by_type(ea, "emergency admissions")
            | self._by_type(attended, "A&E attendances")
            | {
                "potentially avoidable share": float(self.avoidable(ea).mean()),
                "length of an emergency stay": float(self.nights(ea).mean()),
                "median length of an emergency stay": float(self.nights(ea).median()),
                "emergency stays without a night": float((self.nights(ea) < 1).mean()),
                "emergency readmission within 30 days": self._readmitted(),
            }
        )

    @staticmethod
    def avoidable(spells: pd.DataFrame) -> pd.Series:
        return spells["primary_diagnosis"].fillna("").str.match("|".join(_GROUPS.values()))

    @staticmethod
    def nights(spells: pd.DataFrame) -> pd.Series:
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
        older = self.living[self.living["home_type"] != LEARNING]
        died = self.residents.merge(older.drop_duplicates("resident_id")[["resident_id"]], on="resident_id")
        died = died[(died["died_on"] >= start) & (died["died_on"] < end)]
        last_week = ea.merge(died[["resident_id", "died_on"]], on="resident_id", how="left")
        near = (last_week["died_on"] - last_week["admitted_at"]).dt.total_seconds() < 7 * 86400
        return {
            "deaths": len(died) / self.years("residential", "nursing"),
            "admissions in the last week of life": float(near.mean()),
            "avoidable admission within 28 days": self._within(older, ea[self.avoidable(ea)]),
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

    @cache  # noqa: B019  # a Measures lives as long as its figures are wanted
    def events(self, *codes: str) -> pd.DataFrame:
        """First versions of events of these codes, retracted ones left out."""
        keep = ds.field("code").isin(codes) & ~ds.field("retracted")
        table = ds.dataset(files_of(self.root, "events")).to_table(
            columns=["resident_id", "time", "code", "value"], filter=keep
        )
        frame = table.to_pandas().drop_duplicates(["resident_id", "time", "code"])
        frame["time"] = frame["time"].dt.tz_localize(None)
        return frame

    @cached_property
    def digital(self) -> pd.Index:
        """Homes that send a digital care record: everybody is weighed there."""
        return pd.Index(self.place(self.events("weight_kg"), "time")["home_id"].unique())

    def _care(self) -> dict[str, float]:
        older = self.years("residential", "nursing")
        courses = self.place(self.events("antibiotic"), "time")
        falls = self.place(self.events("fall"), "time")
        sending = self.living[self.living["home_id"].isin(self.digital) & (self.living["home_type"] != LEARNING)]
        fallen = falls["home_id"].isin(self.digital) & (falls["home_type"] != LEARNING)
        out = {
            "antibiotic courses": (courses["home_type"] != LEARNING).sum() / older,
            "falls": fallen.sum() / sending["years"].sum(),
        }
        start, end = self.period
        when = ds.dataset(files_of(self.root, "events")).to_table(columns=["time"])["time"].to_numpy()
        inside = ((when >= np.datetime64(start)) & (when < np.datetime64(end))).sum()
        out["events"] = float(inside) / (older + self.years(LEARNING))
        return out

    def now(self) -> pd.DataFrame:
        """Who lives in older people's homes at the end of the period, with their age."""
        return self.everyone()[self.everyone()["home_type"] != LEARNING]

    @cache  # noqa: B019
    def everyone(self) -> pd.DataFrame:
        """Who lives in any home at the end of the period, with their age."""
        _, end = self.period
        now = self.living[~(self.living["moved_out"] < end) & (self.living["moved_in"] < end)]
        now = now.drop_duplicates("resident_id", keep="last").merge(self.residents, on="resident_id")
        now["age"] = (end - pd.to_datetime(now["date_of_birth"])).dt.days / YEAR
        return now

    def per_home(self, kind: str) -> float:
        """Residents at the end of the period over homes of a type."""
        return (self.everyone()["home_type"] == kind).sum() / max((self.homes["home_type"] == kind).sum(), 1)

    def _people(self) -> dict[str, float]:
        older = self.now()
        out = {"dementia": self.ever("dementia", older), "urinary catheter": self.flagged("catheter", older)}
        out["regular medicines"] = float(self.last("medicine_count", older).mean())
        for kind in ("residential", "nursing"):
            here = older[older["home_type"] == kind]
            out[f"age, {kind}"] = float(here["age"].mean())
            out[f"women, {kind}"] = float((here["sex"] == "F").mean())
            out[f"residents per home, {kind}"] = self.per_home(kind)
        return out

    def last(self, code: str, people: pd.DataFrame) -> pd.Series:
        """The last value of a code before the end of the period for these people."""
        rows = self.events(code)
        rows = rows[rows["resident_id"].isin(people["resident_id"]) & (rows["time"] < self.period[1])]
        return rows.sort_values("time").groupby("resident_id")["value"].last()

    def flagged(self, code: str, people: pd.DataFrame) -> float:
        return float((self.last(code, people) > 0).sum() / max(len(people), 1))

    def ever(self, code: str, people: pd.DataFrame) -> float:
        return float(people["resident_id"].isin(self.events(code)["resident_id"]).mean())
