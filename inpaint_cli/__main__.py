"""Where `inpaint-cli` and `python -m inpaint_cli` begin."""

import sys

from inpaint_cli.errors import ExitCode


def main() -> None:
    """Run the command line; Ctrl-C while it is still being imported ends it as quietly as later on."""
    try:
        from inpaint_cli.cli.main import main as run
    except KeyboardInterrupt:
        print("inpaint-cli: interrupted", file=sys.stderr)
        sys.exit(ExitCode.INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
