"""What the later stages may hear of from the work in the background."""

from django.dispatch import Signal

# No arguments. The periodic reconciler runs: what is derived may compare itself.
reconciling = Signal()

# ``batch``: it is finished, cancelled too (``cancelled_at``). Sent once it is written
# down, by the process that ended it, at least once: a worker may die before it has
# noted that it told. What receivers do twice must harm nothing.
batch_ended = Signal()

# ``consent``: its signer is asked, and nobody knows whether they still look.
question_asked = Signal()
