"""Training as plain functions over paths: plan, build the labelled matrix, fit and register. See retrain.py."""

import io
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from features.build import Prepared, matrix_of, panel_of, prepare
from features.catalogue import catalogue
from features.cohort import Panel
from features.feeds import sources_of
from features.history import digest
from features.matrix import Matrix, as_of_days
from features.measures import Measure, Stat
from features.problems import UsageError
from features.store.layout import read_layout
from features.subgroups import subgroups_in
from features.truncate import recorded_before
from features.visibility import micros
from models import registry
from models.baselines import Baselines
from models.card import Basis, Card, card_of, counted
from models.compare import shares_present
from models.exposed import ExposedRow, exposed_rows, warnings
from models.fairness import FairnessRow, fairness_of
from models.fairness_words import flags, looked_at
from models.fit import panel, text_column
from models.judged import Judged
from models.leak import leak_signs, refuse
from models.outcome_study import OutcomeStudy
from models.plots.draw import write_rows
from models.plots.evaluation import write_plots
from models.plots.fairness import write_fairness
from models.plots.shap import write_shap_plots
from models.shap_bins import Explained, explained
from models.train import Trained, rows_judged, train

from . import lawful, plain
from .code import code_digest
from .in_use import features_mark
from .progress import say
from .settings import Settings, load
from .shield import Job, job_key, seal_folder, write_json
from .steps_common import before_day, existing, last_covered_monday, opened, sources_checked
from .steps_exposure import exposed, lists_digest
from .steps_outcomes import study, wanted_way, write_study
from .steps_promote import LATEST, MATRIX, RULE_FEATURE, Decision, gather, judge, settle, summary
from .train_apart import matrix_apart
from .training_rows import TrainingRows, labelled_rows, latest_monday, training_mondays

MATRIX_KEY = ("history_digest", "lists_digest", "settings_digest", "code", "until", "outcome", "horizon_days")
FIT_KEY = (*MATRIX_KEY, "holdout_share", "small_numbers", "outcomes", "tune")
BASELINES = Baselines(
    prior_admissions=RULE_FEATURE,
    frailty="cfs_last",
    logistic=("age", "emergency_admission_count_364", "cfs_last", "fall_count_91", "infection_count_91", "bed_days_91"),
    age_and_use=(
        "age", "emergency_admission_count_91", "emergency_admission_count_364", "emergency_admission_since",
        "avoidable_admission_count_364", "ed_attendance_count_91", "ed_attendance_count_364",
        "ambulance_callout_count_91", "ambulance_callout_count_364", "bed_days_364",
    ),
)  # fmt: skip


def plan_training(job: Job) -> Job:
    """Everything that decides a model, as text. `until` is the last day whose recordings may be used: by default the
    Sunday before the latest Monday covered, so that the model may make that Monday's lists."""
    settings = load(job["settings"])
    history = existing(job["history"] or settings.paths.history)
    until = a_day(job["until"]) if job["until"] else last_covered_monday(history, settings) - timedelta(days=1)
    return job | {
        "history": str(history),
        "history_digest": digest(history),
        "lists_digest": lists_digest(settings, until),
        "settings_digest": settings.digest(),
        "code": code_digest(),
        "until": until.isoformat(),
        "outcome": job["outcome"] or settings.model.outcome,
        "horizon_days": job["horizon_days"] or str(settings.model.horizon_days),
        "small_numbers": plain.small_numbers(settings).said(),
        "outcomes": wanted_way(job.get("outcomes", "")),
        "tune": job.get("tune") or str(settings.tuning.trials),
    }


def a_day(text: str) -> date:
    """Raises UsageError that says how a date is written."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date: write 2026-11-15") from None


def matrix_folder(job: Mapping[str, str]) -> Path:
    return Path(job["work"]) / "train" / job["until"] / job_key(job, MATRIX_KEY)


def build_matrix(job: Job, checked: Mapping[str, Any]) -> dict[str, Any]:
    """Write the labelled matrix of the training weeks, and that of the latest Monday, whose outcome is not known yet;
    counts of rows, outcomes and uncoded admissions.

    A history in blocks is read locality by locality; what must be in memory is the matrix.
    """
    folder = matrix_folder(job)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if read_layout(Path(job["history"])):
        rows = matrix_apart(job, sources_checked(checked), folder)
    else:
        rows = _matrix_at_once(job)
    rows.labelled.write(folder / MATRIX)
    rows.latest.write(folder / LATEST)
    counts = {"rows": len(rows.labelled), "warnings": checked["warnings"], **rows.counts}
    write_json(folder / "counts.json", counts)
    seal_folder(folder)
    return {"folder": str(folder), **counts}


def _matrix_at_once(job: Job) -> TrainingRows:
    """As `matrix_apart`, of a history that is in memory as a whole."""
    settings = load(job["settings"])
    prepared, panel, objections = training_panel(job, settings, settings.model.training_weeks)
    say("building the labelled matrix")
    labelled, counts = labelled_rows(job, settings, prepared, panel)
    labelled = exposed(job, settings, lambda _: prepared.history, labelled)
    latest = panel_of(prepared, (latest_monday(job),), grace=settings.model.grace, objections=objections)
    return TrainingRows(labelled, matrix_of(prepared, latest), counts)


def training_panel(job: Job, settings: Settings, weeks: int) -> tuple[Prepared, Panel, frozenset[str]]:
    """The residents of the latest `weeks` Mondays that may be learnt from, by what was recorded up to `until`, and the
    kinds of objection that are honoured.

    Raises HeldBack for a source that may not be used to develop a model; objections to that are honoured.
    """
    say("reading the history")
    until = date.fromisoformat(job["until"])
    whole_history = opened(job, settings)
    objections = lawful.require(settings.lawful_use, sources_of(whole_history), "model_development", until)
    history = recorded_before(whole_history, before_day(until))
    say("sorting the records")
    prepared = prepare(history, job["outcome"])
    as_ofs = training_mondays(job, settings, micros(history["spells"]["admitted_at"]), weeks)
    return prepared, panel_of(prepared, as_ofs, grace=settings.model.grace, objections=objections), objections


def fit_model(job: Job, built: Mapping[str, Any]) -> dict[str, Any]:
    """Fit, calibrate, judge, refit and register; the version and the figures that matter."""
    settings = load(job["settings"])
    matrix = Matrix.read(Path(built["folder"]) / MATRIX)
    wanted = catalogue()
    done = train(
        matrix,
        groups=wanted.groups,
        monotone=wanted.monotone,
        horizon_days=int(job["horizon_days"]),
        delay_days=settings.model.coding_delay_days,
        until=date.fromisoformat(job["until"]),
        capacity=plain.capacity(settings),
        truth=truth_of(job),
        params=plain.params(settings),
        search=plain.search(settings, int(job["tune"])),
        baselines=BASELINES,
        outcome=job["outcome"],
        feature_fingerprint=features_mark(),
        test_weeks=settings.model.test_weeks,
        calibrate_weeks=settings.model.calibrate_weeks,
        seed=settings.model.seed,
        holdout_share=float(job["holdout_share"] or 0),
        progress=say,
    )
    data = panel(matrix)
    signs = leak_signs(
        data,
        data.mask(done.split.test),
        done.evaluation,
        lasting=[name for name, measure in wanted.only(Measure) if measure.stat is Stat.EVER],
        past=_past(wanted.names, int(job["horizon_days"])),
        limit=settings.model.plausible_auroc,
    )
    refuse(signs)
    judged = rows_judged(matrix, done, settings.model.seed)
    fairness = _fairness(settings, judged)
    apart = exposed_rows(judged, plain.small_numbers(settings))
    outcomes = study(job, settings, matrix, done, wanted) if job["outcomes"] else None
    card = _card(job, settings, matrix, done, fairness=fairness, study=outcomes, uncoded=int(built["uncoded"]))
    info = _registered(job, settings, matrix, done, card, apart)
    verdict = _judged(Path(built["folder"]), settings, info.version, latest_monday(job))
    alias = ", ".join(registry.find(settings.paths.runs, info.version, name=settings.model.name).aliases)
    told: dict[str, Any] = {"verdict": verdict, "fairness": looked_at(fairness), "flagged": list(flags(fairness))}
    told["exposed"] = list(warnings(apart))
    if outcomes:
        told["outcomes_judged"] = len({figure.asked for figure in outcomes.figures})
    return {"version": info.version, "alias": alias, "until": job["until"], **_figures(done), **told}


def _judged(folder: Path, settings: Settings, version: int, on: date) -> dict[str, Any]:
    """The new version's verdict, recorded. Where no model is in use, one that passes is put to use."""
    evidence = gather(folder, settings, version)
    verdict = judge(evidence, settings, on)
    first = evidence.comparison.in_use is None
    decision = Decision("homeround train", "the first model, and it holds every criterion")
    outcome = settle(settings, evidence, verdict, decision if first and verdict.passed else None, on)
    return summary(evidence, verdict, outcome)


def _past(names: Sequence[str], horizon: int) -> str:
    """The count of emergency admissions whose span before t is nearest to the horizon after it."""
    counts = [name for name in names if name.startswith("emergency_admission_count_")]
    return min(counts, key=lambda name: abs(int(name.rsplit("_", 1)[-1]) - horizon))


def truth_of(job: Mapping[str, str]) -> pa.Table | None:
    """The true risks of an invented history, where it has them for this very outcome."""
    path = Path(job["history"]) / "truth.parquet"
    column = {"iau_2019": "risk", "all_emergency": "risk_any"}.get(job["outcome"])
    if not path.is_file() or column is None or job["horizon_days"] != "28":
        return None
    truth = pq.read_table(path)
    return pa.table({name: truth[name] for name in ("resident_id", "as_of")} | {"risk": truth[column]})


def _card(
    job: Job,
    settings: Settings,
    matrix: Matrix,
    done: Trained,
    *,
    fairness: tuple[FairnessRow, ...],
    study: OutcomeStudy | None,
    uncoded: int,
) -> Card:
    return card_of(
        done.model,
        done.evaluation,
        name=settings.model.name,
        code_version=job["code"][:12],
        history_digest=job["history_digest"],
        synthetic=(Path(job["history"]) / "truth.parquet").is_file(),
        counted=counted(matrix, done.split, done.refit, uncoded),
        fairness=fairness,
        small_numbers=plain.small_numbers(settings),
        study=study,
        tuned=done.tuned,
        policy=plain.policy(settings),
        monitoring=plain.monitoring_rules(settings),
        basis=tuple(
            Basis(use.controller, use.basis, use.reference, use.sources, use.objections)
            for use in settings.lawful_use
            if use.purpose == "model_development"
        ),
        statements=plain.statements(settings),
    )


def _registered(
    job: Job, settings: Settings, matrix: Matrix, done: Trained, card: Card, apart: tuple[ExposedRow, ...]
) -> registry.LoadedInfo:
    name, code = settings.model.name, job["code"]
    data = registry.TrainingData(
        job["history_digest"], done.model.rows, done.model.events, dict.fromkeys(matrix.names, "float")
    )
    # MLflow announces every version on standard error; we say it ourselves.
    with tempfile.TemporaryDirectory() as plots, redirect_stderr(io.StringIO()):
        write_plots(done.evaluation, plots)
        write_shap_plots(_explained(matrix, done, settings.model.seed), plots)
        write_fairness(card.fairness, plain.small_numbers(settings), plots)
        if apart:
            write_rows(Path(plots) / "exposed.csv", ExposedRow, apart)
        if card.study:
            write_study(card.study, Path(plots))
        return registry.log_training(
            settings.paths.runs,
            done.model,
            done.evaluation,
            data,
            judged=done.judged,
            present=shares_present(matrix, panel(matrix).mask(done.refit.fit)),
            plots=Path(plots),
            card=card,
            code_version=code[:12],
            tags={"training": job_key(job, FIT_KEY)},
            tuned=done.tuned,
            name=name,
        )


def _explained(matrix: Matrix, done: Trained, seed: int) -> Explained:
    """The judged model on its test weeks, as its importances are."""
    data = panel(matrix)
    test = matrix.take(data.mask(done.split.test))
    who, home = text_column(test, "resident_id"), text_column(test, "home_id")
    return explained(done.judged, test.X, who, home, as_of_days(test.rows), seed)


def _fairness(settings: Settings, judged: Judged) -> tuple[FairnessRow, ...]:
    """The judged model by group of residents; small numbers are hidden already."""
    say("looking at groups of residents")
    groups = subgroups_in(judged.matrix.rows)
    return fairness_of(judged, groups, plain.capacity(settings), rules=plain.small_numbers(settings))


def _figures(done: Trained) -> dict[str, Any]:
    found = done.evaluation
    figures = {
        "auroc": ("auroc", "model", "all"),
        "auroc_prior_admissions": ("auroc", "prior_admissions", "all"),
        "auroc_frailty": ("auroc", "frailty", "all"),
        "auroc_logistic": ("auroc", "logistic", "all"),
        "auprc": ("auprc", "model", "all"),
        "prevalence": ("prevalence", "model", "all"),
        "calibration_slope": ("calibration_slope", "model", "all"),
        "skill_of_oracle": ("skill", "model", "all"),
        "ppv_mdt": ("ppv", "model", "pcn"),
        "sensitivity_mdt": ("sensitivity", "model", "pcn"),
    }
    known = {key: found.get(*which).value for key, which in figures.items() if found.has(*which)}
    rounded = {key: round(value, 4) for key, value in known.items() if value == value}
    weeks = f"{done.split.test[0]} to {done.split.test[-1]}"
    searched = {"trials": len(done.tuned.trials), "tuned_used": done.tuned.kept} if done.tuned else {}
    return {"rows": done.model.rows, "events": done.model.events, "judged_on": weeks, **rounded,
            "leak_suspected": found.leak_suspected, **searched}  # fmt: skip


def registered_version(job: Mapping[str, str]) -> int | None:
    """The version that this very training has already made, if the registry still holds it."""
    settings = load(job["settings"])
    mark = job_key(job, FIT_KEY)
    held = registry.versions(settings.paths.runs, name=settings.model.name)
    return max((info.version for info in held if info.tags.get("training") == mark), default=None)
