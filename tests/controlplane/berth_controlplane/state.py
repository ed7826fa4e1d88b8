"""What is remembered of a running cluster, in one JSON file inside its folder.

Any number of shells may act on one cluster: every change happens under a lock file and starts from
what the file says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .components import Layout
from .errors import ControlPlaneError
from .locks import file_lock
from .processes import ProcessRecord

STATE_FILE = "state.json"
LOCK_FILE = "lock"
LOCK_TIMEOUT_SECONDS = 300  # somebody else may be starting the cluster


@dataclass
class State:
    """A cluster's layout and its processes, in the order in which they were started."""

    layout: Layout
    processes: dict[str, ProcessRecord] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> State:
        """Read the state of the cluster that lives in this folder."""
        try:
            content = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ControlPlaneError(f"no cluster in {folder}") from None
        processes = {name: ProcessRecord(**record)
                     for name, record in content["processes"].items()}
        return cls(Layout(**content["layout"]), processes)

    def save(self) -> None:
        """Write the state, whole or not at all."""
        folder = Path(self.layout.folder)
        partial = folder / (STATE_FILE + ".partial")
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        partial.rename(folder / STATE_FILE)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of the cluster in this folder; waits for whoever has it."""
    with file_lock(folder / LOCK_FILE, LOCK_TIMEOUT_SECONDS):
        yield
