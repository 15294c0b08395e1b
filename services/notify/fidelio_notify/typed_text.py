"""What people type of themselves, as others may read it."""

import typer

LONGEST_NAME = 64


def bounded(text: str, what: str, longest: int = LONGEST_NAME) -> str:
    plain = " ".join(text.split())
    if not 0 < len(plain) <= longest or not plain.isprintable():
        raise typer.BadParameter(f"{what} takes 1 to {longest} characters")
    return plain
