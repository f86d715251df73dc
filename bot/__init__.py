"""The running program: commands, settings, wiring, time, delivery, coordination, reports.

The only room that knows all the others. Nothing is opened or read when it is imported.

This module and `bot.__main__` are written so that Python 3.6 can read them: whoever starts Runda
with an old Python gets a sentence, not a traceback.
"""

import sys

__version__ = "0.1.0"

if sys.version_info < (3, 11):
    sys.stderr.write(
        f"Runda needs Python 3.11 or newer; this is {sys.version_info[0]}.{sys.version_info[1]}"
        f" ({sys.executable}).\nIf a newer one is installed too, call it by its name:"
        " python3.11 (or .12, .13) instead of python3.\n"
    )
    sys.exit(2)
