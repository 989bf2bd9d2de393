"""`python -m sparkle` is the command `sparkle`."""

from sparkle.cli import main

main()
