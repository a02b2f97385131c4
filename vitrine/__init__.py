"""The roof: the app factory, the command line, the scheduler. May import everything; nobody imports it."""

__version__ = "0.1.0"
