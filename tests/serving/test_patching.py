"""JSON Patches: what they say, and that applying them gives what they were made from."""

import msgspec
import pytest
from hypothesis import given, strategies as st

from printyard.serving.patching import patch


class Leaf(msgspec.Struct, frozen=True, omit_defaults=True):
    x: int = 0
    y: float | None = None


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    uuid: str
    name: str
    parts: list[Leaf] | None = None


class Root(msgspec.Struct, frozen=True, omit_defaults=True, rename={"title": "full-title"}):
    title: str | None = None
    leaf: Leaf | None = None
    jobs: list[Job] | None = None
    words: list[str] | None = None
    data: dict[str, int] | None = None


def applied(document, operations):
    """A plain reader of RFC 6902, as far as it goes here."""
    for operation in operations:
        *way, last = operation["path"].split("/")[1:]
        at = document
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        if isinstance(at, list):
            index = int(last)
            if operation["op"] == "add":
                assert 0 <= index <= len(at)
                at.insert(index, operation["value"])
            elif operation["op"] == "remove":
                at.pop(index)
            else:
                at[index] = operation["value"]
        elif operation["op"] == "remove":
            del at[last]
        else:
            assert (last in at) == (operation["op"] == "replace")
            at[last] = operation["value"]
    return document


def plain(value):
    return msgspec.json.decode(msgspec.json.encode(value))


leaves = st.builds(Leaf, x=st.integers(1, 3), y=st.none() | st.just(0.5))
parts = st.none() | st.lists(leaves, max_size=3)
job = st.builds(Job, uuid=st.sampled_from("abcdef"), name=st.sampled_from(["one", "two"]), parts=parts)
jobs = st.lists(job, unique_by=lambda one: one.uuid, max_size=5)
roots = st.builds(
    Root, title=st.none() | st.just("t"), leaf=st.none() | leaves, jobs=st.none() | jobs,
    words=st.none() | st.lists(st.sampled_from("xyz"), max_size=3),
    data=st.none() | st.dictionaries(st.sampled_from("ab"), st.integers(1, 2), max_size=2),
)  # fmt: skip


A, D = Job("a", "1"), Job("d", "4")


@given(roots, roots)
def test_a_patch_turns_the_one_into_the_other(before, after):
    assert applied(plain(before), plain(patch(before, after))) == plain(after)


@given(roots)
def test_nothing_is_said_of_equals(root):
    assert patch(root, msgspec.convert(msgspec.to_builtins(root), Root)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (Root(), Root(title="t"), [{"op": "add", "path": "/full-title", "value": "t"}]),
        (Root(leaf=Leaf(x=1, y=1.0)), Root(leaf=Leaf(x=2)), [
            {"op": "replace", "path": "/leaf/x", "value": 2}, {"op": "remove", "path": "/leaf/y"},
        ]),
        (Root(jobs=[A, Job("b", "2"), Job("c", "3")]), Root(jobs=[A, Job("c", "n"), D]), [
            {"op": "remove", "path": "/jobs/1"}, {"op": "add", "path": "/jobs/2", "value": D},
            {"op": "replace", "path": "/jobs/1/name", "value": "n"},
        ]),
    ],
)  # fmt: skip
def test_what_a_patch_says(before, after, said):
    assert patch(before, after) == said


def test_a_list_that_was_turned_round_is_told_as_a_whole():
    before, after = Root(jobs=[Job("a", "1"), Job("b", "2")]), Root(jobs=[Job("b", "2"), Job("a", "1")])
    assert patch(before, after) == [{"op": "replace", "path": "/jobs", "value": after.jobs}]
