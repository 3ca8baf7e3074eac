"""The model page: is it right, is it fair, has anything changed, who decided. No name and no resident."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from models.monitoring.signals import PARTS
from serving import model_view
from serving.model_files import Found, ModelFiles

from ..deps import Refused, Visit, Visiting
from ..later import Later

router = APIRouter(include_in_schema=False)
_MOST_SIGNALS = 20
_NOTHING = "Nothing is kept of the model under that name."


@router.get("/model")
def show(visit: Visiting) -> Response:
    """What was kept of the model in use. Read after the visit is written down: the registry takes a moment."""
    files = _files(visit)
    visit.told("model_seen")
    return Later(lambda: _page(visit, files.read()))


@router.get("/model/plots/{name}.svg")
def plot(visit: Visiting, name: str) -> Response:
    """One picture that training or monitoring drew."""
    files = _files(visit)
    return Later(lambda: Response(_there(files.read().plots().get(name)), media_type="image/svg+xml"))


@router.get("/model/card")
def card(visit: Visiting) -> Response:
    """The whole model card, as a file: it brings styles of its own, which a page of this service does not take."""
    files = _files(visit)
    visit.told("model_card")

    def made() -> Response:
        kept = files.read().kept
        text = _there(kept.card if kept else "")
        return Response(
            text, media_type="text/html", headers={"Content-Disposition": 'attachment; filename="model_card.html"'}
        )

    return Later(made)


def _files(visit: Visit) -> ModelFiles:
    visit.allow("see_model")
    if visit.room.model is None:
        raise Refused(404, "Not found", _NOTHING)
    return visit.room.model


def _there(text: str | None) -> str:
    if not text:
        raise Refused(404, "Not found", _NOTHING)
    return text


def _page(visit: Visit, found: Found) -> Response:
    kept = found.kept
    if kept is None:
        return visit.page("model_none.html", decisions=model_view.decisions(found.versions, ()))
    watched = found.monitored.report if found.monitored else None
    return visit.page(
        "model.html",
        info=kept.info,
        kept=kept,
        short=model_view.in_short(kept),
        right=model_view.right_or_not(kept),
        calibration=model_view.calibration(kept),
        expert=model_view.expert(kept),
        capacities=[
            (view, model_view.LISTS.get(view, view), model_view.capacity(kept, view))
            for view, _ in (kept.evaluation or {}).get("capacity", ())
        ],
        fairness=model_view.fairness(kept),
        monitored=found.monitored,
        looked=[
            (PARTS[one["part"]], one["cannot"] or f"{one['found']} of {one['things']}") for one in watched["looked"]
        ]
        if watched
        else (),
        signals=watched["signals"][:_MOST_SIGNALS] if watched else (),
        more=max(0, len(watched["signals"]) - _MOST_SIGNALS) if watched else 0,
        complete=visit.room.today()
        - timedelta(days=int(kept.info.tags["horizon_days"]) + int(kept.info.tags["delay_days"])),
        decisions=model_view.decisions(found.versions, kept.verdicts),
        failed=model_view.failed(kept.verdicts),
        held=model_view.held(kept.verdicts),
    )
