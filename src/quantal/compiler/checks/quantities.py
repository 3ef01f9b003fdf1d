"""Check what is declared with a value: bounds, units, sizes, start values, equations."""

from __future__ import annotations

from quantal.compiler.checks.constants import constant_value, constant_values
from quantal.compiler.symbols import Symbols
from quantal.errors import Where, did_you_mean
from quantal.expression import Expression, to_text
from quantal.model.model import Model
from quantal.model.quantities import Gate, Membrane, Parameter, Place, Scheme, Species, State
from quantal.units import (
    CAPACITANCE,
    CONCENTRATION,
    DENSITY,
    NUMBER,
    PER_TIME,
    SURFACE,
    TIME,
    VOLTAGE,
    VOLUME,
    Dimension,
    Unit,
)


class QuantityChecks:
    """`dimensions` gains `X.count` of schemes and `X.capacitance` of membranes."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.infer = symbols.infer
        self.say = symbols.infer.say
        self.surfaces = {place.name for place in symbols.model.places if place.inside is not None}
        self.dimensions: dict[str, Dimension] = {}
        self.constants = constant_values(symbols.model, ())

    def _constant(self, expression: Expression) -> float | None:
        """The value that an expression has with the parameters as they are declared."""
        return constant_value(expression, self.constants)

    def run(self, model: Model) -> None:
        for parameter in model.parameters:
            self._parameter(parameter)
        for let in model.lets:
            self._stated(let.name, let.expression, let.unit, let.where)
        for place in model.places:
            self._place(place)
        for species in model.species:
            self._species(species)
        for scheme in model.schemes:
            self._scheme(scheme)
        for state in model.states:
            self._state(state)
        for gate in model.gates:
            self._gate(gate)
        for membrane in model.membranes:
            self._membrane(membrane)
        for port in model.ports:
            if port.default is not None:
                self._stated(port.name, port.default, port.unit, port.where)
        for role in model.roles:
            self.infer.of(role.expression, role.where)
        self._q10s(model)
        self._countings(model)

    def _stated(self, name: str, expression: Expression, unit: Unit | None, where: Where) -> None:
        """A stated unit must be of the dimension that the expression comes to."""
        if unit is None:
            self.symbols.dimension_of(name, where)
            return
        found = self.infer.of(expression, where)
        if found is not None and found != unit.dimension:
            self.infer.report(
                where,
                f"`{name}` is stated in {unit}, but `{to_text(expression)}` is "
                f"{self.say.shown(expression, found, where)}"
                f"{self.say.hint(expression, unit.dimension, where)}",
            )

    def _parameter(self, item: Parameter) -> None:
        value, low, high = item.value, item.low, item.high
        for bound in (low, high):
            if bound is not None and bound.dimension != value.dimension:
                self.infer.report(
                    item.where,
                    f"`{item.name}` is {self.say.shown(value, value.dimension, item.where)}, but "
                    f"its bound `{to_text(bound)}` is "
                    f"{self.say.shown(bound, bound.dimension, item.where)}",
                )
                return
        outside = (low is not None and value.value < low.value) or (
            high is not None and value.value > high.value
        )
        if outside:
            assert low is not None or high is not None
            span = [f"{item.unit.from_internal(b.value):g}" for b in (low, high) if b is not None]
            self.infer.report(
                item.where,
                f"`{item.name}` is {item.unit.from_internal(value.value):g} {item.unit}, "
                f"outside its bounds; expected between {' and '.join(span)} {item.unit}",
            )

    def _place(self, place: Place) -> None:
        for word, size, expected in (
            ("volume", place.volume, VOLUME),
            ("surface", place.surface, SURFACE),
        ):
            if size is None:
                continue
            self.infer.expect(size, expected, f"the {word} of `{place.name}`", place.where)
            value = self._constant(size)
            if value is not None and value <= 0.0:
                sign = "negative" if value < 0.0 else "zero"
                self.infer.report(
                    place.where,
                    f"`{place.name}` has a {sign} {word}, `{to_text(size)}`; "
                    f"expected a {word} above zero",
                )

    def _species(self, species: Species) -> None:
        name, where = species.name, species.where
        self._stated(name, species.initial, species.unit, where)
        dimension = self.symbols.dimension_of(name, where)
        if dimension is None:
            return
        if dimension not in (CONCENTRATION, DENSITY, NUMBER):
            self.infer.report(
                where,
                f"the species `{name}` is {self.say.named(dimension, where)}; "
                "expected a concentration, a count, or a density per surface",
            )
        on_surface = species.place in self.surfaces
        if dimension == CONCENTRATION and on_surface:
            self.infer.report(
                where,
                f"`{name}` is a concentration, but `{species.place}` is a surface; expected a "
                "volume, or a density such as [/um2]",
            )
        value = self._constant(species.initial)
        if value is not None and value < 0.0:
            self.infer.report(
                where,
                f"`{name}` starts at a negative amount, `{to_text(species.initial)}`; "
                "expected zero or more",
            )

    def _scheme(self, scheme: Scheme) -> None:
        self._shares(scheme)
        if scheme.count is None:
            return
        found = self.infer.of(scheme.count, scheme.where)
        if found is None:
            return
        if found not in (NUMBER, DENSITY):
            self.infer.report(
                scheme.where,
                f"the count of `{scheme.name}` is {self.say.named(found, scheme.where)}; "
                "expected a number or a density per surface such as [/um2]",
            )
        value = self._constant(scheme.count)
        if value is not None and value < 0.0:
            self.infer.report(
                scheme.where,
                f"`{scheme.name}` has a negative count, `{to_text(scheme.count)}`; "
                "expected zero or more",
            )
        self.dimensions[f"{scheme.name}.count"] = found

    def _shares(self, scheme: Scheme) -> None:
        """What a scheme starts with is in its own states, and adds up to all of it."""
        known = ["equilibrium", *scheme.states]
        for share, state in scheme.shares:
            if state not in scheme.states:
                self.infer.report(
                    scheme.where,
                    f"the scheme `{scheme.name}` cannot start at `{state}`; expected "
                    f"`equilibrium` or its states{did_you_mean(state, known)}",
                )
            self.infer.expect(share, NUMBER, f"the share of `{state}`", scheme.where)
        found = [self._constant(share) for share, _ in scheme.shares]
        shares = [share for share in found if share is not None]
        if len(shares) < len(found):
            return  # a name that is unknown or varies; it is reported where it is used
        if shares and abs(sum(shares) - 1.0) > 1e-9:
            self.infer.report(
                scheme.where,
                f"the occupancies at the start of `{scheme.name}` come to {sum(shares):g}; "
                "expected a sum of 1",
            )
        elif any(share < 0.0 for share in shares):
            self.infer.report(scheme.where, f"`{scheme.name}` starts with a negative occupancy")

    def _state(self, state: State) -> None:
        self._stated(state.name, state.initial, state.unit, state.where)
        dimension = self.symbols.dimension_of(state.name, state.where)
        if state.derivative is not None and dimension is not None:
            slope = dimension.over(TIME)
            self.infer.expect(
                state.derivative, slope, f"the derivative of `{state.name}`", state.where
            )

    def _gate(self, gate: Gate) -> None:
        given = [
            word for word in ("alpha", "beta", "inf", "tau") if getattr(gate, word) is not None
        ]
        if given not in (["alpha", "beta"], ["inf", "tau"]):
            self.infer.report(
                gate.where,
                f"the gate `{gate.name}` has {' and '.join(given) or 'no rates'}; "
                "expected alpha and beta, or inf and tau",
            )
        for word, expected in (
            ("alpha", PER_TIME), ("beta", PER_TIME), ("inf", NUMBER), ("tau", TIME),
        ):  # fmt: skip
            expression = getattr(gate, word)
            if expression is not None:
                self.infer.expect(expression, expected, f"{word} of `{gate.name}`", gate.where)

    def _membrane(self, membrane: Membrane) -> None:
        where = membrane.where
        self.infer.expect(membrane.initial, VOLTAGE, f"the start of `{membrane.name}`", where)
        found = self.infer.of(membrane.capacitance, where)
        if found is None:
            return
        if found not in (CAPACITANCE, CAPACITANCE.over(SURFACE)):
            self.infer.report(
                where,
                f"the capacitance of `{membrane.name}` comes to {self.say.named(found, where)}; "
                "expected [pF] or [uF/cm2]",
            )
        value = self._constant(membrane.capacitance)
        if value is not None and value <= 0.0:
            self.infer.report(
                where,
                f"`{membrane.name}` has the capacitance `{to_text(membrane.capacitance)}`; "
                "expected one above zero",
            )
        self.dimensions[f"{membrane.name}.capacitance"] = found

    def _q10s(self, model: Model) -> None:
        known = {item.name for item in model.gates} | {item.name for item in model.states}
        known |= {item.name for item in model.schemes} | {item.name for item in model.lets}
        known |= {item.name for item in model.parameters}
        known |= {item.name for item in model.reactions if item.name is not None}
        for q10 in model.q10s:
            if q10.reference is None and model.temperature is None:
                self.infer.report(
                    q10.where,
                    "a q10 needs the temperature at which the constants were measured: "
                    "write `temperature 22 [degC]`",
                )
            if q10.factor.dimension != NUMBER or q10.factor.value <= 0.0:
                self.infer.report(
                    q10.where, f"`{to_text(q10.factor)}` is no q10; expected a number above zero"
                )
            for name in q10.names:
                if name not in known:
                    self.infer.report(
                        q10.where,
                        f"nothing with a rate is called `{name}`{did_you_mean(name, known)}",
                    )

    def _countings(self, model: Model) -> None:
        known = {item.name for item in model.schemes} | {item.name for item in model.species}
        for counting in model.countings:
            for name in counting.names:
                if name not in known:
                    word = "discrete" if counting.discrete else "continuous"
                    self.infer.report(
                        counting.where,
                        f"`{word}` takes schemes and species; none is called `{name}`"
                        f"{did_you_mean(name, known)}",
                    )
