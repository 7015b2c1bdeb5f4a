"""`python -m trivet_cli` is `trivet`."""

from trivet_cli.main import main

main(prog_name="trivet")
