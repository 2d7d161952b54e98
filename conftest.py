"""What every test shares: Hypothesis without a deadline, seeds that replay, and the options of the matrix."""

import hypothesis

# The plugin is installed with the package; naming it here serves a checkout that was installed before it was.
pytest_plugins = ["crosscheck.pytest_plugin", "pytester"]

hypothesis.settings.register_profile("crosscheck", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("crosscheck")
