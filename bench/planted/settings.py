"""The diary with two holes in it, for scanners alone: a scanner that does not find them has not looked."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.planted.urls"
