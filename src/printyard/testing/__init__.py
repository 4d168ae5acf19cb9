"""What tests of the house, and of plug-ins to it, are made with: a clock and ids by hand, devices by script, a house.

A plug-in's own tests can use it as well; the pytest fixtures are in `printyard.testing.plugin`.
"""
