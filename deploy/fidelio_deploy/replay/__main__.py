from fidelio_deploy.interrupts import run_command


def main() -> None:
    run_command("fidelio-replay", _load, when_stopped="Stopped; what was published so far stays published.")


def _load():
    from fidelio_deploy.replay.command import app

    return app


if __name__ == "__main__":
    main()
