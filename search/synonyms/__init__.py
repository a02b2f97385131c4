"""Words that mean the same here: curators keep them, searches that failed and then succeeded suggest them."""
