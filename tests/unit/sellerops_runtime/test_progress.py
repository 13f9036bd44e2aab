"""Progress: one changing line on a terminal, few lines in a log."""

import io

from sellerops_runtime.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_shows_one_changing_line_and_keeps_what_is_said():
    stream = Terminal()
    progress = Progress(stream)
    progress.show("reports ended 1 of 12")
    progress.show("ready")
    progress.say("Collected")
    assert stream.getvalue().count("\n") == 1
    screen = [line.split("\r")[-1] for line in stream.getvalue().split("\n")]
    assert screen[0].strip() == "[   0 s] Collected"


def test_a_shorter_line_hides_the_longer_one_before():
    stream = Terminal()
    progress = Progress(stream)
    progress.show("a long line about something")
    progress.show("short")
    last = stream.getvalue().split("\r")[-1]
    assert last.startswith("[   0 s] short ")
    assert len(last) == len("[   0 s] a long line about something")


def test_a_log_gets_no_line_more_often_than_every_five_seconds():
    stream = io.StringIO()
    progress = Progress(stream)
    progress._started -= 60
    for n in range(100):
        progress.show(f"step {n}")
    assert stream.getvalue() == "[  60 s] step 0\n"
    progress._started -= 6
    progress.show("step 100")
    assert stream.getvalue().endswith("[  66 s] step 100\n")
