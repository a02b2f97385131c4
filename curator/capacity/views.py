"""The workload as a page and as a file."""

from flask import Blueprint, Response, render_template

from curator.capacity.shown import as_csv, workload_page
from curator.capacity.workload import workload
from curator.tabs import report_tabs
from kb.web.edge import now, reading, services
from kb.web.frame import frame

blueprint = Blueprint("workload", __name__)


@blueprint.get("/reports/workload")
def show() -> str:
    """Twelve weeks of checks against the time there is."""
    with reading() as (session, actor):
        found = workload(session, actor, services().settings, now())
        page = workload_page(found)
        tabs = report_tabs(actor, "/reports/workload")
    return render_template("curator/workload.html", page=page, tabs=tabs, frame=frame("reports"))


@blueprint.get("/reports/workload.csv")
def download() -> Response:
    """The same by person, group and week."""
    with reading() as (session, actor):
        text = as_csv(workload(session, actor, services().settings, now()))
    headers = {"Content-Disposition": 'attachment; filename="workload.csv"'}
    return Response(text, mimetype="text/csv", headers=headers)
