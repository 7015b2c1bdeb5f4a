"""What Hasura answers to hundreds of questions of every kind, asked of a small zoo: tables, roles and rows of our own."""
