"""Invalid twins: records that break, on purpose, exactly one keyword of their schema, and are labelled with it.

`spread` says which candidates are twins, `walking` finds the places that speak of a record's parts, `breakers` know how
each keyword is broken, `labels` hold what came of it against the validator.
"""

from .labels import Faults
from .making import Twins, compile_twins
from .spread import Spread

__all__ = ["Faults", "Spread", "Twins", "compile_twins"]
