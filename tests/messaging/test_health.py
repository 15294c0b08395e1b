from fidelio_shared.messaging.health import WATCH, Health
from support.settling import Clock


def a_health(*, behind: int = 1) -> tuple[Health, Clock]:
    """A step that has just begun and has work."""
    clock = Clock()
    health = Health(clock=clock, is_started=True)
    health.progress("fold")
    health.measured("fold", behind=behind)
    return health, clock


def test_a_step_with_work_that_gets_nowhere_for_a_minute_is_stuck() -> None:
    health, clock = a_health()

    clock.now += 60
    after_a_minute = health.stuck()
    clock.now += 0.1

    assert (after_a_minute, health.stuck()) == ([], ["fold"])


def test_a_step_that_settles_a_batch_is_not_stuck() -> None:
    health, clock = a_health()

    clock.now += 61
    health.progress("fold")

    assert health.stuck() == []


def test_a_step_without_work_is_not_stuck() -> None:
    health, clock = a_health(behind=0)

    clock.now += 3600

    assert health.stuck() == []


def test_the_minute_begins_with_the_work_however_long_there_was_none() -> None:
    health, clock = a_health(behind=0)
    clock.now += 3600
    health.measured("fold", behind=0)

    clock.now += 5
    health.measured("fold", behind=3)

    assert health.stuck() == []


def test_a_step_that_waits_for_a_named_dependency_is_not_stuck() -> None:
    health, clock = a_health()
    health.wait_for("mongodb", who="fold")

    clock.now += 3600

    assert health.stuck() == []


def test_a_step_is_stuck_although_another_waits() -> None:
    health, clock = a_health()
    health.wait_for("smtp", who="release")

    clock.now += 61

    assert health.stuck() == ["fold"]


def test_nobody_is_called_stuck_while_the_lag_cannot_be_measured() -> None:
    health, clock = a_health()
    health.wait_for("kafka", who=WATCH)

    clock.now += 3600

    assert health.stuck() == []


def test_after_an_outage_patience_begins_anew() -> None:
    health, clock = a_health()
    health.wait_for("kafka", who=WATCH)
    clock.now += 3600

    health.go_on(WATCH)
    clock.now += 59
    in_time = health.stuck()
    clock.now += 2

    assert (in_time, health.stuck()) == ([], ["fold"])


def test_a_success_that_ends_no_wait_does_not_renew_patience() -> None:
    health, clock = a_health()

    clock.now += 61
    health.go_on("release")

    assert health.stuck() == ["fold"]


def test_everybody_ends_only_their_own_wait() -> None:
    health, _ = a_health()
    health.wait_for("mongodb", who="fold")
    health.wait_for("mongodb", who="silence")

    health.go_on("silence")

    assert health.is_waiting_for("mongodb")
    assert not health.is_ready


def test_a_step_whose_partitions_went_elsewhere_no_longer_waits() -> None:
    health, _ = a_health()
    health.wait_for("mongodb", who="fold")

    health.measured("fold", behind=0)

    assert health.is_ready


def test_a_process_is_ready_when_started_and_neither_waiting_nor_halted() -> None:
    health = Health()
    seen = [health.is_ready]
    health.is_started = True
    seen.append(health.is_ready)
    health.wait_for("kafka", who="start")
    seen.append(health.is_ready)
    health.go_on("start")
    seen.append(health.is_ready)
    health.halted = "why"
    seen.append(health.is_ready)

    assert seen == [False, True, False, True, False]
