"""The planning conversation in a terminal: what is typed, what is shown, who is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...agents.coordinator import ApprovalRequest, Coordinator, Decision
from ...agents.file_access import FileAccess
from ...errors import EndpointError, InputError
from ...records import Json
from .drafting import Drafting
from .overseeing import Overseeing, meaning_of
from .plan_table import plan_line, plan_table
from .terminal import Terminal

GREETING = """\
Hello, this is Dataset Agent. What should the dataset be for, and what should a record hold?
/help shows what else can be typed; Ctrl-C stops an answer, Ctrl-D leaves."""

_HELP = """\
/plan     the plan as it is now
/status   how far the dataset is
/wait     wait for the run to end
/stop     ask the run to end; it can be resumed
/quit     leave; a run goes on without you
Anything else is said to the coordinator."""

_WATCH_S = 2.0
_RECALLED_CHARS = 800


class Voice:
    """The coordinator's `Listener`, on a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def delta(self, text: str) -> None:
        """See `Listener`."""
        self._terminal.stream(text)

    def tool(self, name: str, arguments: Mapping[str, Json]) -> None:
        """See `Listener`."""
        about = [str(value)[:80] for key, value in arguments.items() if key in ("path", "folder", "name")]
        self._terminal.say(f"· {' '.join([name, *about])}", style="dim")


class Conversation:
    """A person, a coordinator, a draft and its runs."""

    def __init__(
        self,
        terminal: Terminal,
        coordinator: Coordinator,
        files: FileAccess,
        drafting: Drafting,
        overseeing: Overseeing,
    ) -> None:
        self._terminal, self._coordinator, self._files = terminal, coordinator, files
        self._drafting, self._overseeing = drafting, overseeing
        self._failure: EndpointError | None = None
        self._told_of: object = None

    def hold(self, runner: asyncio.Runner) -> int:
        """Talk until the user leaves. Gives the exit code: on pipes, a failure at the end is one of the command."""
        runner.run(self._recall())
        while (line := self._next()) is not None:
            if line.startswith("/"):
                if line in ("/quit", "/exit"):
                    break
                self._command(line)
            elif line:
                self._turn(runner, line)
        self._take_leave()
        return self._failure.exit_code if self._failure and not self._terminal.is_interactive else 0

    async def _recall(self) -> None:
        """Greet, or say where an earlier conversation was left."""
        past = await self._coordinator.past()
        for said in past:
            if said.who == "user":
                self._files.hear(said.text)
        if self._drafting.draft is None and (document := await self._coordinator.last_plan()):
            try:
                self._drafting.propose(document)
            except InputError as error:  # its files are gone, or it was made by another version
                self._terminal.say(f"The plan of this conversation cannot be built any more:\n{error}")
        if not past:
            self._terminal.say(GREETING)
            return
        last = next((said.text for said in reversed(past) if said.who == "assistant"), "")
        self._terminal.say(f"This goes on from an earlier conversation ({len(past)} messages; --new begins anew).")
        if last:
            self._terminal.say(last[-_RECALLED_CHARS:])

    def _next(self) -> str | None:
        """The next line, None at the end."""
        while True:
            self._tell_news()
            try:
                return self._terminal.ask("> ")
            except KeyboardInterrupt:
                if not self._terminal.is_interactive:
                    raise
                self._terminal.say("\nCtrl-D or /quit leaves.")

    # ---- a turn ----------------------------------------------------------------------------------------------

    def _turn(self, runner: asyncio.Runner, text: str) -> None:
        self._files.hear(text)
        self._failure = None
        try:
            approvals = runner.run(self._coordinator.say(text))
            while approvals:
                decisions = {approval.call_id: self._decide(approval) for approval in approvals}
                approvals = runner.run(self._coordinator.decide(decisions))
        except KeyboardInterrupt:
            if not self._terminal.is_interactive:
                raise
            self._terminal.say("(interrupted)", style="dim")
        except EndpointError as error:
            self._failure = error
            self._terminal.say(f"error: {error}")
        if self._drafting.saved_as is not None:
            runner.run(self._coordinator.keep_as(self._drafting.saved_as))
            self._drafting.saved_as = None
        self._terminal.end_line()

    def _decide(self, approval: ApprovalRequest) -> Decision:
        """Ask the user. Whatever is not a yes is a no, and is told to the model as it was said."""
        question = approval.question
        if question.detail:
            self._terminal.say(question.detail)
        try:
            answer = self._terminal.ask(f"{question.text} [y/N] ") or ""
        except KeyboardInterrupt:
            answer = ""
        if answer.lower() in ("y", "yes"):
            return Decision(True)
        return Decision(False, "" if answer.lower() in ("n", "no") else answer)

    # ---- commands --------------------------------------------------------------------------------------------

    def _command(self, line: str) -> None:
        commands = {"/plan": self._show_plan, "/status": self._show_status, "/wait": self._wait, "/stop": self._stop}
        try:
            commands.get(line, lambda: self._terminal.say(_HELP))()
        except InputError as error:
            self._terminal.say(str(error))
        except KeyboardInterrupt:  # ends the waiting, not the run
            if not self._terminal.is_interactive:
                raise
            self._terminal.say("")

    def _show_plan(self) -> None:
        draft = self._drafting.current
        saved = "saved as" if draft.is_saved else "not saved yet; would be"
        self._terminal.say(f"{plan_line(draft.plan)}; {saved} {draft.path}")
        self._terminal.show(plan_table(draft.plan))

    def _show_status(self) -> None:
        self._terminal.say(_progress(self._overseeing.state(None)))

    def _wait(self) -> None:
        run = self._overseeing.run
        if run is None:
            self._terminal.say("No run was started here.")
            return
        while not run.ended_within(_WATCH_S):
            self._show_status()

    def _stop(self) -> None:
        run = self._overseeing.run
        if run is None or run.exit_code is not None:
            self._terminal.say("No run that was started here is going on.")
            return
        run.stop()
        self._terminal.say("Asked it to stop; /wait waits until it has.")

    # ---- runs ------------------------------------------------------------------------------------------------

    def _tell_news(self) -> None:
        run = self._overseeing.run
        if run is None or run is self._told_of or run.exit_code is None:
            return
        self._told_of = run
        told = self._overseeing.outcome(run)
        self._terminal.say(f"The run of {run.dataset} has ended: {meaning_of(run.exit_code)}.")
        for message in told.get("messages", []) if run.exit_code not in (0, 3) else []:
            self._terminal.say(f"  {message}")
        if state := told.get("state"):
            self._terminal.say(f"{_progress(state)}\nfiles   {told['files']}/")

    def _take_leave(self) -> None:
        draft, run = self._drafting.draft, self._overseeing.run
        if draft is not None and not draft.is_saved:
            self._terminal.say(f"The plan is not saved; `agent plan{self._argument()}` goes on with this conversation.")
        if run is not None and run.exit_code is None:
            self._terminal.say(f"The run goes on: agent status {run.dataset}. What it says is in {run.log}.")

    def _argument(self) -> str:
        given = self._drafting.given
        return f" {given}" if given else ""


def _progress(state: Mapping[str, Any]) -> str:
    lines = [f"{state['dataset_name']} is {state['state']}: {state['accepted']:,} of {state['planned']:,} records"]
    if state["rejected"]:
        lines[0] += f"; rejected: {', '.join(f'{reason} {count:,}' for reason, count in state['rejected'].items())}"
    for row in state["strata"]:
        if why := row.get("shortfall"):
            lines.append(f"  short: {row['category']} / {row['tier'] or '-'}: {why}")
    return "\n".join(lines)
