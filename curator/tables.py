"""Loads every table of the curator room (and of kb below it), so that the metadata is whole."""

from curator.notices import models as notices
from curator.queue import models as queue
from curator.recall import models as recall
from curator.webhooks import models as webhooks
from kb import tables as kb

ALL = (kb, notices, queue, recall, webhooks)
