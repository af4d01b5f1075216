"""What `gateway.yaml` may say, where the gateway's files lie, and how both are read, watched and changed."""
