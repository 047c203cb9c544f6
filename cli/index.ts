#!/usr/bin/env node

// Nothing is imported before the check: what an older Node does not know would end it with a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`authlance needs Node 22.18 or newer, this is v${process.versions.node}`)
  process.exit(1)
}

// Beside the bundle, since what lies there is run: where it may not be written, each start compiles anew.
if (import.meta.filename.endsWith('.mjs')) {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache(`${import.meta.dirname}/.compile-cache`)
}

await import('./main.ts')

export {}
