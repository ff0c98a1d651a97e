import { execFileSync } from 'node:child_process'
import type { Builder, Ended } from '../../scripts/dev/deploy-check/containers.ts'
import { end, start } from '../../scripts/dev/deploy-check/phases/programs.ts'
import type { Workspace } from '../../scripts/dev/deploy-check/phases/workspace.ts'

const GRACE_MS = 20_000

export interface Answers {
  /** What a build says, and how it ends. */
  built?: Ended
  /** The environment that the image's configuration names. */
  env?: string
  /** Variables that the image itself sets. */
  variables?: Record<string, string>
  /** Why no container can be started. */
  refusal?: string
}

/** Nobody may change the files of a program, as in the image; `true` lets its owner remove them. */
export function lock({ app }: Workspace, unlocked = false): void {
  execFileSync('chmod', ['-R', unlocked ? 'u+w' : 'a-w', app])
}

/** Builds nothing, and runs a workspace's files as a container would: as somebody without rights, with these variables alone. */
export function folderBuilder(workspace: Workspace, answers: Answers = {}): Builder {
  const { built = { code: 0, output: '' }, env = '[NODE_VERSION=24.0.0]', variables, refusal } = answers
  return {
    name: 'folder',
    build: async () => built,
    inspect: async () => env,
    start: async (_image, command, given) => {
      if (refusal !== undefined) throw new Error(refusal)
      const all = { ...variables, ...given }
      const running = start(workspace, command, all)
      const outcome = async (one = running): Promise<Ended> => ({
        code: (await one.ended).code,
        output: one.log().trim(),
      })
      return {
        run: (words) => outcome(start(workspace, words, all)),
        stop: () => {
          running.signal('SIGTERM')
          setTimeout(() => running.signal('SIGKILL', true), GRACE_MS).unref()
          return outcome()
        },
        remove: () => end(running),
      }
    },
  }
}
