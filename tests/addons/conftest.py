"""The programs have to be on the PATH before the modules are read, which ask whether they are."""

from tests.addons import programs

programs.put_on_path()
