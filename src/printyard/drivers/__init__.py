"""Drivers: one folder per kind of device that the yard can drive."""
