"""Sensitivities of published mechanisms, beside differences of precise runs."""

import numpy as np
import pytest

import quantal

SAMPLES = np.linspace(0.0, 12.0, 25)


def hold(**values):
    done = quantal.protocols.Protocol()
    for name, value in values.items():
        done = done + quantal.protocols.hold(name, value)
    return done


CASES = {
    "channels/sodium_rothman_2003": (hold(V="-45 mV"), "speed"),
    "receptors/nmda_destexhe_1996": (hold(glu="0.1 mM", V="-40 mV"), "koff"),
    "release/sensor_kobbersmed_2020": (hold(Ca="5 uM"), "f"),
    "signalling/gabab_destexhe_1995": (hold(gaba="0.5 mM", V="-60 mV"), "K1"),
    "calcium/buffer_calmodulin_faas_2011": (hold(Ca="1 uM"), "koff_C1"),
}
"""A channel, a receptor, a sensor, a cascade, a buffer, held; and what is varied."""


@pytest.mark.parametrize("name", CASES)
def test_sensitivities_are_the_differences_of_runs(name):
    protocol, parameter = CASES[name]
    model = quantal.load(name)
    result = quantal.run(
        model, protocol, until="12 ms", sample=SAMPLES, sensitivities=[parameter],
        relative=1e-9, absolute=1e-12,
    )  # fmt: skip
    unit = result.varied[parameter]
    value = unit.from_internal(_value(model, parameter))

    def traces(share):
        moved = quantal.protocols.parameter(parameter, f"{value * (1 + share):.17g} {unit.text}")
        run = quantal.run(
            model, protocol + moved, until="12 ms", sample=SAMPLES, relative=1e-12, absolute=1e-15
        )
        return {each: run[each] for each in names}

    names = [each for each in result.names() if each not in result.roles]
    h = 3e-3
    near, far = (traces(h), traces(-h)), (traces(2 * h), traces(-2 * h))
    checked = 0
    for each in names:
        exact = 8.0 * (near[0][each] - near[1][each]) - (far[0][each] - far[1][each])
        exact = exact / (12.0 * h * value)
        simulated = result.sensitivity(each, parameter)
        size = np.abs(exact).max()
        # What the trace itself keeps only to rounding cannot be differenced better.
        floor = 1e-11 * np.abs(near[0][each]).max() / (h * value)
        assert np.abs(simulated - exact).max() <= 1e-6 * size + floor, each
        checked += bool(size > 0.0)
    assert checked >= 1


def _value(model, parameter):
    from quantal.experiments.loading import prepare

    slots = {slot.name: slot.value for slot in prepare(model).parameters}
    return slots[parameter]
