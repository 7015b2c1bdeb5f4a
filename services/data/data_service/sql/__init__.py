"""From plan to statement: one text for the whole tree, per dialect."""
