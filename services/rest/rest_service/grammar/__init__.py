"""The grammar of PostgREST's query strings: text in, pieces of an operation out (spec: rest.md §2)."""
