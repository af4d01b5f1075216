"""What happened: decided as a `Change`, kept in one write, numbered on streams, told over the bus, and delivered."""
