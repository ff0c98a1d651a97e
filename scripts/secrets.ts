/**
 * Prints strong values for the secrets of a production installation in the form of a .env file:
 * `npm run --silent secrets`. Without `--silent` npm adds two lines that are no variables.
 */
import '../src/process/node-version.js'
import { randomBytes } from 'node:crypto'

const secret = () => randomBytes(48).toString('base64url')
/** Letters and digits alone, so that it may stand in a URL as it is. */
const password = () => randomBytes(18).toString('base64url').replaceAll(/[-_]/g, 'x')

console.log(`# Signs access tokens: a new one logs everybody out.
JWT_SECRET_KEY=${secret()}
# Signs cursors and keys of repeated requests: a new one voids those under way.
SECRET_KEY=${secret()}
# The first administrator's password: counts once, when the database is empty.
ADMIN_PASSWORD=${password()}
# For docker-compose.postgresql.yml.
POSTGRES_PASSWORD=${password()}
PGADMIN_PASSWORD=${password()}`)
