"""What `openclaw doctor` looks at, a file a subject."""
