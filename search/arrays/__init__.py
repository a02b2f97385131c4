"""What both engines are made of: cards as posting lists in arrays, and queries evaluated over them. Nothing of Whoosh,
nothing of PostgreSQL: an engine keeps the arrays and hands them out."""
