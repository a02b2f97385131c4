"""Loads every table of the curator room (and of kb below it), so that the metadata is whole."""

from curator.detectors import models as detectors
from curator.freshness import models as freshness
from curator.hooks import models as hooks
from curator.notices import models as notices
from curator.questions import models as questions
from curator.queue import models as queue
from curator.recall import models as recall
from curator.reports import models as reports
from curator.webhooks import models as webhooks
from kb import tables as kb

ALL = (detectors, freshness, hooks, kb, notices, questions, queue, recall, reports, webhooks)
