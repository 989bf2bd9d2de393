"""Backends by key. A recipe names a key; its module is imported only then, so nothing heavy loads uninvited."""
