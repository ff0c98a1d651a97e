import { existsSync, statSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { RawEnvironment } from './legacy.ts'
import type { Problems } from './problems.ts'

interface Platform {
  name: string
  /** A variable that it gives to every program it runs; on DigitalOcean, which gives none, the app's specification does. */
  sign: string
  /** Where it can keep a disk: how to get one. Undefined where every disk is thrown away. */
  disk: string | undefined
}

/**
 * Platforms that throw the disk of a program away when they restart it.
 *
 * @see https://devcenter.heroku.com/articles/dynos#ephemeral-filesystem
 * @see https://render.com/docs/disks
 * @see https://docs.digitalocean.com/products/app-platform/how-to/store-data/
 * @see https://docs.railway.com/reference/volumes
 */
const PLATFORMS: Platform[] = [
  { name: 'Heroku', sign: 'DYNO', disk: undefined },
  { name: 'Render', sign: 'RENDER', disk: 'a disk (paid plans)' },
  { name: 'DigitalOcean', sign: 'DIGITALOCEAN_APP_URL', disk: undefined },
  { name: 'Railway', sign: 'RAILWAY_ENVIRONMENT_ID', disk: 'a volume' },
]

/** Refuses an SQLite file where it would be gone, with all stock, at the next restart. */
export function checkDisk(env: RawEnvironment, file: string, problems: Problems): void {
  const platform = PLATFORMS.find(({ sign }) => env[sign])
  if (platform === undefined || (platform.disk !== undefined && isOnDisk(env, file))) return
  const way = platform.disk ? `, or add ${platform.disk} and put the file on it` : ''
  problems.add(
    'DATABASE_URL',
    `is SQLite, and ${platform.name} throws its disk away at each restart: all data would be lost. Give it a PostgreSQL${way}`,
  )
}

/** Whether the file's folder is on another file system than the program's own. */
function isOnDisk(env: RawEnvironment, file: string): boolean {
  const volume = env.RAILWAY_VOLUME_MOUNT_PATH
  if (volume) return !relative(volume, file).startsWith('..')
  let folder = dirname(file)
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder)
  return statSync(folder).dev !== statSync('/').dev
}
