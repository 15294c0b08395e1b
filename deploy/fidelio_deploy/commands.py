"""Where fidelio-demo, fidelio-replay, fidelio-tail and fidelio-world begin."""

from collections.abc import Callable

from fidelio_deploy.interrupts import run_command


def demo() -> None:
    def load() -> Callable[[], object]:
        from fidelio_deploy.demo.command import app

        return app

    run_command("fidelio-demo", load, when_stopped="Stopped; nothing of the demo is left on this machine.")


def replay() -> None:
    def load() -> Callable[[], object]:
        from fidelio_deploy.replay.command import app

        return app

    run_command("fidelio-replay", load, when_stopped="Stopped; what was published so far stays published.")


def tail() -> None:
    def load() -> Callable[[], object]:
        from fidelio_deploy.tail import app

        return app

    run_command("fidelio-tail", load, when_stopped="")


def world() -> None:
    def load() -> Callable[[], object]:
        from fidelio_deploy.world.command import app

        return app

    run_command("fidelio-world", load, when_stopped="Stopped; what was written so far is not a whole world.")
