"""Printyard: any printer, every client, one set of rules."""

__version__ = "0.1.0"
