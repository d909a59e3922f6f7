"""Names for properties that a schema does not name: keys of maps, by what the map is called, or by a pattern."""

from __future__ import annotations

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
_USUAL = "category priority owner region source channel status language".split()


def fitting_names(form: Form, hint: Hint, wanted: int, matching: str | None = None) -> list[str]:
    """Distinct names for properties that a schema does not name; `matching` is a pattern they have."""
    rows = Rows(0x9A3E, np.arange(4 * wanted, dtype=np.uint64), 1, 1)
    longest = 64 if form.longest is None else min(form.longest, 1_024)
    typical = _typical(hint)
    if matching is None and not form.patterns:
        if form.shortest or form.longest is not None:
            draw = lengths.sized(form.shortest, longest)
            texts = [*typical, *words.word.draw(rows), *draw(rows)]
        else:
            texts = [*typical, *words.identifier.draw(rows)]
        return list(dict.fromkeys(text for text in texts if form.shortest <= len(text) <= longest))
    patterns = [*form.patterns, *([] if matching is None else [matching])]

    def fits(text: str) -> bool:
        return form.shortest <= len(text) <= longest and all(matches(pattern, text) for pattern in patterns)

    known = [*typical, *words.word.draw(rows)]
    fitting = list(filter(fits, known))
    if len(fitting) < len(known) - len(typical):
        for way in patterns_of(patterns, form.shortest, longest):
            drawn = list(filter(fits, way.draw(rows)))
            fitting += drawn
            if len(drawn) >= wanted:
                break
    return list(dict.fromkeys(fitting))


def _typical(hint: Hint) -> list[str]:
    """The keys that maps of this name have; for maps of no name, those that any thing may have."""
    found = find(_KEYS, hint.words) if hint.words else None
    return found[0].split(" ") if found else list(_USUAL)
