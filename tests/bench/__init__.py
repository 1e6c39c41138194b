"""How fast the house is: prints tables and asserts nothing.

    ./dev bench                  every table
    ./dev bench pages growth     some of them: see TABLES in __main__
    ./dev bench --quick          fewer people and fewer rounds

Each table is measured on this machine, in a PostgreSQL and a Redis made for the run, against
the real web server over loopback. The bare view stands in the same table, so that a ratio can
be compared where a figure cannot.
"""
