"""Redis or Valkey, by which the nodes of one gateway speak to each other: nothing that it holds is missed."""
