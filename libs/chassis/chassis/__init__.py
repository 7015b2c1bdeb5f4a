"""How a Trivet service runs: settings, authentication, problems, health, observation and the way to data."""
