"""Where keys live. Every provider answers the same three calls of ``base.Provider``."""
