document.title = "OpenClaw";
