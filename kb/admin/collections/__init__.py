"""Administration of collections, and the page of each."""
