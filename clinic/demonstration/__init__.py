"""A demonstration clinic: invented people whose diaries and injections show what the pages are for."""
