"""APIs: one folder per protocol in which the yard is spoken to. None knows another; each asks the core."""
