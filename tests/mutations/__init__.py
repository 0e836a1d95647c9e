"""Pages damaged at random: each gives right rows or a named failure, in bounded time and memory.

    python -m tests.mutations [--pages 10000] [--seed N] [--only PAGE]     (`make mutations`)

A page of each kind is taken from the stand-in (and the captured match and refusal, where they
are), damaged by one of the mutators, and read as a parse worker reads it, in a child process that
may neither hang nor grow. Rows that are not those of the undamaged page go through the quality
gate into a real PostgreSQL; what has landed is then held against plain SQL and against the truth
of the undamaged page, by what the mutator can have done to it (see `contract`).

sources     pages, and where their data and elements stand
contract    what a mutation may do to the rows, and the comparison with the truth
cuts, blocks, values, sizes, encodings, scripts, markup     the mutators
catalogue   all of them; the mutation of a number under a seed
children    child processes with limits
landing     gate and landing of rows that differ, round by round
invariants  what must hold in the core tables, in SQL of its own
report      the table, docs/mutations.md
"""
