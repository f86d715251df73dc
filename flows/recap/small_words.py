"""Words that hold sentences together and say nothing by themselves: pronouns, prepositions, the smallest verbs.

Written for the languages of the house; a closed list, since nobody invents such words. «Time», «people» and «money»
are not among them: in a meeting these are themes.
"""

from __future__ import annotations

_NORWEGIAN = """
alle allerede alt altfor alltid andre annen annet at av bare begge ble blei bli blir blitt både båe da de deg dei deira
dem den denne der dere deres derfor dersom desse det dette di din disse ditt du dykk dykkar då eg ein eit eitt eller
ellers elles en enda endå enn er et ett etter flere fleire for fordi fra frå få får fått før først gjennom gjerne gjør
gjøre gjer gjere gjort går ha hadde hans har hatt henne hennes her hjå ho hos hun hva hvem hver hverandre hvert hvilke
hvilken hvis hvor hvordan hvorfor ikke ikkje ingen inkje inn innen ja jeg kan kom kommer kor korleis kunne kva kvar kven
kvifor kvarandre man mange me med medan meg mellom men mens mer meir mest min mindre mine mitt mot mye mykje må måtte
ned nei no noe noen noko nokon nokre nå når også og om opp oss over på sa samme same seg selv si sidan siden sier seier
sin sine sitt skal skulle slik slike som sjølv så til trenger treng under ut uten utan var ved veldig vere vert være
vært vore vi vil ville vår våre vårt å
"""
_SWEDISH = """
alla alltid allt andra annan annat att av bara behöver bli blir blev blivit både de dem den denna deras dess dessa det
detta dig din dina ditt du där därför då efter eller en ena er era ert ett fast fick finns flera fler för före först
förstå från får fått genom gick gjort gör göra går ha hade han hans har hela henne hennes hon hos hur här i icke in
ingen inget inom inte ja jag kan kanske kom kommer kunde man med mellan men mer mera mest mig min mina mindre mitt mot
mycket måste många ned nej ni nog nu någon något några när och också om oss på redan sade samma sedan sen sig sin sina
sitt ska skall skulle som säger så sådan till tog tänk under upp ur utan ut vad var vara varandra vare varit varje vars
varför vem vet vi vid vilka vilken vill ville vår våra vårt än ändå är även åt över
"""
_ENGLISH = """
about after again all already also always am an and another any are aren't as at be because been before being both but
by can can't cannot come comes could did didn't do does doesn't doing don't done each either else enough ever every few
first for from get gets give go goes going got had has hasn't have haven't having he her here hers him his how however i
if in into is isn't it it's its itself just let like made make makes many may me might more most much must my need needs
neither never no nobody none nor not nothing now of off often on once one only or other others our ours out over own
really same say says see she should since so some somebody someone something still such take takes than that that's the
their theirs them then there these they they're thing things this those though through to too under until up us very
want wants was wasn't way we we're well were weren't what when where whether which while who whom whose why will with
within without won't would yet you your yours
"""

SMALL: dict[str, frozenset[str]] = {
    "nb": frozenset(_NORWEGIAN.split()),
    "nn": frozenset(_NORWEGIAN.split()),
    "sv": frozenset(_SWEDISH.split()),
    "en": frozenset(_ENGLISH.split()),
}
