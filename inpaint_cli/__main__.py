"""`python -m inpaint_cli` is `inpaint-cli`."""

from inpaint_cli.cli.main import main

if __name__ == "__main__":
    main()
