"""All modules of the HTTP API, in the order in which its description shows them."""

import curator.absences.api
import curator.api
import curator.capacity.api
import curator.detectors.api
import curator.duplicates.api
import curator.freshness.api
import curator.hooks.api
import curator.notices.api
import curator.owners.api
import curator.proof.api
import curator.questions.api
import curator.recall.api
import curator.rules.api
import curator.webhooks.api
import kb.admin.collections.api
import kb.card_templates.api
import kb.cards.api
import kb.cards.revisions_api
import kb.comments.api
import kb.extension.api
import kb.following.api
import kb.people.api
import kb.reviewing.api
import kb.triggers.api
import kb.trust.api
import kb.use.api
import kb.web.api_docs
import search.api
import search.golden.api
import search.synonyms.api
from kb.web.api import Api

BLUEPRINTS: tuple[Api, ...] = (
    search.api.api,
    kb.cards.api.api,
    kb.cards.revisions_api.api,
    kb.card_templates.api.api,
    kb.reviewing.api.api,
    kb.comments.api.api,
    kb.trust.api.api,
    kb.use.api.api,
    curator.api.api,
    curator.capacity.api.api,
    curator.rules.api.api,
    curator.duplicates.api.api,
    curator.proof.api.api,
    curator.recall.api.api,
    curator.absences.api.api,
    curator.owners.api.api,
    curator.detectors.api.api,
    curator.freshness.api.api,
    curator.hooks.api.api,
    curator.questions.api.api,
    kb.admin.collections.api.api,
    kb.triggers.api.api,
    kb.extension.api.api,
    search.synonyms.api.api,
    search.golden.api.api,
    curator.notices.api.api,
    kb.following.api.api,
    curator.webhooks.api.api,
    kb.people.api.api,
    kb.web.api_docs.api,
)
