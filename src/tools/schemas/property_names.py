"""Names for properties that a schema does not name: keys of maps, by what the map is called, or by a pattern."""

from __future__ import annotations

import functools

import numpy as np

from . import lengths, words
from .forms import Form
from .matching import patterns_of
from .names import Hint, find, table
from .regexes import matches
from .rows import Rows

_KEYS = table("""
team environment region owner app tier version component managed-by cost-center: labels, tags, annotations, label, match labels, node selector, selector, tag set, annotation
Accept Authorization Content-Type User-Agent X-Request-Id Cache-Control Accept-Language X-Forwarded-For: headers, header, custom headers, http headers, response headers, request headers
LOG_LEVEL PORT DATABASE_URL API_KEY CACHE_TTL DEBUG REDIS_URL TIME_ZONE: env, environment, environment variables, env vars, vars
dark_mode beta_search export_csv two_factor new_checkout audit_log notifications offline_mode: features, feature flags, toggles, experiments, enabled features
en de fr es pt it ja nl: translations, locales, localized, i18n, languages, messages
EUR USD GBP JPY CHF CAD SEK PLN: prices, rates, exchange rates, balances, currencies
cpu memory ephemeral-storage pods: limits, requests, resources, capacity, allocatable, hard
build test start lint deploy clean format migrate: scripts, commands, tasks, targets, jobs
express lodash react axios typescript jest eslint moment: dependencies, dev dependencies, peer dependencies, packages
mathematics physics history biology chemistry english geography art: grades, scores, subjects, marks, grade scale
monday tuesday wednesday thursday friday saturday sunday: opening hours, hours, schedule, days, week, availability
limit offset sort q filter page locale fields: query, query params, query parameters, params, parameters, arguments, args
color size material weight brand model capacity finish: attributes, properties, specifications, specs, options, variants, features list
height width weight age temperature pulse length depth: measurements, values, readings, dimensions, vitals, metrics, stats
first_page last_page next previous self: links, pagination
visa mastercard paypal bank_transfer cash invoice: payments, payment methods, totals by method
learning_rate batch_size epochs dropout momentum weight_decay: hyperparameters, hyper parameters, model parameters
north south east west: regions, sales, revenue
source author created_by language category priority notes status: metadata, meta, extra, additional properties, custom fields, custom, details, info, data, context, user data, additional info, properties list, fields
""")  # noqa: E501
_USUAL = tuple("category priority owner region source channel status language".split())


def fitting_names(form: Form, hint: Hint, wanted: int, matching: str | None = None) -> tuple[str, ...]:
    """Distinct names for properties that a schema does not name; `matching` is a pattern they have."""
    longest = 64 if form.longest is None else min(form.longest, 1_024)
    is_bounded = form.shortest > 0 or form.longest is not None
    patterns = (*form.patterns, *(() if matching is None else (matching,)))
    return _names(form.shortest, longest, is_bounded, patterns, _typical(hint), wanted)


@functools.lru_cache(maxsize=1_024)
def _names(
    shortest: int, longest: int, is_bounded: bool, patterns: tuple[str, ...], typical: tuple[str, ...], wanted: int
) -> tuple[str, ...]:
    rows = Rows(0x9A3E, np.arange(4 * wanted, dtype=np.uint64), 1, 1)

    def fits(text: str) -> bool:
        return shortest <= len(text) <= longest and all(matches(pattern, text) for pattern in patterns)

    if not patterns:
        more = [*words.word.draw(rows), *lengths.sized(shortest, longest)(rows)]
        return tuple(dict.fromkeys(filter(fits, [*typical, *(more if is_bounded else words.identifier.draw(rows))])))
    known = [*typical, *words.word.draw(rows)]
    fitting = list(filter(fits, known))
    if len(fitting) < len(known) - len(typical):
        for way in patterns_of(patterns, shortest, longest):
            drawn = list(filter(fits, way.draw(rows)))
            fitting += drawn
            if len(drawn) >= wanted:
                break
    return tuple(dict.fromkeys(fitting))


def _typical(hint: Hint) -> tuple[str, ...]:
    """The keys that maps of this name have; for maps of no name, those that any thing may have."""
    found = find(_KEYS, hint.words) if hint.words else None
    return tuple(found[0].split(" ")) if found else _USUAL
