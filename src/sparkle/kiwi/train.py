"""What launchers start: `accelerate launch -m sparkle.kiwi.train CONFIG.yaml`; the name does not change.

The command itself is `cli/launched_training.py`: this is the one import upward, and nobody imports this module.
"""

import sys

from sparkle.cli.launched_training import main

if __name__ == "__main__":
    sys.exit(main())
