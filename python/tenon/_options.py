"""What `tenon.load` and `Network.build` take beside the model."""
import os

from ._tenon import Options


def native_options(device="cpu", permit=(), keep=(), threads=0, optimize=True, tuning_ms=0, providers=(), profile=None,
                   timing_cache=""):
    options = Options()
    options.device = device
    options.permit = list(permit)
    options.keep = list(keep)
    options.threads = threads
    options.optimize = optimize
    options.tuning_ms = tuning_ms
    options.providers = list(providers)
    options.timing_cache = os.fspath(timing_cache)
    for name, (lowest, typical, highest) in (profile or {}).items():
        options.set_range(name, lowest, typical, highest)
    return options
