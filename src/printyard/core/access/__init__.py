"""Who may what: one rule set behind all doors."""
