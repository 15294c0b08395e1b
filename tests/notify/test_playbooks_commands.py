"""`fidelio-notify playbooks` on a real database, and how running processes follow what it did."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fidelio_deploy.mongo import Mongod
from fidelio_notify.adapters.mongo_playbooks import PLAYBOOK_INDEXES, MongoPlaybookStore, PutForward
from fidelio_notify.adapters.mongo_switches import SWITCH_INDEXES, MongoSwitches, stopped
from fidelio_notify.domain.playbooks.model import PlaybooksError
from fidelio_notify.domain.playbooks.parsing import parse_playbooks
from fidelio_notify.in_use import PlaybooksInUse
from fidelio_notify.playbooks_watch import PlaybooksWatch
from fidelio_notify.reading import shipped_playbooks
from fidelio_shared.messaging.errors import Unavailable
from fidelio_shared.storage.mongo import Database, Deployment, initialise
from support.notify_commands import Done, run
from support.playbook_faults import ANOTHER, FILE

SHIPPED = parse_playbooks(shipped_playbooks())
OURS = parse_playbooks(FILE)
CHANGED_TEXT = FILE.replace("priority: 50", "priority: 60") + ANOTHER.replace("name: it", "name: other")
CHANGED = parse_playbooks(CHANGED_TEXT)
TEMPLATES = {variant.template for each in SHIPPED.playbooks for step in each.steps for variant in step.variants}
NEEDED = {"FIDELIO_PLAYBOOKS_NEED_APPROVAL": "true"}


@pytest.fixture
async def database(strict_database: Database) -> Database:
    await initialise(strict_database, Deployment(1, "wall"), {**PLAYBOOK_INDEXES, **SWITCH_INDEXES})
    return strict_database


@pytest.fixture
def ours(tmp_path: Path) -> str:
    return _written(tmp_path / "ours.yaml", FILE)


@pytest.fixture
def changed(tmp_path: Path) -> str:
    return _written(tmp_path / "changed.yaml", CHANGED_TEXT)


def _written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


async def playbooks(mongod: Mongod, database: Database, *arguments: str, **settings: str) -> Done:
    return await run(mongod, database, "playbooks", *arguments, **settings)


async def test_a_file_is_checked(strict_mongod: Mongod, database: Database, ours: str, tmp_path: Path) -> None:
    assert await playbooks(strict_mongod, database, "check", ours) == Done(0, [f"{OURS.version}: 1 playbooks"], "")
    wrong = _written(tmp_path / "wrong.yaml", FILE.replace("priority: 50", "priority: top"))
    told = f"{wrong}:19:15: playbook it: priority is 'top'; write a whole number from 0 to 100\n"
    assert await playbooks(strict_mongod, database, "check", wrong) == Done(1, [], told)
    assert await playbooks(strict_mongod, database, "use", wrong, "--by", "Ann") == Done(1, [], told)
    assert await MongoPlaybookStore(database).latest(9) == []


async def test_a_template_that_there_is_not_is_refused_and_a_library_that_cannot_be_read_keeps_nobody_from_stopping(
    strict_mongod: Mongod, database: Database, tmp_path: Path
) -> None:
    wrong = _written(tmp_path / "wrong.yaml", FILE.replace("template: check_in", "template: chek_in"))
    for command in (("check", wrong), ("use", wrong, "--by", "Ann")):
        code, told, errors = await playbooks(strict_mongod, database, *command)
        assert (code, told) == (1, [])
        assert errors.startswith(
            f"{wrong}:26:19: playbook it: step 1: there is no template chek_in; there are check_in, "
        )
    _written(tmp_path / "Bad Name.liquid", "")
    broken = {"FIDELIO_TEMPLATES": str(tmp_path)}
    assert (await playbooks(strict_mongod, database, "use", "--shipped", "--by", "Ann", **broken)).code == 1
    why = ("--by", "Bob", "--why", "a complaint")
    assert (await playbooks(strict_mongod, database, "stop", "--all", *why, **broken)).told == [
        "stopped: all playbooks"
    ]


async def test_playbooks_are_put_into_use_and_replaced(
    strict_mongod: Mongod, database: Database, ours: str, changed: str
) -> None:
    first = await playbooks(strict_mongod, database, "use", ours, "--by", "Ann")
    assert first.told[0] == f"in use: {OURS.version}, before: {SHIPPED.version}"
    assert {"  it is new", "  welcome is no more", "  the policy of all playbooks is changed"} <= set(first.told)
    assert await playbooks(strict_mongod, database, "use", changed, "--by", "Bob") == Done(
        0, [f"in use: {CHANGED.version}, before: {OURS.version}", "  it is changed", "  other is new"], ""
    )
    in_use = await MongoPlaybookStore(database).in_use()
    assert in_use
    assert (in_use.version, in_use.text, in_use.by) == (CHANGED.version, CHANGED_TEXT, "Bob")
    back = await playbooks(strict_mongod, database, "use", "--shipped", "--by", "Ann")
    assert back.told[0] == f"in use: {SHIPPED.version}, before: {CHANGED.version}"


async def test_a_version_goes_live_when_somebody_else_approves_it(
    strict_mongod: Mongod, database: Database, ours: str
) -> None:
    store = MongoPlaybookStore(database)
    waits = await playbooks(strict_mongod, database, "use", ours, "--by", "Ann", **NEEDED)
    assert waits.told[0] == (
        f"waits: {OURS.version}, put forward by Ann; somebody else puts it into use by "
        f"fidelio-notify playbooks approve {OURS.version} --by NAME"
    )
    assert await store.in_use() is None
    for author in ("Ann", " ANN "):
        alone = await playbooks(strict_mongod, database, "approve", OURS.version, "--by", author, **NEEDED)
        assert alone == Done(1, [], f"Ann put {OURS.version} forward, somebody else has to approve it\n")
    again = await playbooks(strict_mongod, database, "use", ours, "--by", "Bob", **NEEDED)
    assert again.told[0].startswith(f"waits: {OURS.version}, put forward by Ann;")
    assert await store.in_use() is None
    approved = await playbooks(strict_mongod, database, "approve", OURS.version, "--by", "Bob", **NEEDED)
    assert approved.told[0] == f"in use: {OURS.version}, before: {SHIPPED.version}"
    in_use = await store.in_use()
    assert in_use
    assert (in_use.version, in_use.by, in_use.approved_by) == (OURS.version, "Ann", "Bob")


async def test_an_approved_version_can_be_used_again_at_once(
    strict_mongod: Mongod, database: Database, ours: str, changed: str
) -> None:
    await playbooks(strict_mongod, database, "use", ours, "--by", "Ann", **NEEDED)
    await playbooks(strict_mongod, database, "approve", OURS.version, "--by", "Bob", **NEEDED)
    await playbooks(strict_mongod, database, "use", changed, "--by", "Ann", **NEEDED)
    await playbooks(strict_mongod, database, "approve", CHANGED.version, "--by", "Cy", **NEEDED)
    back = await playbooks(strict_mongod, database, "use", ours, "--by", "Ann", **NEEDED)
    assert back.told[0] == f"in use: {OURS.version}, before: {CHANGED.version}"


async def test_what_others_look_at_cannot_be_changed_under_its_version(database: Database) -> None:
    store = MongoPlaybookStore(database)
    first = await store.put_forward(OURS.version, FILE, by="Ann")
    assert await store.put_forward(OURS.version, "# other words\n" + FILE, by="Eve") == first
    await store.approve(OURS.version, by="Bob")
    await store.approve(OURS.version, by="Eve")
    found = await store.find(OURS.version)
    assert found
    assert (found.text, found.by, found.approved_by) == (FILE, "Ann", "Bob")


async def test_only_a_version_can_be_approved(strict_mongod: Mongod, database: Database) -> None:
    for version in ("in use", "ours-3", "ours-3-0123abcg"):
        assert (await playbooks(strict_mongod, database, "approve", version, "--by", "Bob")).code == 2, version


async def test_a_version_that_nobody_put_forward_is_not_approved(strict_mongod: Mongod, database: Database) -> None:
    done = await playbooks(strict_mongod, database, "approve", "ours-3-0123abcd", "--by", "Bob")
    assert done == Done(1, [], "nobody put ours-3-0123abcd forward; see `playbooks list`\n")


async def test_a_playbook_is_stopped_listed_and_started(
    strict_mongod: Mongod, database: Database, changed: str
) -> None:
    await playbooks(strict_mongod, database, "use", changed, "--by", "Ann")
    why = ("--by", "Bob", "--why", "wrong link")
    assert (await playbooks(strict_mongod, database, "stop", "it", *why)).told == ["stopped: it"]
    assert (await playbooks(strict_mongod, database, "stop", "it", "--by", "Eve", "--why", "me too")).code == 0
    _, listed, _ = await playbooks(strict_mongod, database, "list")
    (switch,) = await MongoSwitches(database).all()
    (put_forward,) = await MongoPlaybookStore(database).latest(9)
    assert listed == [
        f"in use: {CHANGED.version}",
        f"  {'it':<40}  60  10% stopped  It",
        f"  {'other':<40}  50    - on       It",
        f"stopped: it by Bob at {_told(switch.since)}: wrong link",
        f"put forward: {CHANGED.version} by Ann at {_told(put_forward.at)}, approved by nobody",
    ]
    assert (await playbooks(strict_mongod, database, "start", "it")).told == ["started: it"]
    assert await MongoSwitches(database).all() == ()
    again = await playbooks(strict_mongod, database, "start", "it")
    assert again == Done(1, [], "it was not stopped; see `playbooks list`\n")


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


async def test_starting_all_leaves_what_was_stopped_by_its_own_name(strict_mongod: Mongod, database: Database) -> None:
    why = ("--by", "Bob", "--why", "a complaint")
    for what in ("welcome", "--all"):
        assert (await playbooks(strict_mongod, database, "stop", what, *why)).code == 0
    assert stopped(await MongoSwitches(database).all()) == {"welcome", "*"}
    _, listed, _ = await playbooks(strict_mongod, database, "list")
    assert len([each for each in listed if " stopped " in each]) == len(SHIPPED.playbooks)
    started = await playbooks(strict_mongod, database, "start", "--all")
    assert started.told == ["started: all playbooks", "still stopped: welcome"]


async def test_what_is_no_playbook_is_not_stopped_unless_nobody_can_tell(
    strict_mongod: Mongod, database: Database
) -> None:
    why = ("--by", "Bob", "--why", "a complaint")
    unknown = await playbooks(strict_mongod, database, "stop", "welcom", *why)
    assert unknown == Done(1, [], f"there is no playbook welcom in {SHIPPED.version}; see `playbooks list`\n")
    await MongoPlaybookStore(database).use(PutForward("later-1-0123abcd", "schema: 9", "Ann", datetime.now(UTC)))
    unreadable = await playbooks(strict_mongod, database, "stop", "welcom", *why)
    assert (unreadable.code, unreadable.told) == (0, ["stopped: welcom"])
    assert unreadable.errors.startswith("what was in use cannot be read: in the database:1:1: ")


async def test_who_and_why_and_what_must_be_said(strict_mongod: Mongod, database: Database) -> None:
    for arguments in (
        ("use", "--by", "Ann"),
        ("use", "--shipped"),
        ("use", "--shipped", "--by", " "),
        ("use", "--shipped", "--by", "x" * 65),
        ("stop", "--by", "Ann", "--why", "because"),
        ("stop", "welcome", "--all", "--by", "Ann", "--why", "because"),
        ("stop", "welcome", "--by", "Ann"),
        ("stop", "welcome", "--by", "Ann", "--why", "\x1b[31m"),
        ("start",),
    ):
        assert (await playbooks(strict_mongod, database, *arguments)).code == 2, arguments
    assert await MongoSwitches(database).all() == ()
    assert await MongoPlaybookStore(database).latest(9) == []


async def test_more_switches_than_can_be_looked_at_stop_everything(database: Database) -> None:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    switch = {"by": "Ann", "why": "x", "since": since}
    await database.switches.insert_many([{"_id": f"p{number:04}", **switch} for number in range(1000)])
    assert "*" not in stopped(await MongoSwitches(database).all())
    await database.switches.insert_one({"_id": "z", **switch})
    assert "*" in stopped(await MongoSwitches(database).all())


def a_watch(database: Database, *, needs_approval: bool = False) -> PlaybooksWatch:
    return PlaybooksWatch(
        MongoPlaybookStore(database),
        MongoSwitches(database),
        PlaybooksInUse(SHIPPED),
        SHIPPED,
        needs_approval=needs_approval,
        templates=TEMPLATES,
    )


async def test_a_running_process_follows_what_is_put_into_use_and_stopped(database: Database) -> None:
    watch = a_watch(database)
    await watch.read()
    assert (watch.in_use.playbooks, watch.in_use.stopped) == (SHIPPED, frozenset())
    await watch.store.use(await watch.store.put_forward(OURS.version, FILE, by="Ann"))
    await watch.switches.stop("it", by="Ann", why="a test")
    with capture_logs() as logs:
        await watch.follow()
        await watch.follow()
    assert logs == [{"event": "playbooks_changed", "version": OURS.version, "log_level": "info"}]
    assert watch.in_use.playbooks.version == OURS.version
    assert watch.in_use.triggers.entered.keys() == {"lapsed"}
    assert watch.in_use.stopped == {"it"}
    await watch.switches.start("it")
    await watch.follow()
    assert watch.in_use.stopped == frozenset()


async def test_what_cannot_be_read_is_not_replaced_by_what_nobody_wanted(database: Database) -> None:
    watch = a_watch(database)
    await watch.store.use(PutForward(OURS.version, FILE, "Ann", datetime.now(UTC)))
    await watch.read()
    await watch.store.use(PutForward("later-1-0123abcd", "schema: 9", "Ann", datetime.now(UTC)))
    await watch.switches.stop("*", by="Ann", why="a test")
    with capture_logs() as logs:
        await watch.follow()
        await watch.follow()
    assert [(each["event"], each["log_level"]) for each in logs] == [("playbooks_unreadable", "error")]
    assert (watch.in_use.playbooks.version, watch.in_use.stopped) == (OURS.version, frozenset("*"))
    with pytest.raises(PlaybooksError, match=r"^in the database:1:1: "):
        await a_watch(database).read()


async def test_a_process_that_needs_approval_takes_up_nothing_that_one_person_alone_put_into_use(
    database: Database,
) -> None:
    watch = a_watch(database, needs_approval=True)
    await watch.store.use(await watch.store.put_forward(OURS.version, FILE, by="Ann"))
    await watch.follow()
    assert watch.in_use.playbooks == SHIPPED
    with pytest.raises(
        PlaybooksError, match="let somebody else than Ann run `fidelio-notify playbooks approve ours-3-"
    ):
        await a_watch(database, needs_approval=True).read()
    await watch.store.approve(OURS.version, by="Bob")
    found = await watch.store.find(OURS.version)
    assert found
    await watch.store.use(found)
    await watch.follow()
    assert watch.in_use.playbooks.version == OURS.version


class UnansweringSwitches(MongoSwitches):
    async def all(self) -> tuple[()]:
        raise Unavailable("mongodb")


async def test_while_the_database_does_not_answer_what_was_last_used_holds(database: Database) -> None:
    in_use = PlaybooksInUse(OURS, frozenset({"it"}))
    watch = PlaybooksWatch(
        MongoPlaybookStore(database),
        UnansweringSwitches(database),
        in_use,
        SHIPPED,
        needs_approval=False,
        templates=TEMPLATES,
    )
    await watch.follow()
    assert (in_use.playbooks, in_use.stopped) == (OURS, {"it"})
    with pytest.raises(Unavailable):
        await watch.read()
