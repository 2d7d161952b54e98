"""``python -m crosscheck`` is ``crosscheck``."""

import sys

from .cli import main

sys.exit(main())
