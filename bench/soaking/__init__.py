"""The parts of the soak: a store known by heart, clients that check every answer, and what is done to the suite."""
