"""`sparkle.kiwi.train` under FSDP2 between processes on CPUs, for tests; started by torchrun.

accelerate turns FSDP on for accelerators only, though torch's FSDP2 works over gloo, too. This turns it on; all else is
accelerate's and ours.
"""

from __future__ import annotations

import sys
from typing import Any

from accelerate import state
from accelerate.utils import DistributedType

from sparkle.cli.launched_training import main


def allow_fsdp_on_cpu() -> None:
    """Do for processes on CPUs what accelerate does for GPUs when a configuration asks for FSDP."""
    begin = state.AcceleratorState.__init__

    def begin_with_fsdp(self: Any, *arguments: Any, **options: Any) -> None:
        begin(self, *arguments, **options)
        if options.get("fsdp_plugin") is not None:
            self.fsdp_plugin = options["fsdp_plugin"]
            if self._mixed_precision != "no":
                self.fsdp_plugin.set_mixed_precision(self._mixed_precision)
            self.distributed_type = DistributedType.FSDP
            state.PartialState._shared_state["distributed_type"] = DistributedType.FSDP

    state.AcceleratorState.__init__ = begin_with_fsdp


if __name__ == "__main__":
    allow_fsdp_on_cpu()
    sys.exit(main())
