"""Telling other systems what happens to cards: who is told what, the outbox, the bodies, and delivery."""
