"""APIs that are wrong in one respect each: the tests of the API notice."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.source_mutants import TOLD, SourceMutant

_HERE = Path(__file__).parent
_API, _ADAPTERS = "fidelio_profile.api", "fidelio_profile.adapters"
_ACCESS = "fidelio_shared.access"
_SOME_TESTS_FAILED = 1


@dataclass(frozen=True, slots=True)
class Wrong:
    """`noticed_by`: a test of `file`."""

    text: str
    mutant: SourceMutant
    file: str
    noticed_by: str


WRONG = (
    Wrong(
        "tells before the access is on record",
        SourceMutant(
            f"{_API}.profiles",
            "        await self.accesses.record(visit, [_id(found)])\n        merged_from",
            "        asyncio.create_task(self.accesses.record(visit, [_id(found)]))\n        merged_from",
        ),
        "test_api_accesses.py",
        "test_what_cannot_be_recorded_is_not_answered",
    ),
    Wrong(
        "records no look at what has not changed",
        SourceMutant(
            f"{_API}.profiles",
            "        await self.accesses.record(visit, [_id(found)])\n        merged_from",
            "        await self.accesses.record(visit, [] if known else [_id(found)])\n        merged_from",
        ),
        "test_api_accesses.py",
        "test_an_unchanged_profile_was_looked_at_too",
    ),
    Wrong(
        "asks for no scope",
        SourceMutant(f"{_ACCESS}.key_ring", "if scope not in key.scopes:", "if not key.scopes:"),
        "test_api_keys.py",
        "test_a_key_opens_what_its_scopes_name",
    ),
    Wrong(
        "lets in who bears a revoked key",
        SourceMutant(f"{_ACCESS}.mongo_keys", ' or found["revoked_at"]:', ":"),
        "test_api_keys.py",
        "test_a_revoked_key_opens_nothing_while_others_still_do",
    ),
    Wrong(
        "tags the profile without its outcomes",
        SourceMutant(
            f"{_ACCESS}.answers",
            "hashlib.blake2b(body, digest_size=12)",
            'hashlib.blake2b(encode({**view, "outcomes": None}), digest_size=12)',
        ),
        "test_api_profiles.py",
        "test_a_tag_covers_the_profile_and_its_outcomes",
    ),
    Wrong(
        "begins a page of a timeline one too late",
        SourceMutant(f"{_API}.profiles", "last = found[limit - 1]", "last = found[limit]"),
        "test_api_profiles.py",
        "test_a_timeline_is_paged_without_loss_also_where_instants_are_equal",
    ),
    Wrong(
        "shows the last of a page again on the next",
        SourceMutant(f"{_ADAPTERS}.mongo_people", '"_id": {"$gt": after}', '"_id": {"$gte": after}'),
        "test_api_people.py",
        "test_segments_and_bands_list_their_people",
    ),
    Wrong(
        "repeats in a refusal what was said",
        SourceMutant(f"{_ACCESS}.answers", "{each['msg']}", "{each['msg']} {each['input']}"),
        "test_api_people.py",
        "test_a_refusal_does_not_repeat_what_was_searched_for",
    ),
    Wrong(
        "leaves out of a timeline what came under absorbed ids",
        SourceMutant(f"{_API}.profiles", 'ids = [found["_id"], *found.get("members", ())]', 'ids = [found["_id"]]'),
        "test_api_views.py",
        "test_a_timeline_holds_what_came_under_absorbed_ids",
    ),
    Wrong(
        "shows what is left of somebody who was erased",
        SourceMutant(f"{_ADAPTERS}.mongo_views", 'if found and "erased_at" in found', "if found and not found"),
        "test_api_views.py",
        "test_an_erased_profile_is_gone_without_a_word",
    ),
    Wrong(
        "keeps the place of a stream that has ended",
        SourceMutant(f"{_ACCESS}.streams", "            self.running -= 1", "            pass"),
        "test_api_streams.py",
        "test_a_place_is_free_again_after_an_answer",
    ),
)


@pytest.mark.long
@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.text)
def test_an_api_that_is_wrong_is_noticed(wrong: Wrong) -> None:
    test = f"{_HERE / wrong.file}::{wrong.noticed_by}"
    command = (sys.executable, "-m", "pytest", "-q", "-p", "support.source_mutants", test)
    path = os.pathsep.join([str(_HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    environ = {**os.environ, "PYTHONPATH": path, TOLD: wrong.mutant.told}
    done = subprocess.run(command, env=environ, cwd=_HERE.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == _SOME_TESTS_FAILED, done.stdout + done.stderr
    assert f"FAILED {test.removeprefix(f'{_HERE.parents[1]}/')}" in done.stdout, done.stdout
