"""What holds for every test: nothing is judged by how long it took on this machine."""

from hypothesis import settings

settings.register_profile("sluice", deadline=None)
settings.load_profile("sluice")
