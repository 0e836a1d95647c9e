"""A seeded stand-in for WhoScored: invented football in the real pages' shapes.

For tests and the demo; nothing under `scrapers/` knows of it but a base URL. The same seed
gives the same matches, line-ups and events in every process and whatever is asked for first.
Nobody and nothing in it exists. Run it with

    python -m tests.site --port 8080 [--seed TEXT] [--now 2023-01-15T12:00Z] [--captured FOLDER]

It listens on 127.0.0.1 only, serves many browsers at once and ends on SIGTERM.

What it holds
    Season 2022/2023 of two leagues (ten clubs each, 18 rounds, one on Madrid's clock and one on
    São Paulo's) and a cup with a qualifying round, four groups and a knock-out stage with extra
    time and shoot-outs: eight stages. The virtual clock decides what is finished, live or still
    scheduled. Some matches are postponed (and later listed under their new date, in another
    month's feed, with the same id), two are abandoned, some finished ones have no match centre.
    Not part of it: absences of goalkeepers, missed penalties in play, captains who go off.

Pages
    /tournaments/<stage id>/data/?d=YYYYMM   month feed, JSON; months on London's clock
    /matches/<match id>/live                 match page, HTML; in any case, with or without a name
    /                                        small, with the menu of regions and tournaments
    /regions/<r>/tournaments/<t>             a tournament's seasons; the one shown may be old
    …/seasons/<s>                            a season's stages
    …/seasons/<s>/stages/<st>/show           a stage's tables (a group: all groups'; a knock-out
                                             round: none), from its finished matches
    …/stages/<st>/refereestatistics          a stage's referees
    /matches/<match id>/preview              line-ups and missing players; every match has one, of
                                             one in six nobody is missing; it does not come true
    /matches/<match id>/matchreport          strengths, weaknesses, style; of a finished match with
                                             a match centre, else without its table
    /statisticsfeed/1/getteamstatistics      ?category=summaryteam&subcategory=…&stageId=…: JSON
    /statisticsfeed/1/getplayerstatistics    after a blank, called HTML; category=summary. Matches
                                             and goals are the stage's; who scored is drawn apart
    /robots.txt                              small; everything else is a 404 page
    With --captured, pages named match_live_<id>.html.gz are served as they are; the feed of
    stage 20934, month 202208, lists match 1650630 if it is among them.

Control routes, JSON in and out; a wrong call is answered 400 {"error": …}
    GET  /__control/world           {"seed", "now",
                                     "follow": [{"competition", "season", "stage_id"}],
                                     "days": {day: number of finished matches with a match centre},
                                     "special": {kind: [match ids]}}; kinds: postponed, moved (a
                                     postponed one under its new date), abandoned,
                                     no_match_centre, scheduled, live, extra_time, shoot_out,
                                     own_goal, red_card; the days are those of football,
                                     05:00 to 05:00 UTC
    GET  /__control/requests        [{"at", "path", "fault"}]: every request but control calls
                                    and favicons, in order
    POST /__control/requests/clear  forget them
    POST /__control/faults          add a fault: {"pattern": regular expression on path and query,
                                     "kind": …, "seconds": 5, "status": 503, "times": n or null}
    POST /__control/faults/clear    no faults any more
    POST /__control/amend           correct a match: {"match_id": …, "change": …}; gives its score
                                    and number of events
    POST /__control/amend/clear     all corrections taken back
    POST /__control/now             {"now": "2023-01-16T06:00Z"}: move the clock

Faults; the first that matches strikes, `times` times or always
    slow      the answer comes after `seconds`
    status    an error page with HTTP `status`, e.g. 503, 403, 429
    refuse    the protection's page with an incident id, HTTP 200; the captured one if it is there;
              a browser asks for its script and its frame too, which are 404
    truncate  half of the data, with the length of that half
    empty     HTTP 200 and nothing
    drop      the connection is closed without an answer; the same request within a second, as
              browsers make it by themselves, is dropped too and not counted
    download  the page as application/octet-stream: a browser shows nothing
    replace   the page with `old` replaced by `new`: a changed layout
    move      a redirect to `new`

Corrections; events near a corrected one get new ids, as on the site
    add_event, remove_event         one event more, one pass less
    correct_score                   the last goal is taken away (no cup ties after extra time)
    rename_player                   another name; `player_id` and `name` choose whom and what
    withdraw                        the feeds do not list the match any more

In Python: `tests.site.world.World(seed, now)` with `.follow()`, `.days()`, `.matches()`,
`.matches_on(day)`, `.match(id)`, `.page(id)`, `.feed(stage_id, month)`; a `Match` has id, stage_id,
kickoff_utc, status, home_score, away_score, penalties, has_match_centre, events (their number).
"""
