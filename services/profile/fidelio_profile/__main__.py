"""`fidelio-profile`: init, run, verify, refold, retain, merge-met, keys."""

from typing import Annotated, cast

import typer
import uvloop

from fidelio_profile.adapters.indexes import INDEXES
from fidelio_profile.adapters.mongo_retention import today
from fidelio_profile.app import run as run_profile
from fidelio_profile.merging_met import merge_met as merge_met_profiles
from fidelio_profile.refolding import refold as refold_older
from fidelio_profile.retaining import print_kept
from fidelio_profile.retaining import retain as retain_timelines
from fidelio_profile.settings import STEPS, ProfileSettings, Step
from fidelio_profile.verifying import verify as verify_profiles
from fidelio_shared.access.keys_command import keys_commands
from fidelio_shared.messaging.commands import plain_errors, read_settings
from fidelio_shared.observability.logs import configure_logs
from fidelio_shared.storage.init_command import Clock, Epoch, initialise_database
from fidelio_shared.storage.mongo import Database, connect


def _connect() -> Database:
    settings = read_settings(ProfileSettings)
    return connect(settings.mongo_uri.get_secret_value(), settings.profile_database)


main = typer.Typer(no_args_is_help=True, help="Finds whose an interaction is and folds it into one profile.")
main.add_typer(keys_commands("fidelio-profile", _connect), name="keys")


@main.command()
def init(epoch: Epoch, clock: Clock = "wall") -> None:
    """Create collections and indexes. Harmless when repeated."""
    settings = read_settings(ProfileSettings)
    initialise_database(settings.mongo_uri, settings.profile_database, INDEXES, epoch=epoch, clock=clock)


@main.command()
def run(steps: Annotated[str, typer.Option(help="comma-separated: " + ",".join(STEPS))] = ",".join(STEPS)) -> None:
    """Run some or all steps in this process until stopped."""
    wanted = [each.strip() for each in steps.split(",")]
    if unknown := sorted(set(wanted) - set(STEPS)):
        raise typer.BadParameter(f"unknown step {unknown[0]}; choose from {', '.join(STEPS)}")
    configure_logs("profile")
    settings = read_settings(ProfileSettings)
    with plain_errors():
        raise typer.Exit(uvloop.run(run_profile(settings, [cast(Step, each) for each in wanted])))


@main.command()
def verify(
    repair: Annotated[bool, typer.Option(help="publish refold records for profiles that differ")] = False,
) -> None:
    """Fold every profile's timeline anew, also under traffic, and compare; exits with 1 where one differs."""
    settings = read_settings(ProfileSettings)
    with plain_errors():
        different = uvloop.run(verify_profiles(settings, repair=repair))
    if different:
        raise typer.Exit(1)


@main.command()
def refold(
    rate: Annotated[int, typer.Option(min=1, max=5000, help="profiles a second")] = 200,
) -> None:
    """Fold anew what an older version of Fidelio folded, in the background; exits with 1 where some are left."""
    settings = read_settings(ProfileSettings)
    with plain_errors():
        left = uvloop.run(refold_older(settings, rate=rate))
    typer.echo(f"profiles of an older version: {left}")
    if left:
        raise typer.Exit(1)


@main.command()
def retain(
    show: Annotated[bool, typer.Option("--show", help="only tell what is kept where, and for how long")] = False,
) -> None:
    """Let what is too old leave the timelines, into the profiles' sums. Run it daily."""
    settings = read_settings(ProfileSettings)
    with plain_errors():
        if show:
            print_kept(settings)
            return
        asked = uvloop.run(retain_timelines(settings, today()))
    typer.echo(f"asked the folds to let go of what is too old: {asked} records")


@main.command("merge-met")
def merge_met() -> None:
    """Merge profiles that one interaction named together before Fidelio merged profiles. Harmless when repeated."""
    settings = read_settings(ProfileSettings)
    with plain_errors():
        uvloop.run(merge_met_profiles(settings))


if __name__ == "__main__":
    main()
