"""Film files become samples: catalogue, segments on workers, the join, the store.

Start at :mod:`.build`; :mod:`.segment` is what a worker does.
"""
