"""Frozen values of the trade: printers, machines, jobs, files, materials and people."""
