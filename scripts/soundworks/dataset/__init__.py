"""The data set: its settings, its sound, its table, and its records, in the order in which they are made."""
