"""One act on many records: asked once, worked in slices, an outcome for each."""
