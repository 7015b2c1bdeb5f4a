"""From statement to rows: binding, transactions and time limits, per database."""
