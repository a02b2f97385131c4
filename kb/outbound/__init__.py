"""Requests to addresses that people name, through a guard that keeps them off private networks."""
