from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """The file appears, or is replaced, as a whole; only its owner may read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.rename(file)
