"""Check reactions: participants, conservation, the dimension of each rate, its place.

The dimension of a rate is its reading: `/ms` is of the whole place, `mM/ms` per volume,
`/um2/ms` per surface. What cannot be read as one of these is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from quantal.compiler.checks.closure import ClosureChecks
from quantal.compiler.checks.constants import literal
from quantal.compiler.checks.equation import equation
from quantal.compiler.symbols import Symbols
from quantal.expression import Expression, Name, names_in, to_text
from quantal.model.processes import Reaction, Term
from quantal.units import CONCENTRATION, DENSITY, NUMBER, PER_TIME, TIME, Dimension, natural_unit

READINGS = {
    PER_TIME: "whole",
    CONCENTRATION.over(TIME): "volume",
    DENSITY.over(TIME): "surface",
}
Reading = tuple[str, str | None]


class ReactionChecks:
    """`readings` gains an entry for each reaction: forward and backward."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.infer = symbols.infer
        self.say = symbols.infer.say
        model = symbols.model
        self.schemes = {state: s for s in model.schemes for state in s.states}
        self.places = {species.name: species.place for species in model.species}
        self.places |= {port.name: port.side for port in model.ports if port.kind == "exchange"}
        self.between = {place.name for place in model.places if place.inside is not None}
        self.lets = {let.name: let.expression for let in model.lets}
        self.closure = ClosureChecks(symbols)
        self.readings: dict[int, Reading] = {}

    def run(self) -> None:
        for index, reaction in enumerate(self.symbols.model.reactions):
            self.closure.reaction(reaction)
            self.readings[index] = self._reaction(reaction)

    def _reaction(self, reaction: Reaction) -> Reading:
        self._coefficients(reaction)
        forward = self._direction(reaction, backward=False)
        if reaction.backward is None:
            return forward or "whole", None
        backward = self._direction(reaction, backward=True)
        if forward is None or backward is None:
            return forward or "whole", backward or "whole"
        if reaction.law == "mass action" and forward != backward:
            constants = (reaction.forward, reaction.backward)
            shown = " and ".join(f"`{to_text(constant)}`" for constant in constants)
            self.infer.report(
                reaction.where,
                f"the two directions of `{equation(reaction)}` are read differently, per {forward} "
                f"and per {backward}; expected {shown} to give rates of one dimension",
            )
        return forward, backward

    def _coefficients(self, reaction: Reaction) -> None:
        """Whole numbers where mass action raises to them, pure numbers elsewhere."""
        reversible = reaction.backward is not None
        for terms, raised in ((reaction.left, True), (reaction.right, reversible)):
            for coefficient, name in terms:
                self.infer.expect(
                    coefficient, NUMBER, f"the coefficient of `{name}`", reaction.where
                )
                value = literal(coefficient)
                whole = value is not None and value == int(value) and value > 0
                if raised and reaction.law == "mass action" and not whole:
                    self.infer.report(
                        reaction.where,
                        f"mass action takes `{name}` a whole number of times, "
                        f"not `{to_text(coefficient)}`; write `rate` and the whole law",
                    )

    def _direction(self, reaction: Reaction, backward: bool) -> str | None:
        constant = reaction.backward if backward else reaction.forward
        assert constant is not None
        here, there = reaction.left, reaction.right
        if backward:
            here, there = there, here
        own = self.infer.of(constant, reaction.where)
        if own is None:
            return None
        factor = NUMBER
        if reaction.law == "mass action":
            if self._own_reactant(reaction, constant, here):
                return None
            known = self._product(here, reaction)
            if known is None:
                return None
            factor = known
        rate = own.times(factor)
        of_scheme = any(name in self.schemes for _, name in (*here, *there))
        reading = READINGS.get(rate)
        if reading is None or (of_scheme and reading != "whole"):
            self._wrong_rate(reaction, constant, rate, factor, (here, there))
            return None
        if reading == "whole" and self._molar_slip(reaction, constant, here, factor):
            self._wrong_rate(reaction, constant, rate, factor, (here, there))
            return None
        self._place(reaction, reading, here or there)
        return reading

    def _product(self, terms: tuple[Term, ...], reaction: Reaction) -> Dimension | None:
        """The dimension by which mass action multiplies the constant."""
        product = NUMBER
        for coefficient, name in terms:
            dimension = self.symbols.dimension_of(name, reaction.where)
            value = literal(coefficient)
            if dimension is None or value is None or value != int(value):
                return None
            product = product.times(dimension.power(int(value)))
        return product

    def _own_reactant(
        self, reaction: Reaction, constant: Expression, reactants: tuple[Term, ...]
    ) -> bool:
        mentioned = set(self._all_names(constant))
        for _, name in reactants:
            if self._meant(name) in mentioned:
                self.infer.report(
                    reaction.where,
                    f"the constant `{to_text(constant)}` mentions its own reactant `{name}`, which "
                    "mass action multiplies by itself; give the constant alone, or write `rate` "
                    "and the whole law",
                )
                return True
        return False

    def _meant(self, name: str) -> str:
        """What a connected input stands for: a let that is a plain name is an alias."""
        seen: set[str] = set()
        while isinstance(let := self.lets.get(name), Name) and name not in seen:
            seen.add(name)
            name = let.name
        return name

    def _all_names(self, expression: Expression) -> Iterator[str]:
        """Names in an expression, also through the lets that it mentions."""
        stack = [expression]
        seen: set[str] = set()
        while stack:
            for name in names_in(stack.pop()) - seen:
                seen.add(name)
                yield name
                if name in self.lets:
                    stack.append(self.lets[name])

    def _molar_slip(
        self, reaction: Reaction, constant: Expression, here: tuple[Term, ...], factor: Dimension
    ) -> bool:
        """A first-order constant in [/mM/ms] has the dimension of a clearance (um3/ms).

        Nobody writes a clearance per molar, so it is a second-order constant gone astray.
        """
        unit = self.say.written_unit(constant)
        return (
            reaction.law == "mass action"
            and len(here) == 1
            and factor == CONCENTRATION
            and unit is not None
            and "M" in unit.text
        )

    def _wrong_rate(
        self,
        reaction: Reaction,
        constant: Expression,
        rate: Dimension,
        factor: Dimension,
        sides: tuple[tuple[Term, ...], tuple[Term, ...]],
    ) -> None:
        where = reaction.where
        expected = self._expected_rate(*sides)
        like = self.symbols.like(where)
        unit = self.say.written_unit(constant)
        if unit is not None and "uM" in unit.text:
            like = unit.text
        needed = natural_unit(expected.over(factor), like)
        message = (
            f"the rate of `{equation(reaction)}` comes to {natural_unit(rate, like)}; "
            f"expected {natural_unit(expected, like)}"
        )
        if reaction.law == "mass action":
            own = self.say.shown(constant, rate.over(factor), where)
            message += f"; `{to_text(constant)}` is {own}, expected {needed}"
        self.infer.report(where, message)

    def _expected_rate(self, here: tuple[Term, ...], there: tuple[Term, ...]) -> Dimension:
        """What a reader of the equation would expect: per what its reactants are per."""
        dimensions = []
        for _, name in (*here, *there):
            if name in self.schemes:
                return PER_TIME
            if name in self.places:
                dimensions.append(self.symbols.dimension_of(name, self.symbols.table[name].where))
        for dimension in (DENSITY, CONCENTRATION):
            if dimension in dimensions:
                return dimension.over(TIME)
        return PER_TIME

    def _place(self, reaction: Reaction, reading: str, reactants: tuple[Term, ...]) -> None:
        """A rate per volume needs one volume, a rate per surface one surface."""
        if reading == "whole" or reaction.place is not None:
            return
        homes = [self.places[name] for _, name in reactants if name in self.places]
        places = list(dict.fromkeys(place for place in homes if place is not None))
        if reading == "volume":
            if len(places) > 1:
                self.infer.report(
                    reaction.where,
                    f"the rate is per volume, but the reactants live in {', '.join(places)}: "
                    "say which with `in PLACE`",
                )
            elif places and places[0] in self.between:
                self.infer.report(
                    reaction.where,
                    f"the rate is per volume, but `{places[0]}` is a surface; expected a rate "
                    "per surface, or `in PLACE`",
                )
            return
        if reaction.site is None:
            surfaces = [place for place in places if place in self.between]
            if len(surfaces) > 1:
                self.infer.report(
                    reaction.where,
                    f"the rate is per surface, but the reactants live on {', '.join(surfaces)}: "
                    "say which with `in PLACE`",
                )
