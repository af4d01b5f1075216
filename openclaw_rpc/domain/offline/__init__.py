"""What the gateway answers by itself where no model is configured: plain commands, and how to configure one."""
