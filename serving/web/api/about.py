"""Who is signed in, and the document that says what there is."""

from typing import Any

from serving.access import PERMISSIONS, may

from ..deps import Visiting
from .common import Problem, new_router
from .models import Me

router = new_router()


@router.get("/me")
def me(visit: Visiting) -> Me:
    """Who is signed in, for whom, and the token for what they send."""
    viewer = visit.viewer
    return Me(
        name=viewer.name,
        role=viewer.role,
        permissions=[one for one in PERMISSIONS if may(viewer, one)],
        practices=sorted(viewer.scope.practices),
        teams=sorted(viewer.scope.teams),
        homes=sorted(viewer.scope.homes),
        csrf=visit.signed_in.csrf_token,
    )


@router.get("/openapi.json", include_in_schema=False)
def openapi(visit: Visiting) -> dict[str, Any]:
    """The OpenAPI document, for whoever is signed in."""
    document: dict[str, Any] = visit.request.app.openapi()
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    return document
