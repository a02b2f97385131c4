"""The browser extension's side of the service: its package, and how it signs in."""
