"""Noticing what fell due, queueing each notice once, and the daily digest that tells the right person."""
