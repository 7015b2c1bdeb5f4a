"""The demo store: a shop's database made from a seed, its configuration, and the accounts that go with it."""
