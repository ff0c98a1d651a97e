// Plain JavaScript, and preloaded by `npm start`: an older Node cannot even read the TypeScript files whose first line
// could have told it so, or stops at an import it does not know with a message that helps nobody.
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { isTooOld, wantedNode } from './wanted-node.js'

if (isTooOld(process.version)) {
  console.error(
    `This program needs Node ${wantedNode} or newer; this is Node ${process.version.slice(1)} (${process.execPath}).\n` +
      'Install the current LTS from https://nodejs.org and start again.',
  )
  process.exit(1)
}

// Compiled code is kept for the next start, which then takes half as long. It lies with the installation and not, as by
// default, in the common folder for temporary files, where another user could plant code; where nothing can be written,
// Node goes on without.
module.enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/node-compile/', import.meta.url)))
