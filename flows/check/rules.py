"""The rules about how the parts of a programme fit together. `RULES` is the list.

A rule looks at the outline and yields what it finds. Not rules, on purpose: a `recap` or a `follow-up` in the
first round does no harm, since it passes over itself where there is nothing to look back on, and a round is
often written by copying another; and a `finding` needs no `release`, it then stays in its circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flows.check.outline import ROUND_TEXTS, Outline, SeenStep, items, mapping, number, text
from flows.check.problem import Fault, Path, counted, named, nearest
from flows.engine import BUDGET
from flows.kinds import IN_PLENUM, ONLY_IN_PLENUM
from flows.programme import GroupSize
from flows.rules import MOST_MEETINGS

Rule = Callable[[Outline], Iterator[Fault]]

#: What `of` may point to, by the word of the step that has it; the usual one first.
POINTS_TO: dict[str, tuple[str, ...]] = {
    "note": ("ask", "wait", "spread"),
    "release": ("finding",),
    "spread": ("scale",),
    "choose": ("finding", "form", "pitch", "sentence", "gross", "choose", "scale"),
    "decide": ("finding", "form", "pitch", "sentence", "gross", "choose", "scale"),
    "gross": ("form",),
    "respond": ("pitch", "form", "sentence"),
    "level": ("scale",),
}
#: Whose `of` may point to what was done in groups, from everyone's part of the round; or, of those that choose, to
#: what an earlier round handed on.
REACHES_FAR = ("spread", "choose", "decide", "gross", "respond")
#: Whose lines a release may ask about beside findings.
FORWARDED = ("note", "form", "pitch", "sentence")
#: Texts that a step with parts has of its own.
PART_TEXTS = ("ask", "owner")
#: Formats that a picture may have: those that browsers, Slack and Telegram can all be given.
PICTURES = (".svg", ".png", ".jpg", ".jpeg")


def _again(seen: Iterable[tuple[Path, object]]) -> Iterator[tuple[Path, object]]:
    """Those that have been seen before."""
    known = set()
    for path, value in seen:
        if value in known:
            yield path, value
        known.add(value)


def rounds_once(seen: Outline) -> Iterator[Fault]:
    named_rounds = (((*each.path, "round"), each.id) for each in seen.rounds if each.id)
    for path, name in _again(named_rounds):
        yield Fault(path, f"another round is called `{name}` already", "Give each round its own name")


def steps_once(seen: Outline) -> Iterator[Fault]:
    """A picture's name is the picture's, which may be shown twice; any other is the step's own."""
    for each in seen.rounds:
        own = ((_name(step), step.id) for step in each.everything if step.id and step.word != "picture")
        for path, name in _again(own):
            what = f"another step of round `{each.id}` is called `{name}` already"
            yield Fault(path, what, "Give each step of a round its own name")


def languages_once(seen: Outline) -> Iterator[Fault]:
    listed = ((("languages", at), word) for at, word in enumerate(seen.languages) if isinstance(word, str))
    for path, word in _again(listed):
        yield Fault(path, f"the language `{word}` is listed twice", "Remove one of them")


def names_free(seen: Outline) -> Iterator[Fault]:
    for step in _steps(seen):
        if step.id in ROUND_TEXTS and step.kind and step.kind.TEXT:
            what = f"a step cannot be called `{step.id}`, which is a text of the round itself"
            yield Fault(_name(step), what, "Give the step another name")


def of_points_back(seen: Outline) -> Iterator[Fault]:
    earlier: tuple[SeenStep, ...] = ()
    for each in seen.rounds:
        for part, steps in (("steps", each.steps), ("plenum", each.plenum)):
            for at, step in enumerate(steps):
                if step.word in POINTS_TO and (of := text(step.raw.get("of"))):
                    far = step.word in REACHES_FAR
                    groups = each.steps if far and part == "plenum" else ()
                    before = (*(earlier if far and step.word != "spread" else ()), *groups, *steps[:at])
                    yield from _of(step, of, POINTS_TO[step.word], before)
        earlier = (*earlier, *each.everything)


def also_points_back(seen: Outline) -> Iterator[Fault]:
    """What is filled in alone is nobody else's to release."""
    for _, steps in seen.routes:
        for at, step in enumerate(steps):
            there = [place for each in steps[:at] if each.id and each.word in FORWARDED
                     and each.raw.get("alone") is not True for place in _places(each)]  # fmt: skip
            for n, also in enumerate(map(text, items(step.raw.get("also")))):
                if also and also not in there:
                    meant = nearest(also, there) or (there[-1] if there else None)
                    what = f"`{also}` is no note and no form before this step that the circle writes together"
                    yield Fault((*step.path, "also", n), what, f"Write `{meant}`" if meant else "Remove it")


def _of(step: SeenStep, of: str, wanted: tuple[str, ...], before: tuple[SeenStep, ...]) -> Iterator[Fault]:
    there = [place for each in before if each.word in wanted and each.id for place in _places(each)]
    if of in there:
        return
    meant = nearest(of, there) or (there[-1] if there else None)
    kinds = " or ".join(f"`{word}`" for word in wanted)
    remedy = f"Write `of: {meant}`" if meant else f"Put a step `{wanted[0]}: {of}` before it"
    yield Fault((*step.path, "of"), f"`of: {of}` points to no {kinds} step before this one", remedy)


def _places(step: SeenStep) -> list[str]:
    """What a step can be pointed to as: by its name, and its fields by theirs."""
    return [step.id, *(f"{step.id}.{field}" for field in _fields(step))]


def _fields(step: SeenStep) -> list[str]:
    named_fields = (mapping(each).get("field", each) for each in items(step.raw.get("fields")))
    return [text(each) for each in named_fields if text(each)]


def extra_is_handed_on(seen: Outline) -> Iterator[Fault]:
    for each in seen.rounds:
        handing = [step for step in each.steps if step.word == "pitch" or step.raw.get("share") is True]
        there = [place for step in handing for place in _places(step)[1:]]
        for step in each.plenum:
            if (extra := text(step.raw.get("extra"))) and extra not in there:
                meant = nearest(extra, there) or (there[-1] if there else None)
                remedy = f"Write `extra: {meant}`" if meant else "Give a form with that field `share: true`"
                what = f"`extra: {extra}` is no field that groups of this round hand on"
                yield Fault((*step.path, "extra"), what, remedy)
            elif extra and step.raw.get("judge") is not True:
                what = "an extra point is given by those who judge, and nobody does"
                yield Fault((*step.path, "extra"), what, "Add `judge: true`")


def turns_within(seen: Outline) -> Iterator[Fault]:
    """Three may have to speak, and before that people are asked."""
    for step in _steps(seen):
        turns = number(step.raw.get("turns"))
        if turns and 3 * turns >= step.minutes:
            what = f"of {counted(step.minutes, 'minute')}, three turns of {turns} leave nothing to draw in"
            yield Fault(
                (*step.path, "turns"), what, f"Write `minutes: {3 * turns + 1}` or more, or fewer `turns`"
            )


def back_to_before(seen: Outline) -> Iterator[Fault]:
    for _, steps in seen.routes:
        for at, step in enumerate(steps):
            to = text(step.raw.get("from"))
            there = [each.id for each in steps[:at] if each.id and each.kind and each.kind.WAITS]
            if step.word == "again" and to and to not in there:
                meant = nearest(to, there) or (there[-1] if there else None)
                remedy = f"Write `from: {meant}`" if meant else "Put a step that waits for people before it"
                yield Fault((*step.path, "from"), f"`from: {to}` is no step before this one", remedy)


def fields_build_on_earlier(seen: Outline) -> Iterator[Fault]:
    for step in _steps(seen):
        known: list[str] = []
        for at, each in enumerate(items(step.raw.get("fields"))):
            path = (*step.path, "fields", at)
            for key in ("of", "if"):
                if (meant := text(mapping(each).get(key))) and meant not in known:
                    what = f"`{key}: {meant}` is no field before this one"
                    remedy = f"Write `{key}: {known[-1]}`" if known else "Put that field first"
                    yield Fault((*path, key), what, remedy)
            name = text(mapping(each).get("field", each))
            if name in known:
                yield Fault(path, f"another field is called `{name}` already", "Give each its own name")
            known.append(name)


def rows_are_plain(seen: Outline) -> Iterator[Fault]:
    """A row is written by one in the thread, all of it at once."""
    for step in _steps(seen):
        if step.raw.get("rows") is True and step.raw.get("alone") is True:
            what = "rows are written where the circle can see them, and are not filled in alone"
            yield Fault((*step.path, "alone"), what, "Remove `alone`, or `rows`")
        for at, each in enumerate(items(step.raw.get("fields")) if step.raw.get("rows") is True else ()):
            if isinstance(each, dict):
                what = "a column of a table is written with the others, and builds on none of them"
                yield Fault((*step.path, "fields", at), what, "Write its name alone, or remove `rows`")


def names_of_parts_free(seen: Outline) -> Iterator[Fault]:
    """What a form asks, and what a vote offers, stand beside the question in the catalogues."""
    for step in _steps(seen):
        for key in ("fields", "options"):
            for at, each in enumerate(items(step.raw.get(key))):
                name = text(mapping(each).get("field", each))
                if name in PART_TEXTS:
                    what = f"`{name}` is a text of the step itself"
                    yield Fault((*step.path, key, at), what, "Choose another name")


def spread_once(seen: Outline) -> Iterator[Fault]:
    """Scores are shown at one level only: otherwise one could be subtracted from the other."""
    for each in seen.rounds:
        own = {text(step.raw.get("of")) for step in each.steps if step.word == "spread"}
        for step in each.plenum:
            if step.word == "spread" and text(step.raw.get("of")) in own:
                what = "these scores are shown in the groups already"
                yield Fault((*step.path, "of"), what, "Show them here or there, not at both levels")


def gap_in_plenum(seen: Outline) -> Iterator[Fault]:
    """The leaders and the others are shown side by side or not at all: what is shown of all would tell of one side."""
    scales = [step for step in _steps(seen) if step.word == "scale"]
    apart = {step.id for step in scales if step.raw.get("gap") is True}
    for step in scales:
        if step.id in apart and step.raw.get("gap") is not True:
            what = f"`{step.id}` has `gap` in another round, where the leaders and the others are shown apart"
            yield Fault(_name(step), what, "Add `gap: true` here too, or give the scale another name")
    for path, steps in seen.routes:
        for step in steps:
            of = text(step.raw.get("of"))
            if step.word != "spread" or of not in apart:
                continue
            if path[-1] != "plenum":
                what = (
                    f"`{of}` has `gap`, and the leaders and the others are side by side where everyone meets"
                )
                yield Fault((*step.path, "of"), what, "Move this to `plenum`, or remove `gap`")
            elif step.raw.get("since") is True:
                what = f"`{of}` has `gap`, and no change is shown of leaders and others"
                yield Fault((*step.path, "since"), what, "Remove `since`, or `gap`")


def reversed_are_items(seen: Outline) -> Iterator[Fault]:
    for step in _steps(seen):
        there = [text(each) for each in items(step.raw.get("items"))]
        for at, each in enumerate(items(step.raw.get("reversed"))):
            if step.word == "scale" and text(each) not in there:
                meant = nearest(text(each), there)
                remedy = f"Write `{meant}`" if meant else "Take it off the list"
                yield Fault((*step.path, "reversed", at), f"`{each}` is none of the items", remedy)
        for path, value in _again(((*step.path, "items", at), each) for at, each in enumerate(there)):
            yield Fault(path, f"the item `{value}` is listed twice", "Remove one of them")


def kinds_in_place(seen: Outline) -> Iterator[Fault]:
    for path, steps in seen.routes:
        plenum = path[-1] == "plenum"
        for step in steps:
            if plenum and step.kind and step.word not in IN_PLENUM:
                remedy = f"Move it to `steps`; in a plenum there may be {named(IN_PLENUM)}"
                yield Fault(step.path, f"`{step.word}` is not for a plenum", remedy)
            elif not plenum and step.word in ONLY_IN_PLENUM:
                what = f"`{step.word}` is only for a plenum"
                yield Fault(step.path, what, "Move it to `plenum` of the same round")


def alone_within(seen: Outline) -> Iterator[Fault]:
    for step in _steps(seen):
        alone = number(step.raw.get("alone"))
        if step.word == "ask" and alone and alone >= step.minutes:
            what = f"of {counted(step.minutes, 'minute')}, {alone} alone leave nothing to share in"
            remedy = f"Write `minutes: {alone + 1}` or more, or a smaller `alone`"
            yield Fault((*step.path, "alone"), what, remedy)


def pictures_declared(seen: Outline) -> Iterator[Fault]:
    for step in _steps(seen):
        if step.word == "picture" and step.id and step.id not in seen.pictures:
            meant = nearest(step.id, seen.pictures)
            added = f"Add `{step.id}: {{file: {step.id}.svg}}` under `pictures`"
            remedy = f"Write `picture: {meant}`" if meant else added
            yield Fault(_name(step), f"the picture `{step.id}` is not declared", remedy)


def picture_files(seen: Outline) -> Iterator[Fault]:
    for name, picture in seen.pictures.items():
        file, path = text(picture.get("file")), ("pictures", name, "file")
        if file and seen.beside is not None and file not in seen.beside:
            meant = nearest(file, seen.beside)
            remedy = f"Write `file: {meant}`" if meant else "Put the picture beside the programme file"
            yield Fault(path, f"there is no file `{file}` beside the programme file", remedy)
        elif file and not file.lower().endswith(PICTURES):
            yield Fault(path, f"`{file}` is not a picture that can be shown", f"Use one of {named(PICTURES)}")


def group_bounds(seen: Outline) -> Iterator[Fault]:
    group, usual = seen.raw.get("group"), GroupSize.model_validate({})
    if isinstance(group, dict):
        low, high = number(group.get("from"), usual.low), number(group.get("to"), usual.high)
        if low > high:
            what = f"no group has at least {low} and at most {high} people"
            yield Fault(("group", "from"), what, f"Write `from: {high}` or less, or `to: {low}` or more")


def forms_hold_rounds(seen: Outline) -> Iterator[Fault]:
    for name, form in seen.forms.items():
        given, plenum = number(form.get("minutes")), seen.holds_plenum(form)
        for each in seen.rounds:
            taken = each.minutes(plenum=plenum)
            if given and taken > given:
                what = f"form `{name}` has {counted(given, 'minute')}, and round `{each.id}` takes {taken}"
                remedy = f"Write `minutes: {taken}` or more, or shorten the steps"
                yield Fault(("forms", name, "minutes"), what, remedy)


def breaks_between(seen: Outline) -> Iterator[Fault]:
    most = len(seen.rounds) - 1
    for name, form in seen.forms.items():
        breaks = len(items(form.get("breaks")))
        if seen.rounds and breaks > most:
            what = f"form `{name}` has {counted(breaks, 'break')} between {counted(most + 1, 'round')}"
            remedy = f"Keep {most} or fewer" if most else "Remove `breaks`, or add a round"
            yield Fault(("forms", name, "breaks"), what, remedy)


def plenum_held(seen: Outline) -> Iterator[Fault]:
    """Whether a plenum is held is said by the form, and what happens in it by the round."""
    holding = [name for name, form in seen.forms.items() if seen.holds_plenum(form)]
    planned = [each for each in seen.rounds if each.plenum]
    if holding and seen.rounds and not planned:
        what, remedy = "no round has a plenum to hold", "Add `plenum:` with steps to a round, or remove this"
        yield from (Fault(("forms", name, "plenum"), what, remedy) for name in holding)
    if planned and not holding:
        remedy = "Add a form that does under `forms`, for example `long: {minutes: 40, plenum: true}`"
        yield Fault((*planned[0].path, "plenum"), "no form holds this plenum", remedy)


def rounds_wait(seen: Outline) -> Iterator[Fault]:
    for path, steps in seen.routes:
        if steps and all(step.kind and not step.kind.WAITS for step in steps):
            part = "round" if path[-1] == "steps" else "plenum"
            remedy = "Add a step that waits for people, such as `ask`"
            yield Fault(path, f"nobody is asked anything in this {part}", remedy)


def within_budget(seen: Outline) -> Iterator[Fault]:
    if len(seen.rounds) > MOST_MEETINGS:
        what = f"{len(seen.rounds)} rounds are more than the {MOST_MEETINGS} meetings that a series can have"
        yield Fault(("rounds", MOST_MEETINGS), what, "Divide it into several programmes")
    for _, steps in seen.routes:
        if len(steps) > BUDGET:
            what = f"{len(steps)} steps follow each other, more than the {BUDGET} that one sitting may have"
            yield Fault(steps[BUDGET].path, what, "Divide the round into several")


def _steps(seen: Outline) -> Iterator[SeenStep]:
    return (step for each in seen.rounds for step in each.everything)


def _name(step: SeenStep) -> Path:
    return (*step.path, step.word)


RULES: tuple[Rule, ...] = (
    rounds_once, steps_once, languages_once, names_free, of_points_back, also_points_back,
    back_to_before, fields_build_on_earlier, rows_are_plain, extra_is_handed_on, turns_within,
    names_of_parts_free, spread_once, gap_in_plenum, reversed_are_items, kinds_in_place, alone_within,
    pictures_declared, picture_files, group_bounds, forms_hold_rounds, breaks_between, plenum_held,
    rounds_wait, within_budget,
)  # fmt: skip


def faults(seen: Outline) -> Iterator[Fault]:
    """Everything that the rules find."""
    return (fault for rule in RULES for fault in rule(seen))
