"""Administration: people, groups, collections."""
