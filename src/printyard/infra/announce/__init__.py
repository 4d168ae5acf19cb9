"""Announcements in the network, by multicast DNS."""
