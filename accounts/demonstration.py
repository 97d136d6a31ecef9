"""The accounts that the demo command alone creates."""

PASSWORD = "demo-headache-diary"  # noqa: S105  (public on purpose)
ACCOUNTS = ("patient@example.org", "clinician@example.org", "admin@example.org")
