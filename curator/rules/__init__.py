"""Rules of the policy: simulated before they are applied, applied as they were shown."""
