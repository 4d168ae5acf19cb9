"""The phrasebook: foreign words that more than one folder uses, each translated here once."""
