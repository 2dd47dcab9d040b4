"""Order, side by side, limits, stopping: the runner with checks made for the purpose."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from graphlib import TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.agent import wire
from wizard.certificate.roots import Roots
from wizard.certificate.wording import WORDS as CERTIFICATE_WORDS
from wizard.check import CHECKS, Check, Report, Result, Surroundings, Target, certificate, run
from wizard.check import words as sentences
from wizard.check.base import Look, Said, failed, passed, skipped, warning
from wizard.check.model import PAGES, STATES
from wizard.check.words import NAMES, SENTENCES, Sentence

TARGET = Target("cht.example.org", "10.20.0.1")
AROUND = Surroundings(roots=Roots(public=()))
SAY = {"passed": passed, "failed": failed, "warning": warning, "skipped": skipped}


@pytest.fixture(autouse=True)
def _sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    for code in "abcdefg":
        monkeypatch.setitem(NAMES, code, code.upper())
        monkeypatch.setitem(SENTENCES, code, {"ok": Sentence("All well.", "", "Nothing.")})


def check(
    which: str,
    needs: str = "",
    after: str = "",
    says: str = "passed",
    limit: float = 5.0,
    then: object = None,
) -> Check:
    """A check whose outcome is known beforehand; `then` is called or raised first."""

    class Made(Check):
        code = which
        page = "clock"

        def _ask(self, look: Look) -> Said:
            if isinstance(then, Exception):
                raise then
            if callable(then):
                then()
            return SAY[says]("ok")

    Made.needs, Made.after, Made.limit = tuple(needs), tuple(after), limit
    return Made()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, so that no thread of a test is left behind."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name.startswith("check-"):
            thread.join(5)


def states(report: Report) -> str:
    return " ".join(f"{r.code}:{r.state}:{r.variant}:{r.because}" for r in report.results)


def test_what_needs_something_broken_is_skipped_because_of_the_root() -> None:
    checks = [
        check("a", says="failed"),
        check("b", needs="a"),
        check("c", needs="b"),
        check("d", after="a"),
        check("e", needs="d"),
    ]
    report = run(checks, TARGET, AROUND)
    assert states(report) == (
        "a:failed:ok: b:skipped:dependency:a c:skipped:dependency:a d:passed:ok: e:passed:ok:"
    )
    assert report.first_broken is not None
    assert report.first_broken.code == "a"
    assert report.results[2].message.endswith("broken: A.")


def test_a_warning_or_a_question_without_sense_breaks_nothing() -> None:
    checks = [
        check("a", says="warning"),
        check("b", says="skipped"),
        check("c", needs="ab"),
    ]
    report = run(checks, TARGET, AROUND)
    assert states(report) == "a:warning:ok: b:skipped:ok: c:passed:ok:"
    assert report.exit_code == 0


def test_independent_checks_run_side_by_side() -> None:
    meet = threading.Barrier(3, timeout=5)
    checks = [check(code, then=meet.wait) for code in "abc"]
    assert states(run(checks, TARGET, AROUND)) == "a:passed:ok: b:passed:ok: c:passed:ok:"


def test_results_come_one_by_one_in_the_callers_thread() -> None:
    seen: list[tuple[str, threading.Thread]] = []
    checks = [check("c", after="b"), check("b", after="a"), check("a")]
    report = run(
        checks, TARGET, AROUND, lambda r: seen.append((r.code, threading.current_thread()))
    )
    assert seen == [(code, threading.current_thread()) for code in "abc"]
    assert [each.code for each in report.results] == ["c", "b", "a"]


def test_a_fault_of_a_check_is_a_result() -> None:
    report = run([check("a", then=ZeroDivisionError("x")), check("b")], TARGET, AROUND)
    assert states(report) == "a:failed:check-defect: b:passed:ok:"
    assert "ZeroDivisionError: x" in report.results[0].detail


def test_an_outcome_without_a_sentence_is_a_fault_too() -> None:
    class Odd(Check):
        code = "a"
        page = "clock"

        def _ask(self, look: Look) -> Said:
            return passed("never-heard-of")

    assert states(run([Odd()], TARGET, AROUND)) == "a:failed:check-defect:"


def test_who_overruns_the_limit_is_given_up(gate: threading.Event) -> None:
    checks = [check("a", limit=0.2, then=gate.wait), check("b", needs="a"), check("c")]
    seen: list[Result] = []
    report = run(checks, TARGET, AROUND, seen.append)
    assert states(report) == "a:failed:timeout: b:skipped:dependency:a c:passed:ok:"
    assert len(seen) == 3
    assert 0.2 <= report.results[0].seconds < 2
    assert "0.2" in report.results[0].message


def test_an_answer_that_comes_too_late_does_not_count(gate: threading.Event) -> None:
    late = threading.Event()

    def let_it_end() -> None:
        late.set()
        gate.wait(0.5)

    checks = [
        check("a", limit=0.2, then=lambda: late.wait(5)),
        check("b", after="a", then=let_it_end),
    ]
    assert states(run(checks, TARGET, AROUND)) == "a:failed:timeout: b:passed:ok:"


def test_stopping_ends_at_once_and_proves_nothing(gate: threading.Event) -> None:
    cancel = threading.Event()
    checks = [check("a", then=cancel.set), check("b", limit=60, then=gate.wait), check("c", "b")]
    begun = time.monotonic()
    report = run(checks, TARGET, AROUND, cancel=cancel)
    assert time.monotonic() - begun < 5
    assert [each.variant for each in report.results[1:]] == ["cancelled", "cancelled"]
    assert report.cancelled
    assert report.exit_code == 1
    assert report.first_broken is None


def test_one_page_can_be_checked_alone() -> None:
    assert states(run([check("b", needs="a")], TARGET, AROUND)) == "b:passed:ok:"


@pytest.mark.parametrize(
    "checks",
    [[check("a", needs="b"), check("b", needs="a")], [check("a"), check("a")]],
    ids=["cycle", "twice"],
)
def test_a_list_of_checks_that_makes_no_sense_is_refused(checks: list[Check]) -> None:
    with pytest.raises(ValueError):
        run(checks, TARGET, AROUND)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(SAY)), st.sets(st.integers(0, 5)), st.booleans()),
        min_size=1,
        max_size=6,
    )
)
def test_any_graph_ends_with_one_result_each(
    plan: list[tuple[str, set[int], bool]],
) -> None:
    checks = []
    for index, (says, below, soft) in enumerate(plan):
        edges = "".join("abcdef"[i] for i in sorted(below) if i < index)
        checks.append(check("abcdef"[index], *("", edges) if soft else (edges, ""), says=says))
    with pytest.MonkeyPatch.context() as patch:
        for code in "abcdef":
            patch.setitem(NAMES, code, code)
            patch.setitem(SENTENCES, code, {"ok": Sentence("All well.")})
        report = run(checks, TARGET, AROUND)
    results = {each.code: each for each in report.results}
    assert list(results) == [each.code for each in checks]
    for each in checks:
        broken = any(
            results[n].state == "failed" or results[n].because for n in each.needs if n in results
        )
        assert (results[each.code].variant == "dependency") == broken
        if broken:
            assert results[results[each.code].because].state == "failed"


# ------------------------------------------------------------------ the real checks


def test_the_order_is_one_in_which_everything_needed_comes_first() -> None:
    codes = [each.code for each in CHECKS]
    assert len(set(codes)) == len(codes)
    for index, each in enumerate(CHECKS):
        assert set(each.needs) <= set(codes[:index]), each.code
        assert set(each.after) <= set(codes), each.code
    graph = {each.code: (*each.needs, *each.after) for each in CHECKS}
    assert len(list(TopologicalSorter(graph).static_order())) == len(CHECKS)


def test_everything_has_a_name_a_page_and_sentences() -> None:
    codes = {each.code for each in CHECKS}
    assert {each.code for each in CHECKS if each.page not in PAGES} == set()
    assert set(NAMES) - set("abcdefg") == codes
    assert set(SENTENCES) - set("abcdefg") == codes | {"*"}
    for code in codes:
        assert not set(SENTENCES[code]) & set(SENTENCES["*"]), code


def test_the_findings_that_are_told_in_other_words_exist() -> None:
    known = set(CERTIFICATE_WORDS)
    assert set(certificate._OWN_WORDS) | certificate._NOT_OURS <= known


def test_the_longest_way_is_bounded() -> None:
    """Even if every check overran its limit and did not break what follows."""
    longest: dict[str, float] = {}
    by_code = {each.code: each for each in CHECKS}
    for code in TopologicalSorter({c.code: (*c.needs, *c.after) for c in CHECKS}).static_order():
        below = (*by_code[code].needs, *by_code[code].after)
        longest[code] = by_code[code].limit + max((longest[b] for b in below), default=0.0)
    assert max(longest.values()) <= 70


def test_when_everything_hangs_it_still_ends(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in CHECKS:

        def hang(self: Check, look: Look) -> Said:
            gate.wait(60)
            return passed()

        monkeypatch.setattr(type(each), "_ask", hang)
        monkeypatch.setattr(type(each), "limit", 0.3)
    begun = time.monotonic()
    report = run(CHECKS, TARGET, AROUND)
    assert time.monotonic() - begun < 5
    assert {each.variant for each in report.results} == {"timeout", "dependency"}
    assert report.first_broken is not None
    assert report.first_broken.code == "link"


# ----------------------------------------------------------------- results as data

RESULTS = st.builds(
    Result,
    code=st.text(min_size=1),
    name=st.text(),
    state=st.sampled_from(STATES),
    message=st.text(),
    cause=st.text(),
    cure=st.text(),
    detail=st.text(),
    seconds=st.floats(0, 100),
    because=st.text(),
    page=st.sampled_from(PAGES),
    variant=st.text(),
)


@settings(deadline=None)
@given(RESULTS)
def test_a_result_survives_the_way_through_json(result: Result) -> None:
    assert Result.from_plain(result.plain()) == result


@pytest.mark.parametrize(
    "change",
    [
        {"state": "green"},
        {"state": None},
        {"code": ""},
        {"message": 3},
        {"seconds": "1"},
        {"seconds": True},
        {"colour": "red"},
    ],
)
def test_what_is_no_result_is_refused(change: dict[str, object]) -> None:
    good = Result("link", "Link", "passed", "Well.").plain()
    with pytest.raises(ValueError):
        Result.from_plain(good | change)


def test_arguments_are_filled_in_once() -> None:
    """What comes from the network must not be taken for a template."""
    told = failed("wrong", found="{address.__class__}")
    assert "{address.__class__}" in sentences.sentence("dns_udp", told, TARGET).message


def test_the_report_counts() -> None:
    results = (Result("a", "A", "warning", "m"), Result("b", "B", "failed", "m"))
    plain = Report(results, 1.23456).plain()
    assert plain["exit_code"] == 1
    assert plain["first_broken"] == "b"
    assert plain["count"] == {"passed": 0, "warning": 1, "failed": 1, "skipped": 0}
    assert [Result.from_plain(each) for each in plain["results"]] == list(results)
    assert wire.encode(results[0]) == results[0].plain()
