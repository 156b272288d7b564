"""The scheduler: actors that pass one baton, seeded; a virtual clock; crashes, freezes and lock waits at points."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from django.db import OperationalError
from psycopg.pq import TransactionStatus

from tests.simulation.chance import Chance
from tests.simulation.crew import Crew, Worker
from tests.simulation.plan import Plan
from tests.simulation.trace import Trace
from tests.simulation.virtual_clock import SECOND, VirtualClock

T = TypeVar("T")
STEP = SECOND // 1000  # what a point costs
LOCK_WAIT_S = 10  # PostgreSQL's lock_timeout in payhub's settings
FREEZE_IN_TRANSACTION_S = 8.0  # below idle_in_transaction_session_timeout


class Crash(BaseException):
    """The process is gone, as by kill -9: nothing of it goes on, its session is rolled back."""


class Injected(OperationalError):
    """An error of the database that the simulation made."""


@dataclass(frozen=True, slots=True)
class Died:
    """What is known of a process that crashed: nothing."""


@dataclass(eq=False)
class Actor:
    """Somebody who acts: a person, a task, the channel's courier."""

    name: str
    run: Callable[[], None]
    worker: Worker | None = None
    in_process: bool = False  # its code runs in a process of payhub's, which may die
    dead: bool = False
    broken: bool = False  # its session met an error that a real one does not survive
    waits: int = 0  # how often it waited for a lock; makes an old alarm known as such
    refused: str = ""  # why its wait for a lock ends in an error

    @property
    def in_transaction(self) -> bool:
        """Whether it may hold locks. Django's own flag is down before COMMIT is sent, so the session itself is asked."""
        connection = self.worker.connection if self.worker else None
        raw = connection.connection if connection else None
        return raw is not None and raw.info.transaction_status is not TransactionStatus.IDLE


@dataclass
class Count:
    """What happened in a history."""

    points: int = 0
    crashes: int = 0
    switches: int = 0
    lock_waits: int = 0
    deadlocks: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    def saw(self, what: str) -> None:
        """Count one rare thing (the coverage marks)."""
        self.seen[what] = self.seen.get(what, 0) + 1


class Kernel:
    """Runs the actors of one history."""

    def __init__(self, plan: Plan, crew: Crew, clock: VirtualClock, trace: Trace) -> None:
        self.plan, self.clock, self.trace = plan, clock, trace
        self.count = Count()
        self.chance = Chance("schedule", plan.seed)
        self.current: Actor | None = None
        self.healed = False
        self.violation = ""
        self.error: Exception | None = None
        self.idle: Callable[[], int | None] = lambda: None  # when something is due that no timer knows (beat)
        self.on_idle_due: Callable[[], None] = lambda: None
        self.interfere: Callable[[Actor, str], None] = lambda actor, what: None  # a hand-made schedule's
        self._crew = crew
        self._ready: list[Actor] = []
        self._suspended: list[Actor] = []
        self._blocked: list[Actor] = []  # those of them who wait for a lock
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = count()
        self._until = 0
        self._main = threading.Semaphore(0)
        self._over = False

    # -- what the main thread calls ------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let everybody act until nothing is due within so many virtual seconds, or something is violated."""
        self._until = self.clock.at + int(seconds * SECOND)
        if self._pass_baton():
            self._main.acquire()
        self.clock.reach(self._until)

    def end(self) -> None:
        """Let every actor that has begun die where it stands."""
        self._over = True
        self._timers.clear()
        while self._suspended:
            actor = self._suspended.pop()
            actor.dead = True
            self._hand_to(actor)
            self._main.acquire()

    # -- what actors call ----------------------------------------------------------------------------------------

    def spawn(self, name: str, run: Callable[[], None], after_s: float = 0.0) -> None:
        """Let a new actor begin."""
        actor = Actor(name, run)
        self.at(after_s, lambda: self._ready.append(actor))

    def at(self, after_s: float, call: Callable[[], None]) -> None:
        """Call at a later virtual time, outside of every actor."""
        heapq.heappush(self._timers, (self.clock.at + int(after_s * SECOND), next(self._sequence), call))

    def sleep(self, seconds: float) -> None:
        """Let the current actor wait in virtual time."""
        actor = self._me()
        if actor.dead:
            raise Crash
        self.at(seconds, lambda: self._ready.append(actor))
        self._suspend(actor)

    def point(self, what: str) -> None:
        """Mark a place where the current actor may die, stand still, or give way."""
        actor = self.current
        if actor is None:
            return
        if actor.dead:
            raise Crash
        self.count.points += actor.in_process
        self.trace.note(actor.name, what)
        self.clock.at += STEP
        self.interfere(actor, what)
        if actor.in_process and self._crashes_here():
            self.kill(what)
        if self.draws("freeze"):
            longest = FREEZE_IN_TRANSACTION_S if actor.in_transaction else 60.0
            self.sleep(self.chance.random() * longest)
        elif self.plan.switch and self.chance.random() < self.plan.switch:
            self._ready.append(actor)
            self._suspend(actor)

    def kill(self, what: str) -> None:
        """Let the current actor's process die here."""
        actor = self._me()
        self.trace.note(actor.name, f"CRASH at {what}")
        self.count.crashes += 1
        actor.dead = True
        raise Crash

    def process(self, call: Callable[[], T]) -> T | Exception | Died:
        """Run a piece of payhub as a process of its own and tell what came of it; the actor itself lives on."""
        actor = self._me()
        actor.in_process = True
        result: T | Exception | Died
        try:
            result = call()
        except Crash:
            result = Died()
        except Exception as error:  # noqa: BLE001 - whoever started the process judges it
            result = error
        actor.in_process = False
        if not actor.dead:
            if actor.broken:
                self._reset_session(actor)
            return result
        # Whatever it ended with: its finally-blocks may have hidden the crash behind another error.
        self._reset_session(actor)
        if self._over:
            raise Crash
        actor.dead = False
        return Died()

    def wait_for_lock(self) -> None:
        """Let the current actor wait until a transaction ends; raise what PostgreSQL would when that is no use."""
        actor = self._me()
        actor.waits += 1
        self.count.lock_waits += 1
        alarm = actor.waits
        self.at(LOCK_WAIT_S, lambda: self._give_up(actor, alarm, "canceling statement due to lock timeout"))
        self._blocked.append(actor)
        self.trace.note(actor.name, "waits for a lock")
        self._suspend(actor)
        if actor.refused:
            refused, actor.refused = actor.refused, ""
            self.refuse(refused)

    def refuse(self, why: str) -> None:
        """Raise an error of the database in the current actor; what its session holds is gone when its process ends."""
        self._me().broken = True
        raise Injected(why)

    def draws(self, fault: str) -> bool:
        """Tell whether a fault strikes now."""
        rate = 0.0 if self.healed else self.plan.faults[fault]
        if rate > 0 and self.chance.random() < rate:
            self.count.saw(fault)
            return True
        return False

    def lock_may_be_held(self) -> bool:
        """Tell whether another actor stands still inside a transaction."""
        return any(a.in_transaction for a in self._suspended)

    def transaction_ended(self) -> None:
        """Let everybody who waits for a lock try again."""
        self._ready += self._blocked
        self._blocked.clear()

    def violate(self, what: str) -> None:
        """End the history: something that must hold does not."""
        if not self.violation:
            self.violation = what
            self.trace.note("oracle", what)

    @property
    def is_busy(self) -> bool:
        """Whether anybody stands in the middle of something."""
        return bool(self._suspended or self._ready or self._timers)

    # -- inside --------------------------------------------------------------------------------------------------

    def _me(self) -> Actor:
        if self.current is None:
            raise RuntimeError("Only an actor can do this.")
        return self.current

    def _crashes_here(self) -> bool:
        if self.plan.crash_at:
            return self.count.points == self.plan.crash_at
        return self.draws("crash")

    def _suspend(self, actor: Actor) -> None:
        worker = actor.worker
        if worker is None:
            raise RuntimeError("An actor without a thread cannot wait.")
        self._suspended.append(actor)
        if not self._pass_baton():
            self._main.release()
        worker.go.acquire()
        self.current = actor
        if actor.dead:
            raise Crash

    def _pass_baton(self) -> bool:
        actor = self._next()
        if actor is None:
            return False
        self.count.switches += 1
        self._hand_to(actor)
        return True

    def _hand_to(self, actor: Actor) -> None:
        self.current = actor
        if actor.worker is None:
            actor.worker = self._crew.hire()
            actor.worker.job = lambda: self._live(actor)
        elif actor in self._suspended:
            self._suspended.remove(actor)
        actor.worker.go.release()

    def _live(self, actor: Actor) -> None:
        try:
            actor.run()
        except Crash:
            pass
        except Exception as error:  # noqa: BLE001 - a fault of the simulator itself ends the history
            self.violate(f"the simulator failed in {actor.name}: {error!r}")
            self.error = error
        if actor.dead:
            self._reset_session(actor)
        if actor.worker is not None:
            self._crew.free(actor.worker)
        self.current = None
        if self._over or not self._pass_baton():
            self._main.release()

    def _next(self) -> Actor | None:
        while not self.violation:
            self._ring(self.clock.at)
            if self._ready:
                return self._ready.pop(self.chance.randrange(len(self._ready)))
            if self._blocked and not self._locks_may_go():
                victim = self._blocked[self.chance.randrange(len(self._blocked))]
                self.count.deadlocks += 1
                self._give_up(victim, victim.waits, "deadlock detected")
                continue
            at = self._next_time()
            if at is None or at > self._until:
                return None
            self.clock.reach(at)
        return None

    def _locks_may_go(self) -> bool:
        """Tell whether somebody who does not wait for a lock himself stands still inside a transaction."""
        return any(a.in_transaction for a in self._suspended if a not in self._blocked)

    def _next_time(self) -> int | None:
        timer = self._timers[0][0] if self._timers else None
        due = self.idle()
        if due is not None and (timer is None or due <= timer):
            if due <= self._until:
                self.clock.reach(due)
                self.on_idle_due()
            return max(due, self.clock.at)
        return timer

    def _ring(self, now: int) -> None:
        while self._timers and self._timers[0][0] <= now:
            before, self.current = self.current, None
            heapq.heappop(self._timers)[2]()
            self.current = before

    def _give_up(self, actor: Actor, alarm: int, why: str) -> None:
        if actor in self._blocked and actor.waits == alarm:
            self._blocked.remove(actor)
            actor.refused = why
            self._ready.append(actor)

    def _reset_session(self, actor: Actor) -> None:
        """Undo what a dead process left in its session, at once, so that its locks go before anybody else acts."""
        connection = actor.worker.connection if actor.worker else None
        if connection is None or connection.connection is None:
            return
        raw = connection.connection
        actor.broken = False
        raw.rollback()
        raw.autocommit = True
        raw.execute("SELECT pg_advisory_unlock_all()")
        connection.autocommit = True
        connection.in_atomic_block = False
        connection.needs_rollback = False
        connection.savepoint_ids = []
        connection.atomic_blocks = []
        connection.run_on_commit = []
        connection.run_commit_hooks_on_set_autocommit_on = False
        self.transaction_ended()
