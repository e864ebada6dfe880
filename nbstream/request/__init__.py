"""What is sent, and to which server."""
