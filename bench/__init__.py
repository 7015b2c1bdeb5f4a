"""The suite and other people's servers side by side on the same work; `make bench`."""
