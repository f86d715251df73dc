"""What Slack takes at most, in one place. Characters, unless it says otherwise; everything is kept by construction.

Read in slack_sdk.models and on https://docs.slack.dev/reference/block-kit/blocks; the total over all blocks is not
documented (bolt-js#2509 and others met it), and that chat.update takes less than chat.postMessage is said only in
the list of its errors.
"""

from __future__ import annotations

#: Of a message.
BLOCKS = 50
BLOCKS_TOTAL = 13_200
#: The text beside the blocks: what chat.update takes, so that a message can always be rewritten.
TEXT = 4_000

SECTION = 3_000
HEADER = 150
#: Elements of an actions block.
ELEMENTS = 25
BUTTON = 75
BUTTON_VALUE = 2_000
BLOCK_ID = 255
ALT = 2_000
#: What goes with a file that is sent.
FILE_ALT = 1_000
IMAGE_TITLE = 2_000

#: Of a modal or a home view.
VIEW_BLOCKS = 100
VIEW_TITLE = 24
PRIVATE_METADATA = 3_000
#: Bytes of a whole view.
VIEW_SIZE = 250_000

LABEL = 2_000
HINT = 2_000
OPTION = 75
OPTION_VALUE = 150
OPTIONS = 100
OPTION_GROUPS = 100
#: Options of radio buttons and checkboxes.
TICKS = 10
#: What a field for text takes.
INPUT = 3_000

#: Messages of a look-up: where Slack rations them, and elsewhere.
RATIONED_PAGE = 15
PAGE = 200

#: Seconds in which an event, and a trigger, has to be answered.
ANSWER = 3
