"""What the later stages may hear of from the work in the background."""

from django.dispatch import Signal

# No arguments. The periodic reconciler runs: what is derived may compare itself.
reconciling = Signal()
