"""Trajectory -> numbers: what an experimenter reads off a trace.

Every function takes `time` (n,) in ms and `values` (n,) and looks at the whole of them;
`window` cuts a piece out first. Which interpolation each one uses is written in
`docs/measured-quantities.md`.
"""

from quantal.observables.crossings import crossings as crossings
from quantal.observables.dose_response import ec50 as ec50
from quantal.observables.dose_response import local_slopes as local_slopes
from quantal.observables.kinetics import decay as decay
from quantal.observables.kinetics import half_decay as half_decay
from quantal.observables.kinetics import half_width as half_width
from quantal.observables.kinetics import onset as onset
from quantal.observables.kinetics import rise as rise
from quantal.observables.levels import area as area
from quantal.observables.levels import at as at
from quantal.observables.levels import final as final
from quantal.observables.levels import initial as initial
from quantal.observables.levels import mean as mean
from quantal.observables.measured import value_of as value_of
from quantal.observables.peaks import highest as highest
from quantal.observables.peaks import lowest as lowest
from quantal.observables.peaks import peak as peak
from quantal.observables.peaks import time_of_peak as time_of_peak
from quantal.observables.quantal import coefficient_of_variation as coefficient_of_variation
from quantal.observables.quantal import content_by_failures as content_by_failures
from quantal.observables.quantal import content_by_variation as content_by_variation
from quantal.observables.quantal import events_after as events_after
from quantal.observables.quantal import failure_rate as failure_rate
from quantal.observables.quantal import intervals as intervals
from quantal.observables.quantal import latencies as latencies
from quantal.observables.quantal import paired_pulse_ratio as paired_pulse_ratio
from quantal.observables.quantal import trial_amplitudes as trial_amplitudes
from quantal.observables.spikes import spike_times as spike_times
from quantal.observables.stages import Stage as Stage
from quantal.observables.stages import StageRow as StageRow
from quantal.observables.stages import role_stages as role_stages
from quantal.observables.stages import stage_rows as stage_rows
from quantal.observables.trains import amplitudes as amplitudes
from quantal.observables.trains import normalised as normalised
from quantal.observables.trains import root_mean_square as root_mean_square
from quantal.observables.variance import mean_variance as mean_variance
from quantal.observables.variance import noise_analysis as noise_analysis
from quantal.observables.window import window as window
