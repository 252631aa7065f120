"""Where `inpaint-cli` and `python -m inpaint_cli` begin."""

from inpaint_cli.cli import interruption


def main() -> None:
    """Run the command line; Ctrl-C while it is still being imported ends it as quietly as later on."""
    interruption.end_at_once()
    from inpaint_cli.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
