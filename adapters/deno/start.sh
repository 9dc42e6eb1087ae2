# Starts the server on Deno with exactly the permissions that its settings need, and without a question.
set -e
permissions=$(deno run --no-prompt --allow-env --allow-net adapters/deno/permissions.ts)
eval "exec deno run --no-prompt $permissions adapters/deno.ts \"\$@\""
