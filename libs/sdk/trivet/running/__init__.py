"""How operations run: a process that has loaded the project's code, and forks of it that do one call at a time."""
