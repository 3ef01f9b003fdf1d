"""What is done to a model: pure data, put together with `+`.

>>> from quantal import protocols
>>> protocols.train("spike", rate="100 Hz", count=10) + protocols.hold("V", "-70 mV")

Each function takes values as text with a unit (`"1 mM"`) or as plain numbers, and gives a
Protocol. Where nothing else is said, a thing happens at 0 ms.
"""

from quantal.protocols.applications import application as application
from quantal.protocols.applications import decaying as decaying
from quantal.protocols.applications import pulse as pulse
from quantal.protocols.clamps import current_step as current_step
from quantal.protocols.clamps import hold as hold
from quantal.protocols.clamps import parameter as parameter
from quantal.protocols.clamps import voltage_clamp as voltage_clamp
from quantal.protocols.clamps import voltage_step as voltage_step
from quantal.protocols.clamps import waveform as waveform
from quantal.protocols.protocol import Protocol as Protocol
from quantal.protocols.stimulation import paired_pulse as paired_pulse
from quantal.protocols.stimulation import recorded as recorded
from quantal.protocols.stimulation import train as train
