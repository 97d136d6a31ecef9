"""Backups: one file for both databases, of which not a byte can change unnoticed.

sealed     the outside: plain with its SHA-256 behind it, or encrypted
archive    the inside: compressed JSON lines; what they are, the rows, what they must add up to
database   one moment of the database as rows, and rows into an empty database
"""


class Refused(Exception):
    """One sentence for the operator. What was there before is as it was."""
