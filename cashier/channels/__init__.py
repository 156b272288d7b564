"""The channels' wire protocols. Plain Python: no Django, no database, no clock of their own."""
