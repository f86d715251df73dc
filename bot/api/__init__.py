"""What the organisation's own programs may read, and what they are told of by themselves.

    tokens      who may read: made, listed and taken back at the command line
    shapes      what is answered
    reading     from rows to answers
    openapi     the operations, and the file that describes them (docs/openapi.json)
    serving     the same by HTTP
    acts        which acts of the audit log other programs are told of, and what of them
    webhooks    addresses that are told; where they may lead, and how a call is signed
    calling     the calls: noted once, claimed, tried again, given up

It only reads: the schedule, and the managers' recaps that have gone out. Nothing that one person said is in it.
"""
