"""`python3 -m bot`: the command `runda`, from a fresh clone too: it sets itself up first, once."""

from bot import bootstrap


def main() -> None:
    bootstrap.enter("base")
    from bot.cli import main as cli  # not before: its dependencies may just have been installed

    cli()


if __name__ == "__main__":
    main()
