"""Looking at the server, one small module per topic; nothing here changes anything."""
