/** Programs that build images and run them, or at least their files. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const BUILD_MS = 15 * 60_000
const COMMAND_MS = 60_000
const GRACE_SECONDS = 20

export interface Ended {
  code: number | null
  output: string
}

export interface Started {
  /** Runs another command in the same container. */
  run: (command: string[]) => Promise<Ended>
  /** SIGTERM, as every platform does. */
  stop: () => Promise<Ended>
  /** For certain, and with all that belongs to it. */
  remove: () => Promise<void>
}

export interface Builder {
  name: string
  build: (root: string, image: string) => Promise<Ended>
  /** What the image's configuration says. */
  inspect: (image: string, format: string) => Promise<string>
  start: (image: string, command: string[], env: Record<string, string>, port: number) => Promise<Started>
}

/** Runs a program to its end; one that is not there ends with 127. */
export async function call(program: string, args: string[], timeout = COMMAND_MS): Promise<Ended> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: AbortSignal.timeout(timeout) })
  return endOf(child)
}

async function endOf(child: ChildProcess): Promise<Ended> {
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  }
  try {
    const [code] = await once(child, 'close')
    return { code, output: chunks.join('').trim() }
  } catch (error) {
    return { code: 127, output: (error as Error).message }
  }
}

/** The first one that works here. */
export async function findBuilder(): Promise<Builder | undefined> {
  for (const name of ['docker', 'podman']) if ((await call(name, ['info'])).code === 0) return engine(name)
  return (await call('buildah', ['info'])).code === 0 && process.getuid?.() === 0 ? buildah() : undefined
}

function engine(name: string): Builder {
  return {
    name,
    build: (root, image) => call(name, ['build', '--tag', image, root], BUILD_MS),
    inspect: async (image, format) => (await call(name, ['image', 'inspect', '--format', format, image])).output,
    start: async (image, command, env, port) => {
      const container = `deploy-check-${randomBytes(4).toString('hex')}`
      const variables = Object.entries(env).flatMap(([variable, value]) => ['--env', `${variable}=${value}`])
      const options = ['--detach', '--name', container, '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL']
      const published = ['--publish', `127.0.0.1:${port}:${env.PORT}`]
      const begun = await call(name, ['run', ...options, ...published, ...variables, image, ...command])
      if (begun.code !== 0) throw new Error(begun.output)
      return {
        run: (words) => call(name, ['exec', container, ...words]),
        stop: async () => {
          await call(name, ['stop', '--time', String(GRACE_SECONDS), container])
          const { output } = await call(name, ['inspect', '--format', '{{.State.ExitCode}}', container])
          return { code: Number(output), output: (await call(name, ['logs', container])).output }
        },
        remove: async () => {
          await call(name, ['rm', '--force', '--volumes', container])
        },
      }
    },
  }
}

/** buildah's own `run` hides how a program ended, so its files are mounted and entered with chroot. */
function buildah(): Builder {
  return {
    name: 'buildah',
    build: (root, image) => {
      const options = ['--isolation', 'chroot', '--network', 'host', ...machineSettings()]
      return call('buildah', ['bud', ...options, '--tag', image, root], BUILD_MS)
    },
    inspect: async (image, format) =>
      (
        await call('buildah', [
          'inspect',
          '--type',
          'image',
          '--format',
          format.replaceAll('.Config', '.OCIv1.Config'),
          image,
        ])
      ).output,
    start: async (image, command, env) => {
      const container = (await call('buildah', ['from', image])).output.split('\n').at(-1) ?? ''
      const folder = (await call('buildah', ['mount', container])).output
      // Node reads its own use of memory there.
      const proc = `${folder}/proc`
      await call('mount', ['--bind', '/proc', proc])
      const enter = (words: string[]) => {
        const inside = ['/bin/sh', '-c', 'cd /app && exec "$@"', 'sh', ...words]
        const args = ['--userspec=1000:1000', folder, ...inside]
        return spawn('/usr/sbin/chroot', args, {
          env: { PATH: '/usr/local/bin:/usr/bin:/bin', ...env },
          detached: true,
        })
      }
      const child = enter(command)
      const ended = endOf(child)
      return {
        run: (words) => endOf(enter(words)),
        stop: () => {
          child.kill('SIGTERM')
          return ended
        },
        remove: async () => {
          child.kill('SIGKILL')
          await ended
          await call('umount', [proc])
          await call('buildah', ['rm', container])
        },
      }
    },
  }
}

/**
 * How this machine reaches its package registry, as npm and Node tell their programs; mounted for the build, not part of
 * the image.
 */
function machineSettings(): string[] {
  const { npm_config_userconfig: user = '', NODE_EXTRA_CA_CERTS: authorities = '' } = process.env
  const settings = join(mkdtempSync(join(tmpdir(), 'deploy-check-npm-')), 'npmrc')
  const own = existsSync(user) ? readFileSync(user, 'utf8') : ''
  writeFileSync(settings, existsSync(authorities) ? `${own}\ncafile=${authorities}\n` : own, { mode: 0o600 })
  process.once('exit', () => rmSync(dirname(settings), { recursive: true, force: true }))
  const mounts = [[settings, '/root/.npmrc'], ...[authorities, '/etc/ssl/certs'].map((path) => [path, path])]
  return mounts.filter(([from = '']) => existsSync(from)).flatMap(([from, to]) => ['--volume', `${from}:${to}:ro`])
}
