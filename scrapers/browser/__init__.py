"""Remote browsers: hubs, sessions and politeness towards the site."""
