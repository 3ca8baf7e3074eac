"""What a written history says of health, care and the calendar: figures of residential and nursing homes."""

import numpy as np
import pandas as pd

from .measures import LEARNING, YEAR, Measures


def clinical(m: Measures) -> dict[str, float]:
    """Every figure of this file by name."""
    return _entrants(m) | _deaths(m) | _infections(m) | _now(m) | _contacts(m) | _calendar(m)


def _entrants(m: Measures) -> dict[str, float]:
    """Rates in the first year after moving in, of those who moved in during the period."""
    start, _ = m.period
    came = m.living[m.living["moved_in"] >= start]
    attended = m.place(m.events("ed_attendance"), "time")
    rows = {
        "emergency admissions": (m.emergencies, "admitted_at"),
        "A&E attendances": (attended, "time"),
        "avoidable admissions": (m.emergencies[m.avoidable(m.emergencies)], "admitted_at"),
    }
    out = {}
    for kind in ("residential", "nursing"):
        years = came.loc[came["home_type"] == kind, "years"].clip(upper=1).sum()
        for name, (happened, time) in rows.items():
            new = (happened[time] - happened["moved_in"]).dt.days < 365
            count = (new & (happened["moved_in"] >= start) & (happened["home_type"] == kind)).sum()
            out[f"new entrants: {name}, {kind}"] = count / max(years, 1e-9)
    return out


def _deaths(m: Measures) -> dict[str, float]:
    start, end = m.period
    older = m.living[m.living["home_type"] != LEARNING]
    people = m.residents.merge(older.groupby("resident_id")["moved_in"].min().reset_index(), on="resident_id")
    died = people[(people["died_on"] >= start) & (people["died_on"] < end)]
    in_hospital = m.spells.loc[m.spells["discharge_destination"] == "79", "resident_id"]
    permanent = m.living[(m.living["stay_type"] == "permanent") & (m.living["home_type"] != LEARNING)]
    first = m.stays.groupby("resident_id")["moved_in"].min().rename("first").reset_index()
    cohort = permanent.merge(first, on="resident_id").merge(m.residents, on="resident_id")
    cohort = cohort[(cohort["moved_in"] == cohort["first"]) & (cohort["moved_in"] >= start)]
    cohort = cohort[cohort["moved_in"] < end - pd.Timedelta(days=365)]
    lived = (cohort["died_on"] - cohort["moved_in"]).dt.days
    left = cohort["moved_out"].notna() & cohort["died_on"].isna()
    return {
        "deaths in the home": float((~died["resident_id"].isin(in_hospital)).mean()),
        "alive a year after moving in": float(((lived >= 365) | lived.isna())[~left].mean()),
    }


def _infections(m: Measures) -> dict[str, float]:
    older = m.years("residential", "nursing")
    out = {}
    for name, code in (("urine", "uti"), ("chest", "chest_infection")):
        rows = m.place(m.events(code), "time")
        out[f"{name} infections treated in the home"] = (rows["home_type"] != LEARNING).sum() / older
    now = m.now()
    catheter = m.last("catheter", now)
    with_one = now["resident_id"].isin(catheter.index[catheter > 0])
    courses = m.place(m.events("antibiotic"), "time")
    recent = courses[courses["time"] >= m.period[1] - pd.Timedelta(days=365)]
    each = now["resident_id"].map(recent.groupby("resident_id").size()).fillna(0)
    out["antibiotics with a catheter over without"] = float(each[with_one].mean() / each[~with_one].mean())
    return out


def _now(m: Measures) -> dict[str, float]:
    """Who lives in older people's homes at the end of the period."""
    now = m.now()
    frailty = m.last("cfs", now).round()
    return {f"Clinical Frailty Scale {level}": float((frailty == level).mean()) for level in (6, 7, 8)} | {
        "pressure ulcer": m.flagged("pressure_ulcer", now[now["home_id"].isin(m.digital)]),
        "end-of-life register": m.flagged("end_of_life_register", now),
        "advance care plan": m.ever("advance_care_plan", now),
        "residents of 85 and over": float((now["age"] >= 85)[now["age"] >= 65].mean()),
        "White": float(now["ethnicity"].dropna().str.startswith("White").mean()),
        "residents per home, learning disability": m.per_home(LEARNING),
    }


def _contacts(m: Measures) -> dict[str, float]:
    out = {}
    for name, code in (("GP contacts", "gp_contact"), ("home round reviews", "home_round_review")):
        rows = m.place(m.events(code), "time")
        out[name] = (rows["home_type"] != LEARNING).sum() / m.years("residential", "nursing")
    return out


def _calendar(m: Measures) -> dict[str, float]:
    """By day, hour and season, in London."""
    when = m.emergencies["admitted_at"].dt.tz_localize("UTC").dt.tz_convert("Europe/London")
    by_day = np.bincount(when.dt.day_of_week, minlength=7) / len(when)
    by_hour = np.bincount(when.dt.hour, minlength=24)
    four = [by_hour.take(range(h, h + 4), mode="wrap").sum() for h in range(24)]
    chest = m.emergencies["primary_diagnosis"].fillna("").str.match(r"J1[2-8]|J2[0-2]")
    start, end = m.period
    whole_years = (end - start).days // int(YEAR)
    days = pd.date_range(start, periods=round(whole_years * YEAR), freq="D")
    inside = chest & (m.emergencies["admitted_at"] < days[-1] + pd.Timedelta(days=1)) if whole_years else chest
    months = when[inside].dt.month
    share = days.month.isin((12, 1)).mean() if whole_years else np.nan
    return {
        "Monday admissions over an average day": float(7 * by_day[0]),
        "weekend admissions over an average day": float(3.5 * (by_day[5] + by_day[6])),
        "start of the busiest four hours": float(np.argmax(four)),
        "chest admissions in December and January over the mean": float(months.isin((12, 1)).mean() / share),
    }
