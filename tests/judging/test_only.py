"""A service has the same word whether the others of the run are judged as well or not."""

from dataclasses import replace

from msgprobe.judging.judge import judge
from tests.evidence.story import SERVICE, Story

OTHER = replace(SERVICE, name="other", title="Other")


def test_a_service_alone_has_the_word_that_it_has_among_the_others() -> None:
    story = Story().good_connection().names().all_targets(times=1)
    evidence = replace(story.evidence(), services=(SERVICE, OTHER))
    every = judge(evidence)
    for one in every.services:
        alone = judge(evidence, {one.service})
        assert alone.services == (one,)
        assert alone.connection == every.connection
    assert [s.outcome.value for s in every.services] == ["ok", "not_tested"]
