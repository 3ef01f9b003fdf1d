"""Trajectory -> numbers: what an experimenter reads off a trace.

Every function takes `time` (n,) in ms and `values` (n,) and looks at the whole of them;
`window` cuts a piece out first. Which interpolation each one uses is written in
`docs/measured-quantities.md`.
"""

from quantal.observables.crossings import crossings as crossings
from quantal.observables.deconvolution import deconvolved as deconvolved
from quantal.observables.deconvolution import peeled as peeled
from quantal.observables.dose_response import ec50 as ec50
from quantal.observables.dose_response import local_slopes as local_slopes
from quantal.observables.estimate import Estimate as Estimate
from quantal.observables.estimate import jackknife as jackknife
from quantal.observables.estimate import share as share
from quantal.observables.kinetics import decay as decay
from quantal.observables.kinetics import half_decay as half_decay
from quantal.observables.kinetics import half_width as half_width
from quantal.observables.kinetics import onset as onset
from quantal.observables.kinetics import rise as rise
from quantal.observables.laws import amplitude_law as amplitude_law
from quantal.observables.laws import binomial_law as binomial_law
from quantal.observables.laws import first_latency_law as first_latency_law
from quantal.observables.laws import interval_law as interval_law
from quantal.observables.laws import poisson_law as poisson_law
from quantal.observables.levels import area as area
from quantal.observables.levels import at as at
from quantal.observables.levels import final as final
from quantal.observables.levels import initial as initial
from quantal.observables.levels import mean as mean
from quantal.observables.measured import value_of as value_of
from quantal.observables.minis import aligned as aligned
from quantal.observables.minis import detect as detect
from quantal.observables.minis import event_template as event_template
from quantal.observables.peaks import highest as highest
from quantal.observables.peaks import lowest as lowest
from quantal.observables.peaks import peak as peak
from quantal.observables.peaks import time_of_peak as time_of_peak
from quantal.observables.quanta import content_by_quantum as content_by_quantum
from quantal.observables.quanta import content_of_events as content_of_events
from quantal.observables.quanta import quantum_of as quantum_of
from quantal.observables.quanta import release_rate as release_rate
from quantal.observables.quanta import synaptic_delay as synaptic_delay
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
from quantal.observables.variance import mean_variance_of as mean_variance_of
from quantal.observables.variance import noise_analysis as noise_analysis
from quantal.observables.window import window as window
