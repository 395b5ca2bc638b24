"""`python -m soundworks`: the command line."""

from soundworks.cli import main

if __name__ == "__main__":
    main(prog_name="soundworks")
