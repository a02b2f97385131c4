"""Golden queries: words whose right card is known, by which the quality of search is measured."""
