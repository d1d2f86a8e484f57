"""A school year against its dates: what is left, who is reminded, when it will end."""
