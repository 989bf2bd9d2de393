"""Training Kiwi-Edit: settings, data, cache, the loop. `run.train` is the way in; each other file has one idea."""
