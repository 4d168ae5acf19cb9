"""Foreign ids: given once, never reused, never derived."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from printyard.core.errors import Conflict
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store

FEW = st.sampled_from("abcd")


async def test_a_foreign_id_is_found_from_both_sides(store):
    assert await store.write(lambda tx: tx.aliases.give("job", "core", "cura", "value")) == "value"
    assert await store.write(lambda tx: tx.aliases.give("job", "core", "cura", "other")) == "value"
    assert await store.write(lambda tx: tx.aliases.give("job", "core", "moonraker", "0001")) == "0001"
    assert await store.read(lambda tx: tx.aliases.of("job", "core", "cura")) == "value"
    assert await store.read(lambda tx: tx.aliases.core("job", "cura", "value")) == "core"
    assert await store.read(lambda tx: tx.aliases.core("job", "cura", "other")) is None
    assert await store.read(lambda tx: tx.aliases.core("file", "cura", "value")) is None
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.aliases.give("job", "other core", "cura", "value"))
    assert await store.read(lambda tx: tx.aliases.of("job", "other core", "cura")) is None


class Aliases(RuleBasedStateMachine):
    """Against two plain tables, one for each direction."""

    run = None

    @initialize()
    def begin(self):
        self.given, self.cores = {}, {}
        self.run(lambda tx: [tx.connection.exec_driver_sql("DELETE FROM aliases")])

    @rule(kind=st.sampled_from(["job", "file"]), core=FEW, dialect=st.sampled_from(["x", "y"]), value=FEW)
    def give(self, kind, core, dialect, value):
        def work(tx):
            try:
                return tx.aliases.give(kind, core, dialect, value)
            except Conflict:
                return Conflict

        answer = self.run(work)
        if (kind, core, dialect) in self.given:
            assert answer == self.given[kind, core, dialect]
        elif (kind, dialect, value) in self.cores:
            assert answer is Conflict
        else:
            assert answer == value
            self.given[kind, core, dialect] = value
            self.cores[kind, dialect, value] = core

    def teardown(self):
        """In the end both sides agree."""

        def work(tx):
            for kind in ("job", "file"):
                for dialect in ("x", "y"):
                    for letter in "abcd":
                        assert tx.aliases.of(kind, letter, dialect) == self.given.get((kind, letter, dialect))
                        assert tx.aliases.core(kind, dialect, letter) == self.cores.get((kind, dialect, letter))

        if hasattr(self, "given"):
            self.run(work)


@pytest.mark.slow
def test_aliases_are_a_one_to_one_table_that_only_grows(address, clock):
    with asyncio.Runner() as runner:

        async def opened():
            return open_store(address, clock, LocalBell())

        store = runner.run(opened())

        class OverStore(Aliases):
            @staticmethod
            def run(work):
                return runner.run(store.write(work))

        run_state_machine_as_test(
            OverStore,
            settings=settings(max_examples=10, stateful_step_count=20, suppress_health_check=list(HealthCheck)),
        )
        runner.run(store.close())
