"""What every test shares: Hypothesis without a deadline, and seeds that replay."""

import hypothesis

hypothesis.settings.register_profile("crosscheck", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("crosscheck")
