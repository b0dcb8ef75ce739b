"""To see for oneself: one film, one sheet, the demo, this machine; and how our pages are made."""
