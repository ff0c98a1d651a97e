'use strict'
// CommonJS: it has to run on every Node.js that it refuses.
// Versions that cannot strip types stop at a .ts file with an error nobody understands.
const wanted = require('../package.json').engines.node.replace(/^>=/, '').split('.').map(Number)
const running = process.versions.node.split('.').map(Number)

if (running[0] < wanted[0] || (running[0] === wanted[0] && running[1] < wanted[1])) {
  console.error(`Node.js ${wanted.join('.')} or newer is needed; this is ${process.version} (${process.execPath}).`)
  process.exit(1)
}
