"""Whose the cards are: escalation, handing over, suggested owners, and the report of what is ill owned."""
