"""Calls of other threads come to the window's thread in order, and garbage goes there too."""

from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from wizard.gui.mailbox import Mailbox, Sweeper
from wizard.gui.runner import Runner


def test_calls_arrive_in_order_in_the_thread_of_the_window(qtbot: QtBot) -> None:
    mailbox = Mailbox()
    heard: list[tuple[int, threading.Thread]] = []

    def hear(number: int) -> None:
        heard.append((number, threading.current_thread()))

    def work() -> None:
        for number in range(500):
            mailbox.post(hear, number)

    thread = threading.Thread(target=work)
    thread.start()
    qtbot.waitUntil(lambda: len(heard) == 500)
    thread.join()
    assert [number for number, _ in heard] == list(range(500))
    assert {told for _, told in heard} == {threading.main_thread()}


def test_a_worker_lets_go_of_its_job_before_the_window_does(qtbot: QtBot) -> None:
    runner = Runner()
    ends: list[threading.Thread] = []

    class Guest:
        def __del__(self) -> None:
            ends.append(threading.current_thread())

        def greet(self, _: object) -> None:
            greeted.append(True)

    greeted: list[bool] = []
    for _ in range(50):
        runner.start(lambda: None, Guest().greet, lambda _: None, "")
    qtbot.waitUntil(lambda: len(ends) == 50)
    runner.close()
    assert len(greeted) == 50
    assert set(ends) == {threading.main_thread()}


def test_widgets_in_the_garbage_are_left_to_the_thread_of_the_window(
    qapp: QApplication, qtbot: QtBot
) -> None:
    """A worker that allocates much does not collect; the sweeper does, soon."""
    assert not gc.isenabled()
    widget = QWidget()
    widget.itself = widget  # type: ignore[attr-defined]
    ends: list[threading.Thread] = []
    kept = weakref.ref(widget, lambda _: ends.append(threading.current_thread()))
    del widget

    def allocate() -> None:
        for _ in range(50):
            [[] for _ in range(1000)]

    thread = threading.Thread(target=allocate)
    thread.start()
    thread.join()
    assert kept() is not None
    assert any(isinstance(child, Sweeper) for child in qapp.children())
    pile = [[] for _ in range(2000)]  # type: ignore[var-annotated]
    qtbot.waitUntil(lambda: kept() is None, timeout=10000)
    assert pile
    assert ends == [threading.main_thread()]
