"""A whole series on a clock of its own, and a place among the played colleagues.

    play         what is played
    script       what the played colleagues write, from a file in each language
    stage        the house, planned and built in a folder: real but for its clock and its numbers
    people       how the played colleagues reach it
    director     cues what people write when their session has come to it, and moves the clock on
    approval     the coordinator's word on the recap for managers
    reading      the threads as they are shown, and where the moments are in them
    sheet        what is printed around the threads
    showing      the default output: the moments that matter
    threads      every thread
    files        the page, and the recaps as Markdown
    crash        the same, really killed
    counting     what was lost, and what was done twice
    trying       you are one of the five
    performance  one performance from beginning to end

Nothing of the house is bypassed. What people write goes in by the terminal's own door and is acknowledged when
it is stored; sessions are opened and woken by the timekeeper; what Runda says goes through the outbox and the
courier. Only the clock is driven by hand, from one moment at which something happens to the next.
"""
