"""Where values stand on a page that no version fits: proposals, each proven by replay.

What is known of the page's values (the same target's earlier page, what the schedule says of a
match) is looked for on the page; places are proposed for each field that failed and ranked by
how many pages they read right. Likeness alone may propose, but it proves nothing.
"""
