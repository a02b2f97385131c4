"""The edge: what every page and every API call shares before a command runs and after it has run."""
