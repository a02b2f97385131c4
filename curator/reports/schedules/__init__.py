"""When the weekly report goes to whom: kept by each reader, and by curators for the readers of a collection."""
