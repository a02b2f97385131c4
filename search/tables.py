"""Loads every table of the search room (and of kb below it), so that the metadata is whole."""

from kb import tables as kb
from search.golden import models as golden
from search.synonyms import models as synonyms

ALL = (kb, synonyms, golden)
