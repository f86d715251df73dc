"""What people, archives and inspectors may ask of the house.

    tombs       what is remembered of what was erased: keyed hashes
    person      who is meant, and what the house has of them
    showing     «show me»: all of it, as data and as JSON
    telling     the same in words, in their language
    erasing     «erase me»: in bounded units, that go on after a crash
    lessening   approved recaps without the lines that rested on what was erased
    leftovers   where else words, names and accounts may stand
    beyond      what cannot be reached, told to whoever is erased
    files       the terminal's files
    kept        what the house keeps, for the documentation
    days        how long what is kept, and until when
    purging     what is deleted when its day has come
    freezing    approved recaps in words, before what they rest on is deleted
    look        the upkeep of all this, once a minute
    archive     approved recaps and the audit log, for an archive
    audit       the audit log, in lines, as CSV and as JSON
    minutes     of a meeting of an elected body
    checklist   what a coordinator settles with others before a series begins

The counter offers the first two to whoever asks for them in private, by these functions and no others:

- `showing.of_person(connection, person, "author")`, then `telling.Telling.sections` for pages (`showing.as_text` and
  `showing.as_json` make files of it, for those who ask somebody else to do it);
- `beyond.listed(connection, person)`, as texts of the catalogue, shown before somebody confirms that they want to be
  erased (`beyond.told`: the same in words);
- `Erasing(works).begin(connection, person, actor, now)` when they have confirmed it, and nothing else: the upkeep does
  the rest. From then on the account is nobody's, so the answer is the counter's last word to it.
"""
