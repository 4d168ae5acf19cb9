"""What the domain needs of the outside, as protocols; the rooms below it (infra, drivers) keep them."""
