"""How cards are used: impressions, copies and feedback, counted per day without slowing reads."""
