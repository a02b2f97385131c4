"""The workload over HTTP."""

from flask import Response, jsonify

from curator.capacity.shown import as_csv, as_json
from curator.capacity.workload import workload
from kb.web.api import Api
from kb.web.edge import now, reading, services

api = Api("workload_api", "Upkeep")


@api.operation("GET", "/reports/workload", {200: "application/json"}, scope="read")
def show() -> Response:
    """Get the workload. Twelve weeks of checks by person and by group, in minutes, against the time there is."""
    with reading() as (session, actor):
        return jsonify(as_json(workload(session, actor, services().settings, now())))


@api.operation("GET", "/reports/workload.csv", {200: "text/csv"}, scope="read")
def download() -> Response:
    """Get the workload as CSV. A row for each person and each group in each week."""
    with reading() as (session, actor):
        text = as_csv(workload(session, actor, services().settings, now()))
    response = Response(text, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="workload.csv"'
    return response
