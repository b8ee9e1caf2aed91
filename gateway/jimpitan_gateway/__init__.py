"""The gateway: an untrusted courier that keeps what it is handed until the server has it."""
