"""Card templates: the parts that a kind of card consists of, and which of them it can't do without."""
