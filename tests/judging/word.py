"""The word for the one service of a `Story`."""

from msgprobe.judging.judge import judge
from msgprobe.model.target import Function
from msgprobe.model.verdict import FunctionVerdict
from tests.evidence.story import Story


def text(story: Story) -> FunctionVerdict:
    (service,) = judge(story.evidence()).services
    return next(f for f in service.functions if f.function is Function.TEXT)
