"""Triggers: on this site, when this text is on the page, show these cards. Matched inside the browser extension."""
