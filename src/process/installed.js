// What `npm ci` says on an older Node, in place of a warning for every package: .npmrc keeps those back.
import { readFileSync } from 'node:fs'
import { isTooOld, wantedNode } from './wanted-node.js'

// With the packages for development comes a Node, which runs this script already: npm tells which one runs npm.
const version = /node\/(v[\d.]+)/.exec(process.env.npm_config_user_agent ?? '')?.[1]

if (version !== undefined && isTooOld(version)) console.log(`This is Node ${version.slice(1)}; ${whatRuns()}`)

function whatRuns() {
  try {
    const installed = new URL('../../node_modules/node/package.json', import.meta.url)
    return `npm start and npm test use Node ${JSON.parse(readFileSync(installed, 'utf8')).version}, which came with the packages.`
  } catch {
    return `npm start needs Node ${wantedNode} or newer.`
  }
}
