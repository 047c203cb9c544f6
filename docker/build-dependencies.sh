#!/bin/bash
# Installs what the build needs into the working directory, as the lock file has it. No package may run a script of its own.
set -euo pipefail
npm ci --ignore-scripts --no-audit --no-fund
